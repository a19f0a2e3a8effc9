/** What each channel becomes when the reader is slow: replaced, counted as a gap, fetched anew. Nothing is torn or left untold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { UnnumberedEvent } from '../../../shared/events/event.ts';
import { gapSchema, type StatusEvent } from '../../../shared/events/process-events.ts';
import { candle, depth, type Line, liquidation, Reader, ticker, trade } from './reader.ts';

const bookGap = (changes: object): UnnumberedEvent => ({
  ...gapSchema.parse({
    type: 'gap',
    gap_id: 's-1',
    state: 'open',
    channel: 'depth',
    category: 'linear',
    symbol: 'BTCUSDT',
    depth: 50,
    cause: 'socket_lost',
    from: { id: '1', timestamp: 1 },
    to: null,
    at: 1,
    ...changes,
  }),
});

function prices(lines: readonly Line[]): unknown[] {
  return lines.map((line) => (line.type === 'ticker' ? line['last_price'] : line.type));
}

/** Lets the reader sleep while `events` come, then read everything. */
function whileBlocked(reader: Reader, ...events: readonly UnnumberedEvent[]): readonly Line[] {
  reader.blocked = true;
  reader.offer(...events).read();
  return reader.lines;
}

test('a book that was given up has a gap from its last update that left to the snapshot that heals it', () => {
  const reader = new Reader(3_000);
  const [first, waited, fresh] = [depth('snapshot'), depth('delta'), depth('snapshot')];
  reader.offer(first);
  whileBlocked(reader, waited);
  whileBlocked(reader, ...Array.from({ length: 60 }, () => depth('delta')));
  reader.offer(depth('delta'), fresh);
  const gaps = reader.lines.filter(({ type }) => type === 'gap').map((line) => gapSchema.parse(line));
  const place = ({ last_update_id, timestamp }: typeof first) => ({ id: String(last_update_id), timestamp });
  assert.deepEqual(
    gaps.map(({ state, cause, from, to, healed_by }) => ({ state, cause, from, to, healed_by })),
    [
      { state: 'open', cause: 'overload', from: place(waited), to: null, healed_by: undefined },
      { state: 'healed', cause: 'overload', from: place(waited), to: place(fresh), healed_by: 'snapshot' },
    ],
  );
  assert.deepEqual(
    reader.lines.slice(-2).map(({ type }) => type),
    ['gap', 'depth'],
  );
});

test('a book that never left has no gap, and books of other depths and markets have their own', () => {
  const reader = new Reader(3_000);
  const shallow = { ...depth('snapshot'), depth: 1 };
  reader.offer(shallow);
  const many = Array.from({ length: 30 }, () => [
    { ...depth('delta'), category: 'spot' as const },
    { ...depth('delta'), depth: 1 },
  ]);
  whileBlocked(reader, ...many.flat());
  const gaps = reader.lines.filter(({ type }) => type === 'gap');
  assert.deepEqual(
    gaps.map(({ depth: levels, category }) => [levels, category]),
    [[1, 'linear']],
  );
  assert.equal(reader.refetched.length, 2);
});

test('what the session tells of gaps of a book that was given up lies inside our gap', () => {
  const reader = new Reader(3_000);
  reader.offer(depth('snapshot'));
  whileBlocked(reader, ...Array.from({ length: 60 }, () => depth('delta')));
  const before = reader.lines.length;
  const to = { id: '9', timestamp: 9 };
  reader.offer(bookGap({}), bookGap({ state: 'healed', to }), bookGap({ gap_id: 's-2', symbol: 'ETHUSDT' }));
  reader.offer(depth('snapshot'), bookGap({ gap_id: 's-3' }));
  assert.deepEqual(
    reader.lines.slice(before).map((line) => line['gap_id'] ?? line.type),
    ['s-2', 'test-o1', 'depth', 's-3'],
  );
});

test('of a ticker only the newest waits, in the place of the first; of others each its own', () => {
  const reader = new Reader(100_000);
  const lines = whileBlocked(reader, ticker(1), trade(), ticker(2), ticker(7, 'ETHUSDT'), ticker(3), trade());
  assert.deepEqual(prices(lines), [3, 'trade', 7, 'trade']);
  assert.equal(reader.outbox.counts.droppedLatest, 2);
  reader.offer(ticker(4), ticker(5));
  assert.deepEqual(prices(reader.lines.slice(4)), [4, 5], 'a reader that reads gets all of them');
  assert.deepEqual(prices(whileBlocked(reader, ticker(6)).slice(6)), [6]);
});

test('a ticker passes neither a gap nor a status of its topic or of its socket', () => {
  const gap = (state: 'open' | 'healed') => bookGap({ state, channel: 'ticker', depth: undefined });
  const flowing = { type: 'status', status: 'flowing', scope: 'topic', channel: 'ticker' } as const;
  const others = [
    [gap('open'), gap('healed')],
    [{ ...flowing, category: 'linear', symbol: 'BTCUSDT' } as const],
    [{ type: 'status', status: 'disconnected', scope: 'public', category: 'linear' } as const],
  ];
  for (const between of others) {
    const lines = whileBlocked(new Reader(100_000), ticker(1), ...between, ticker(2), ticker(3));
    assert.deepEqual(prices(lines), [1, ...between.map(({ type }) => type), 3]);
  }
  const elsewhere = { ...flowing, category: 'linear', symbol: 'ETHUSDT' } as const;
  assert.deepEqual(prices(whileBlocked(new Reader(100_000), ticker(1), elsewhere, ticker(2))), [2, 'status']);
});

test('an unbounded queue, as of a replay, replaces nothing', () => {
  const lines = whileBlocked(
    new Reader(Number.POSITIVE_INFINITY),
    ticker(1),
    ticker(2),
    candle(0, false),
    candle(0, false),
  );
  assert.equal(lines.length, 4);
});

test('of an open candle the newest waits, and never passes the closed one before it', () => {
  const reader = new Reader(100_000);
  const lines = whileBlocked(
    reader,
    candle(0, false),
    candle(0, false),
    candle(0, true),
    candle(1, false),
    candle(1, false),
    candle(1, true),
  );
  assert.deepEqual(
    lines.map(({ start, closed }) => [(Number(start) - 1_750_000_020_000) / 60_000, closed]),
    [
      [0, false],
      [0, true],
      [1, false],
      [1, true],
    ],
  );
});

test('a closed candle has room when trades have none; past its own bound candles are one gap with exact ends', () => {
  const reader = new Reader(4_000);
  reader.offer(candle(0, true));
  reader.blocked = true;
  for (let count = 0; count < 100; count += 1) reader.tell(trade());
  assert.ok(reader.droppedTrades > 0);
  reader.offer(candle(1, true));
  assert.equal(reader.outbox.counts.droppedCandles, 0);
  for (let index = 2; index < 60; index += 1) reader.offer(candle(index, true));
  const { droppedCandles } = reader.outbox.counts;
  assert.ok(droppedCandles > 40);
  assert.ok(reader.outbox.bytes < 6_000);
  reader.read();
  reader.offer(candle(60, true), candle(61, true));
  const closes = reader.lines.filter(({ type }) => type === 'kline').map(({ start }) => String(start));
  const gap = gapSchema.parse(reader.lines.findLast(({ type }) => type === 'gap'));
  assert.deepEqual(
    [gap.channel, gap.interval, gap.state, gap.missing],
    ['kline', '1', 'open', droppedCandles],
  );
  assert.deepEqual([gap.from?.id, gap.to?.id], [closes.at(-3), closes.at(-2)]);
});

test('liquidations that found no room are a gap that nobody can fill', () => {
  const reader = new Reader(3_000);
  reader.offer(liquidation());
  whileBlocked(reader, ...Array.from({ length: 100 }, () => liquidation()));
  reader.offer(liquidation());
  const gap = gapSchema.parse(reader.lines.findLast(({ type }) => type === 'gap'));
  assert.deepEqual(
    [gap.channel, gap.state, gap.missing],
    ['liquidation', 'lost', reader.outbox.counts.droppedLiquidations],
  );
});

test('what else is told is bounded too: gaps are the last to find no room, and one error says what was left out', () => {
  const reader = new Reader(4_000);
  reader.blocked = true;
  const flowing = { type: 'status', status: 'flowing', scope: 'public' } as const;
  const fill = (event: UnnumberedEvent): number => {
    for (let count = 0; count < 500; count += 1) reader.offer(event);
    return reader.outbox.bytes / 4_000;
  };
  const error = fill({ type: 'error', error: 'x' });
  const status = fill(flowing);
  const gap = fill(bookGap({ channel: 'trades', depth: undefined }));
  assert.ok(error > 1.2 && error < 1.3 && status > 1.45 && status < 1.55 && gap > 1.95 && gap < 2.1);
  const { droppedTold } = reader.outbox.counts;
  reader.read();
  const said = reader.lines.filter((line) => line['code'] === 'overloaded');
  assert.equal(said.length, 1);
  assert.match(String(said[0]?.['error']), new RegExp(`that ${droppedTold} lines`));
  reader.read();
  assert.equal(reader.lines.filter((line) => line['code'] === 'overloaded').length, 1);
});

test('replies to a sender that never reads are bounded', () => {
  const reader = new Reader(4_000);
  reader.blocked = true;
  for (let count = 0; count < 10_050; count += 1)
    reader.offer({ type: 'reply', id: String(count), ok: true });
  assert.equal(reader.outbox.lines, 10_000);
  assert.equal(reader.outbox.counts.droppedTold, 50);
});

test('whatever comes, what waits is bounded, and each topic ends with its newest state', () => {
  const kinds = [
    'trade',
    'depth',
    'ticker',
    'open',
    'close',
    'liquidation',
    'status',
    'block',
    'read',
  ] as const;
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...kinds), { maxLength: 400, size: 'max' }), (steps) => {
      const reader = new Reader(3_000);
      let price = 0;
      let minute = 0;
      for (const step of steps) {
        if (step === 'trade') reader.tell(trade());
        if (step === 'depth') reader.offer(depth('delta'));
        if (step === 'liquidation') reader.offer(liquidation());
        if (step === 'status') reader.offer({ type: 'status', status: 'connected', scope: 'public' });
        if (step === 'open') reader.offer(candle(minute, false));
        if (step === 'block') reader.blocked = true;
        if (step === 'read') reader.read();
        if (step === 'close') {
          reader.offer(candle(minute, true));
          minute += 1;
        }
        if (step === 'ticker') {
          price += 1;
          reader.offer(ticker(price));
        }
        assert.ok(reader.outbox.bytes < 2 * 3_000 + 1_000, `${reader.outbox.bytes} bytes wait`);
      }
      reader.read();
      assert.equal(reader.outbox.bytes, 0);
      const told = reader.lines.flatMap((line) =>
        line.type === 'ticker' ? [Number(line['last_price'])] : [],
      );
      assert.deepEqual(
        told,
        told.toSorted((one, other) => one - other),
      );
      const starts = reader.lines.flatMap((line) => (line.type === 'kline' ? [Number(line['start'])] : []));
      assert.deepEqual(
        starts,
        starts.toSorted((one, other) => one - other),
      );
      assert.deepEqual(
        reader.lines.map(({ n }) => n),
        reader.lines.map((_, index) => index + 1),
      );
    }),
    { numRuns: 300 },
  );
});

test('statuses that found no room are told when there is some: the newest of each kind, and none passes another', () => {
  const reader = new Reader(1_000);
  const status = (name: StatusEvent['status'], symbol: string, at: number): UnnumberedEvent => ({
    type: 'status',
    status: name,
    scope: 'topic',
    channel: 'trades',
    category: 'linear',
    symbol,
    at,
  });
  const changes = Array.from({ length: 300 }, (_, at) =>
    status(at % 3 === 0 ? 'resync' : at % 3 === 1 ? 'subscribed' : 'flowing', `S${at % 2}USDT`, at),
  );
  whileBlocked(reader, ...changes, status('flowing', 'S0USDT', 300), status('subscribed', 'S1USDT', 301));
  reader.offer(status('resync', 'S1USDT', 302));
  const times = reader.lines.filter(({ type }) => type === 'status').map((line) => Number(line['at']));
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  const last = new Map(
    reader.lines.filter(({ type }) => type === 'status').map((line) => [line['symbol'], line]),
  );
  assert.deepEqual(
    [...last].map(([symbol, line]) => [symbol, line['status'], line['at']]),
    [
      ['S0USDT', 'flowing', 300],
      ['S1USDT', 'resync', 302],
    ],
  );
  assert.ok(times.length < 40, 'what says nothing any more is not told');
  assert.equal(reader.lines.filter(({ type }) => type === 'error').length, 0, 'and nothing was left out');
});
