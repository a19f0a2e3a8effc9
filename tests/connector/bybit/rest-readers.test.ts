/** Answers of the REST interface as events: written from the field tables, good ones and every kind of bad one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readBook } from '../../../connector/bybit/rest-book.ts';
import { readInstrumentPage, readTurnovers } from '../../../connector/bybit/rest-instruments.ts';
import { klineEnd, readRestKlines } from '../../../connector/bybit/rest-klines.ts';
import { readRecentTrades } from '../../../connector/bybit/rest-trades.ts';
import type { Result } from '../../../shared/errors.ts';
import { eventSchema } from '../../../shared/events/event.ts';
import { answerOf, at, contractRow, receivedAt, spotRow, tradeRow } from './rest-answers.ts';

const bitcoin = { category: 'linear', symbol: 'BTCUSDT' } as const;

function value<T>(result: Result<T>): T {
  assert.ok(result.ok, result.ok ? '' : result.failure.message);
  return result.value;
}

describe('recent trades', () => {
  const read = (list: readonly unknown[]) => value(readRecentTrades({ list }, bitcoin, receivedAt));

  it('become trades that say they were healed, with times and sequences out of texts', () => {
    assert.deepEqual(read([tradeRow({ side: 'Sell', isBlockTrade: true, isRPITrade: true })]).rows, [
      {
        type: 'trade',
        category: 'linear',
        symbol: 'BTCUSDT',
        timestamp: at,
        received_at: receivedAt,
        price: 65_000.1,
        qty: 0.25,
        side: 'sell',
        is_buyer_maker: true,
        id: 'id-1',
        seq: 1_783_284_617,
        block: true,
        rpi: true,
        origin: 'healed',
      },
    ]);
  });

  it('come in match order: the list turned round, rows of one millisecond too', () => {
    const rows = [
      tradeRow({ execId: 'e', time: String(at + 1) }),
      tradeRow({ execId: 'd', time: String(at) }),
      tradeRow({ execId: 'c', time: String(at) }),
      tradeRow({ execId: 'b', time: String(at) }),
      tradeRow({ execId: 'a', time: String(at - 1) }),
    ];
    assert.equal(
      read(rows)
        .rows.map((trade) => trade.id)
        .join(''),
      'abcde',
    );
  });

  it('keep spot ids as texts, and do without a sequence that no number can hold', () => {
    const [trade] = read([tradeRow({ execId: '2290000001225843671', seq: '92233720368547758070' })]).rows;
    assert.equal(trade?.id, '2290000001225843671');
    assert.equal(trade !== undefined && 'seq' in trade, false);
  });

  it('are left out and counted when they cannot be read, with a word for the first', () => {
    const bad = [
      { time: '' },
      { time: at },
      { side: '' },
      { price: '' },
      { price: '0' },
      { size: '0' },
      { size: '1e5' },
      { execId: '' },
      { symbol: 'ETHUSDT' },
    ].map((wrong) => tradeRow(wrong));
    const { rows, bad: count, firstBad } = read([tradeRow({ execId: 'good' }), ...bad, null, 7]);
    assert.deepEqual(
      rows.map((trade) => trade.id),
      ['good'],
    );
    assert.equal(count, bad.length + 2);
    assert.equal(firstBad, 'time is not a time');
  });

  it('fail as a whole when there is no list', () => {
    for (const result of [null, {}, [], 'x', { list: null }]) {
      const answer = readRecentTrades(result, bitcoin, receivedAt);
      assert.equal(answer.ok ? '' : answer.failure.code, 'answer_bad');
    }
  });
});

describe('candles', () => {
  const minute = 60_000;
  const row = (start: number) => [String(start), '1.5', '2', '1', '1.25', '10', '12.5'];
  const read = (list: readonly unknown[], exchangeAt = at) =>
    value(readRestKlines(answerOf({ list }, exchangeAt), bitcoin, '1')).rows;
  const start = at - (at % minute);

  it('are the oldest first, and end with their interval', () => {
    const rows = read([row(start), row(start - minute), row(start - 2 * minute)], start + minute + 1_000);
    assert.deepEqual(
      rows.map((candle) => candle.start),
      [start - 2 * minute, start - minute, start],
    );
    assert.deepEqual(rows[0], {
      type: 'kline',
      ...bitcoin,
      timestamp: start - minute - 1,
      sent_at: start + minute + 1_000,
      received_at: receivedAt,
      interval: '1',
      start: start - 2 * minute,
      end: start - minute - 1,
      open: 1.5,
      high: 2,
      low: 1,
      close: 1.25,
      volume: 10,
      turnover: 12.5,
      closed: true,
    });
  });

  it('are closed a second after their end by the clock of the exchange, not before', () => {
    assert.equal(read([row(start)], start + minute + 999)[0]?.closed, false);
    assert.equal(read([row(start)], start + minute + 1_000)[0]?.closed, true);
  });

  it('of a month end where the next month begins', () => {
    assert.equal(klineEnd(Date.UTC(2026, 1, 1), 'M'), Date.UTC(2026, 2, 1));
    assert.equal(klineEnd(Date.UTC(2026, 11, 1), 'M'), Date.UTC(2027, 0, 1));
    assert.equal(klineEnd(0, 'W'), 7 * 86_400_000);
    assert.equal(klineEnd(0, '240'), 240 * minute);
  });

  it('are left out when a figure is missing', () => {
    const bad = [
      row(start).with(1, ''),
      row(start).with(5, 'NaN'),
      row(start).slice(0, 6),
      {},
      row(start).with(0, '9'.repeat(16)),
    ];
    const answer = value(readRestKlines(answerOf({ list: [...bad, row(start)] }), bitcoin, 'M'));
    assert.equal(answer.rows.length, 1);
    assert.equal(answer.bad, 5);
  });
});

describe('a book', () => {
  const book = {
    s: 'BTCUSDT',
    b: [['65000.1', '1.5']],
    a: [['65000.2', '2']],
    ts: at + 5,
    u: 7,
    seq: 99,
    cts: at,
  };
  const read = (wrong: object) => readBook(answerOf({ ...book, ...wrong }), bitcoin, 50);

  it('is told with the moment of the matching engine and its sequence', () => {
    assert.deepEqual(value(read({})), {
      type: 'book_check',
      ...bitcoin,
      timestamp: at,
      sent_at: at + 5,
      received_at: receivedAt,
      depth: 50,
      bids: [[65_000.1, 1.5]],
      asks: [[65_000.2, 2]],
      seq: 99,
    });
    assert.equal(value(read({ cts: undefined })).timestamp, at + 5);
  });

  it('may have an empty side', () => assert.deepEqual(value(read({ b: [] })).bids, []));

  it('is refused whole when anything in it is wrong: half a book is none', () => {
    const many = Array.from({ length: 51 }, () => ['1', '1']);
    const wrongs = [
      { s: 'X' },
      { ts: '1' },
      { seq: '99' },
      { b: null },
      { a: [['1']] },
      { a: [['0', '1']] },
      { a: many },
    ];
    for (const wrong of wrongs) {
      const answer = read(wrong);
      assert.equal(answer.ok ? 'read' : answer.failure.code, 'answer_bad', JSON.stringify(wrong));
    }
  });
});

describe('instruments', () => {
  const read = (category: 'linear' | 'spot', list: readonly unknown[], rest = {}) =>
    value(readInstrumentPage({ category, list, ...rest }, category, receivedAt));

  it('of a contract market have its steps in the very digits of the exchange', () => {
    const [event] = read('linear', [contractRow({})]).rows.rows;
    assert.deepEqual(event, {
      type: 'instrument',
      category: 'linear',
      symbol: 'BTCUSDT',
      status: 'trading',
      base: 'BTC',
      quote: 'USDT',
      settle: 'USDT',
      tick_size: '0.10',
      qty_step: '0.001',
      min_qty: '0.001',
      min_notional: '5',
      max_limit_qty: '1190.000',
      max_market_qty: '500.000',
      launch_at: 1_585_526_400_000,
      at: Math.floor(receivedAt / 1_000),
    });
    assert.deepEqual(eventSchema.parse(event), event);
  });

  it('of spot have the precision of the base coin as their step, and no least quantity', () => {
    const [event] = read('spot', [spotRow({})]).rows.rows;
    assert.equal(event?.qty_step, '0.000001');
    assert.equal(event?.min_notional, '5');
    assert.equal(event?.max_limit_qty, '83');
    assert.equal(event?.max_market_qty, '41.5');
    assert.equal(event !== undefined && ('min_qty' in event || 'settle' in event), false);
  });

  it('have a day of delivery only when there is one; "" is absent', () => {
    const rows = [
      { deliveryTime: '1774569600000' },
      { deliveryTime: '0' },
      { deliveryTime: '', launchTime: '' },
    ];
    const events = read('linear', rows.map(contractRow)).rows.rows;
    assert.deepEqual(
      events.map((event) => [event.launch_at, event.delivery_at]),
      [
        [1_585_526_400_000, 1_774_569_600_000],
        [1_585_526_400_000, undefined],
        [undefined, undefined],
      ],
    );
  });

  it('have steps down to 1e-13, and a status that may be new to us', () => {
    const row = contractRow({ status: 'Auction', priceFilter: { tickSize: '0.0000000000001' } });
    const [event] = read('linear', [row]).rows.rows;
    assert.equal(event?.tick_size, '0.0000000000001');
    assert.equal(event?.status, 'other');
  });

  it('are left out, by name, without a step, with a step of nothing, and when nobody could subscribe them', () => {
    const bad = [
      { priceFilter: {} },
      { priceFilter: { tickSize: '0.00' } },
      { lotSizeFilter: null },
      { symbol: 'btcusdt' },
      { baseCoin: '' },
    ];
    const page = read('linear', [...bad.map(contractRow), contractRow({})]);
    assert.equal(page.rows.rows.length, 1);
    assert.equal(page.rows.bad, 5);
    assert.equal(page.rows.firstBad, 'BTCUSDT: tick_size is missing or wrong');
  });

  it('lead to the next page by a cursor, on spot never', () => {
    assert.equal(read('linear', [], { nextPageCursor: 'first%3DA' }).cursor, 'first%3DA');
    assert.equal(read('linear', [], { nextPageCursor: '' }).cursor, '');
    assert.equal(read('spot', []).cursor, '');
    assert.equal(read('spot', [], { nextPageCursor: 'x' }).cursor, '');
  });
});

it('turnovers are by symbol; a row without one is nothing', () => {
  const list = [
    { symbol: 'BTCUSDT', turnover24h: '123456789.5' },
    { symbol: 'NEWUSDT', turnover24h: '' },
    { symbol: 'ETHUSDT', turnover24h: '0' },
    null,
  ];
  assert.deepEqual(
    [...value(readTurnovers({ list }))],
    [
      ['BTCUSDT', 123_456_789.5],
      ['ETHUSDT', 0],
    ],
  );
});
