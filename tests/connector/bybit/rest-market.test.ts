/** The questions as they go out, the pages, and what becomes of answers that were tampered with. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { marketRest } from '../../../connector/bybit/rest-market.ts';
import type { MarketRest } from '../../../connector/rest/market-rest.ts';
import type { RestRequest } from '../../../connector/rest/request.ts';
import { fail, ok, type Result } from '../../../shared/errors.ts';
import { eventSchema } from '../../../shared/events/event.ts';
import { unixMicros, unixMs } from '../../../shared/time.ts';
import { answerOf, at, contractRow, spotRow, tradeRow } from './rest-answers.ts';

const bitcoin = { category: 'linear', symbol: 'BTCUSDT' } as const;
const minute = 60_000;

class World {
  readonly asked: RestRequest[] = [];
  readonly rest: MarketRest;

  constructor(
    answer: (request: RestRequest, query: URLSearchParams) => unknown,
    exchangeAt = at,
    maxPages = 5,
  ) {
    const ask = async (request: RestRequest) => {
      this.asked.push(request);
      return Promise.resolve(ok(answerOf(answer(request, new URLSearchParams(request.query)), exchangeAt)));
    };
    this.rest = marketRest(ask, { maxPages, maxKlines: 3_000 });
  }

  get queries(): readonly string[] {
    return this.asked.map(({ endpoint, query }) => `${endpoint}?${query}`);
  }
}

function failure(result: Result<unknown>): string {
  return result.ok ? 'no failure' : `${result.failure.code}: ${result.failure.message}`;
}

describe('the questions', () => {
  it('are asked in the words of the exchange, the most that it gives at once', async () => {
    const world = new World(() => ({ list: [] }));
    await world.rest.recentTrades(bitcoin);
    await world.rest.recentTrades({ category: 'spot', symbol: 'ETHUSDT' });
    await world.rest.newestTrades(bitcoin);
    await world.rest.book(bitcoin, 200);
    await world.rest.turnovers('inverse');
    assert.deepEqual(world.queries, [
      '/v5/market/recent-trade?category=linear&symbol=BTCUSDT&limit=1000',
      '/v5/market/recent-trade?category=spot&symbol=ETHUSDT&limit=60',
      '/v5/market/recent-trade?category=linear&symbol=BTCUSDT&limit=50',
      '/v5/market/orderbook?category=linear&symbol=BTCUSDT&limit=200',
      '/v5/market/tickers?category=inverse',
    ]);
    assert.deepEqual(
      world.asked.map(({ subject }) => subject),
      ['trades', 'trades', 'silence', 'audit', 'instruments'],
    );
    assert.deepEqual(
      world.asked.map(({ once }) => once === true),
      [false, false, true, true, false],
      'who looks at a silence or a book asks again by himself, and waits for an answer of now',
    );
  });

  it('fail as the client fails', async () => {
    const refused = marketRest(() => Promise.resolve(fail('ip_banned', 'shut out')), {
      maxPages: 5,
      maxKlines: 10,
    });
    assert.equal(failure(await refused.recentTrades(bitcoin)), 'ip_banned: shut out');
    assert.equal(failure(await refused.instruments('linear')), 'ip_banned: shut out');
    assert.equal(failure(await refused.clock()), 'ip_banned: shut out');
  });
});

describe('the clock', () => {
  const look = async (answer: object, result: unknown = { timeNano: `${at}500000` }) => {
    const rest = marketRest(() => Promise.resolve(ok({ ...answerOf(result), ...answer })), {
      maxPages: 5,
      maxKlines: 10,
    });
    const sample = await rest.clock();
    assert.ok(sample.ok);
    return sample.value;
  };
  const stamps = (sentMs: number, tookMs: number) => ({
    sentAt: unixMicros((at + sentMs) * 1_000),
    receivedAt: unixMicros((at + sentMs + tookMs) * 1_000),
    tookMs,
  });

  it('is compared in the middle of the round trip, to its half', async () => {
    const { offsetMs, errorMs } = await look(stamps(90, 40));
    assert.ok(Math.abs(offsetMs - 109.5) < 0.01, String(offsetMs));
    assert.equal(errorMs, 20);
  });

  it('does without nanoseconds', async () => {
    for (const result of [{}, { timeNano: `${at}000000` }]) {
      const { offsetMs, errorMs } = await look(stamps(0, 40), result);
      assert.deepEqual([offsetMs, errorMs], [19.5, 20.5], 'up to a millisecond may be cut off');
    }
  });

  it('is known less well when ours was set meanwhile', async () => {
    assert.equal((await look({ ...stamps(0, 40), tookMs: 30 })).errorMs, 25);
  });

  it('is asked for once', async () => {
    const world = new World(() => ({}));
    await world.rest.clock();
    assert.equal(world.asked[0]?.once, true);
  });
});

describe('candles', () => {
  /** The newest `limit` candles from `start` to `end`, and the one that contains `start`, as the exchange gives them. */
  const serve = (_: RestRequest, query: URLSearchParams) => {
    const list: string[][] = [];
    const from = Number(query.get('start'));
    for (let start = Number(query.get('end')); list.length < Number(query.get('limit')); start -= minute) {
      const aligned = start - (start % minute);
      if (aligned + minute <= from) break;
      list.push([String(aligned), '1', '2', '1', '2', '3', '4']);
    }
    return { list };
  };
  const first = Date.UTC(2026, 0, 1);
  const read = async (world: World, from: number, to: number, withOpen = false) => {
    const rows = await world.rest.klines(bitcoin, {
      interval: '1',
      from: unixMs(from),
      to: unixMs(to),
      withOpen,
    });
    assert.ok(rows.ok, failure(rows));
    return rows.value.rows.map(({ start }) => start);
  };

  it('are those that start in the range, without the running one unless it is asked for', async () => {
    const now = first + 10 * minute + 30_000;
    const world = () => new World(serve, now);
    const starts = [8, 9].map((count) => first + count * minute);
    assert.deepEqual(await read(world(), first + 7 * minute + 1, now), starts);
    assert.deepEqual(await read(world(), first + 7 * minute + 1, now, true), [
      ...starts,
      first + 10 * minute,
    ]);
  });

  it('are fetched page by page, each once, oldest first', async () => {
    const world = new World(serve, first + 86_400_000 * 10);
    const starts = await read(world, first, first + 2_499 * minute);
    assert.deepEqual(
      starts,
      Array.from({ length: 2_500 }, (_, count) => first + count * minute),
    );
    assert.equal(world.asked.length, 3);
  });

  it('end when the exchange has no older ones, or repeats itself', async () => {
    const one = [String(first), '1', '2', '1', '2', '3', '4'];
    const repeated = Array.from({ length: 1_000 }, () => one);
    const world = new World(() => ({ list: repeated }), first + 86_400_000);
    await world.rest.klines(bitcoin, {
      interval: '1',
      from: unixMs(first - minute),
      to: unixMs(first + minute),
    });
    assert.equal(world.asked.length, 2);
  });

  it('are refused without a question when there are too many', async () => {
    const world = new World(serve);
    const range = { interval: '1', from: unixMs(first), to: unixMs(first + 3_001 * minute) } as const;
    assert.match(
      failure(await world.rest.klines(bitcoin, range)),
      /^request_refused: more than 3000 candles/,
    );
    assert.equal(world.asked.length, 0);
  });
});

describe('instruments', () => {
  const row = (symbol: string) => contractRow({ symbol });

  it('are read to the last page, with cursors that go back as they came', async () => {
    const pages = [
      { list: [row('AUSDT')], nextPageCursor: 'first%3DAUSDT%26last%3DAUSDT' },
      { list: [row('BUSDT')], nextPageCursor: '0%2C500' },
      { list: [row('CUSDT')], nextPageCursor: '' },
    ];
    let turn = 0;
    const world = new World(() => pages[turn++]);
    const read = await world.rest.instruments('linear');
    assert.deepEqual(read.ok && read.value.rows.map(({ symbol }) => symbol), ['AUSDT', 'BUSDT', 'CUSDT']);
    assert.deepEqual(
      world.asked.map(({ query }) => query),
      [
        'category=linear&limit=1000',
        'category=linear&limit=1000&cursor=first%3DAUSDT%26last%3DAUSDT',
        'category=linear&limit=1000&cursor=0%2C500',
      ],
    );
  });

  it('end with an empty page, though it has a cursor', async () => {
    let turn = 0;
    const world = new World(() => ({ list: turn++ === 0 ? [row('AUSDT')] : [], nextPageCursor: `c${turn}` }));
    const read = await world.rest.instruments('linear');
    assert.equal(read.ok && read.value.rows.length, 1);
    assert.equal(world.asked.length, 2);
  });

  it('fail when a cursor leads back, and when there is no end', async () => {
    const circle = new World(() => ({ list: [row('AUSDT')], nextPageCursor: 'again' }));
    assert.match(failure(await circle.rest.instruments('linear')), /^answer_bad: .*leads back/);
    assert.equal(circle.asked.length, 2);
    let turn = 0;
    const endless = new World(() => ({ list: [row('AUSDT')], nextPageCursor: `c${turn++}` }));
    assert.match(failure(await endless.rest.instruments('linear')), /^answer_bad: .*after 5 pages/);
  });

  it('cannot smuggle a parameter in by a cursor', async () => {
    let turn = 0;
    const world = new World(() => ({
      list: [row('AUSDT')],
      nextPageCursor: turn++ === 0 ? 'x&category=spot' : '',
    }));
    await world.rest.instruments('linear');
    assert.equal(world.asked[1]?.query, 'category=linear&limit=1000&cursor=x%26category%3Dspot');
  });
});

describe('answers that were tampered with', () => {
  const odd = fc.oneof(
    fc.constantFrom<unknown>(
      '',
      null,
      undefined,
      'NaN',
      '-1',
      '1e400',
      ' 1',
      '0x10',
      '0',
      '9'.repeat(30),
      {},
      [],
      true,
    ),
    fc.double(),
    fc.string(),
    fc.jsonValue(),
  );
  const rows: Readonly<Record<string, object>> = {
    trade: tradeRow({}),
    contract: contractRow({}),
    spot: spotRow({}),
    kline: [String(at - (at % minute)), '1', '2', '1', '2', '3', '4'],
    ticker: { symbol: 'BTCUSDT', turnover24h: '12.5' },
  };
  const book = { s: 'BTCUSDT', b: [['1', '2']], a: [['3', '4']], ts: at, u: 7, seq: 9, cts: at };
  /** Of each value, at any depth: another one, now and then. */
  const tampered = (original: unknown): fc.Arbitrary<unknown> => {
    const kept = Array.isArray(original)
      ? fc.tuple(...original.map(tampered))
      : typeof original === 'object' && original !== null
        ? fc.record(
            Object.fromEntries(Object.entries(original).map(([key, entry]) => [key, tampered(entry)])),
          )
        : fc.constant(original);
    return fc.oneof({ arbitrary: kept, weight: 12 }, { arbitrary: odd, weight: 1 });
  };
  const questions: Readonly<
    Record<string, readonly [result: unknown, ask: (rest: MarketRest) => Promise<Result<unknown>>]>
  > = {
    'recent trades': [{ list: [rows['trade'], rows['trade']] }, (rest) => rest.recentTrades(bitcoin)],
    candles: [
      { list: [rows['kline']] },
      (rest) =>
        rest.klines(bitcoin, {
          interval: '1',
          from: unixMs(at - 5 * minute),
          to: unixMs(at),
          withOpen: true,
        }),
    ],
    book: [book, (rest) => rest.book(bitcoin, 50)],
    'contract instruments': [
      { list: [rows['contract']], nextPageCursor: '' },
      (rest) => rest.instruments('linear'),
    ],
    'spot instruments': [{ list: [rows['spot']] }, (rest) => rest.instruments('spot')],
    turnovers: [{ list: [rows['ticker']] }, (rest) => rest.turnovers('linear')],
    clock: [{ timeNano: `${at}500000` }, (rest) => rest.clock()],
  };

  for (const [name, [result, ask]] of Object.entries(questions)) {
    it(`${name} give valid events or a failure with a code, nothing else`, async () => {
      await fc.assert(
        fc.asyncProperty(tampered(result), async (answer) => {
          const read = await ask(new World(() => answer).rest);
          if (!read.ok) return assert.ok(['answer_bad', 'request_refused'].includes(read.failure.code));
          for (const event of eventsOf(read.value)) {
            const checked = eventSchema.safeParse(event);
            assert.ok(checked.success, `${JSON.stringify(event)}: ${checked.error?.message}`);
          }
        }),
        { numRuns: 300 },
      );
    });
  }

  function eventsOf(value: unknown): readonly unknown[] {
    if (value instanceof Map) {
      for (const turnover of value.values()) assert.ok(Number.isFinite(turnover) && turnover >= 0);
      return [];
    }
    assert.ok(typeof value === 'object' && value !== null);
    if ('offsetMs' in value && 'errorMs' in value) {
      assert.ok(Number.isFinite(value.offsetMs) && Number.isFinite(value.errorMs));
      return [];
    }
    return 'rows' in value && Array.isArray(value.rows) ? value.rows : [value];
  }
});
