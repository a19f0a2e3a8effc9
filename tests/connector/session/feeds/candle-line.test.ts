/** Candles: a closed one exactly once and never back, a gap where a close was not seen, and how it is filled. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MissingKlines, RecoveredKlines } from '../../../../connector/session/feeds/candle-line.ts';
import { missingKlines, neighbourStart } from '../../../../connector/session/feeds/candle-times.ts';
import type { UnnumberedEvent } from '../../../../shared/events/event.ts';
import type { KlineEvent } from '../../../../shared/events/market-events.ts';
import { gapSchema } from '../../../../shared/events/process-events.ts';
import { intervals, type Topic } from '../../../../shared/market.ts';
import { klineFrame } from '../../../helpers/bybit-frames.ts';
import { FeedWorld, gapLine } from './feed-world.ts';

const kline: Topic = { channel: 'kline', category: 'linear', symbol: 'BTCUSDT', interval: '1' };
const zero = 1_750_000_020_000;
const startOf = (index: number): number => zero + index * 60_000;
const indexOf = (start: number): number => (start - zero) / 60_000;
const open = (index: number): string => klineFrame([{ start: startOf(index), confirm: false }]);
const closed = (index: number): string => klineFrame([{ start: startOf(index), confirm: true }]);

/** Candles and gap bounds by their number: `2` open, `2!` closed, `open socket_lost 1..`. */
function told(events: readonly UnnumberedEvent[]): string[] {
  const named = (bound: { id: string } | null) =>
    bound === null ? null : { id: String(indexOf(Number(bound.id))), timestamp: 1 };
  return events.map((event) => {
    if (event.type === 'kline') return `${indexOf(event.start)}${event.closed ? '!' : ''}`;
    if (event.type !== 'gap') return event.type;
    const gap = gapSchema.parse(event);
    assert.ok(gap.from === null || gap.from.id === String(gap.from.timestamp));
    return gapLine({ ...gap, from: named(gap.from), to: named(gap.to) });
  });
}

/** REST as a list of questions that a test answers when it likes. */
function fakeRest() {
  const asked: { missing: MissingKlines; recovered: RecoveredKlines }[] = [];
  return {
    asked,
    fetch: (missing: MissingKlines, recovered: RecoveredKlines) => void asked.push({ missing, recovered }),
  };
}

function candle(index: number, changes: Partial<KlineEvent> = {}): KlineEvent {
  const numbers = { open: 1, high: 1, low: 1, close: 1, volume: 1, turnover: 1 };
  const start = startOf(index);
  return {
    type: 'kline',
    category: 'linear',
    symbol: 'BTCUSDT',
    timestamp: start,
    interval: '1',
    start,
    end: start + 59_999,
    ...numbers,
    closed: true,
    ...changes,
  };
}

test('open candles pass as they come, and a closed one passes once, however often it is repeated', () => {
  const world = new FeedWorld(kline).frame(
    open(0),
    open(0),
    closed(0),
    closed(0),
    open(0),
    open(1),
    closed(0),
  );
  assert.deepEqual(told(world.take()), ['0', '0', '0!', '1']);
  assert.equal(world.feeds.counts.droppedCandles, 3);
});

test('a candle never goes back', () => {
  const world = new FeedWorld(kline).frame(open(5), open(4), closed(3), closed(5), open(6), closed(5));
  assert.deepEqual(told(world.take()), ['5', '5!', '6']);
  assert.equal(world.feeds.counts.droppedCandles, 3);
});

test('linear sends the end of one and the beginning of the next in one frame, spot in two: the same is told', () => {
  const rows = [
    { start: startOf(0), confirm: true },
    { start: startOf(1), confirm: false, volume: '0' },
  ];
  const linear = new FeedWorld(kline).frame(open(0), klineFrame(rows));
  const spot = new FeedWorld({ ...kline, category: 'spot' }).frame(
    open(0),
    ...rows.map((row) => klineFrame([row])),
  );
  assert.deepEqual(told(linear.take()), ['0', '0!', '1']);
  assert.deepEqual(told(spot.take()), ['0', '0!', '1']);
});

test('a close that fell into a lost connection is a gap, told before the next candle; the next close is its end', () => {
  const world = new FeedWorld(kline)
    .frame(closed(0), open(1))
    .lost()
    .frame(open(4), open(4), closed(4), open(5));
  assert.deepEqual(told(world.take()), [
    '0!',
    '1',
    'open socket_lost 0..',
    '4',
    '4',
    'open socket_lost 0..4',
    '4!',
    '5',
  ]);
});

test('a connection that is back before the candle closes leaves no gap', () => {
  const world = new FeedWorld(kline).frame(closed(0), open(1)).lost().frame(open(1), closed(1));
  assert.deepEqual(told(world.take()), ['0!', '1', '1', '1!']);
});

test('a close that the exchange left out shows in the next candle; the gap begins before the first candle that was seen', () => {
  const world = new FeedWorld(kline).frame(open(1), open(2));
  assert.deepEqual(told(world.take()), ['1', 'open data_silent 0..', '2']);
  const row = new FeedWorld(kline).frame(closed(0));
  row.frame(klineFrame([{ start: startOf(1), confirm: true, close: '' }]), open(2));
  assert.deepEqual(told(row.take()), ['0!', 'open bad_frame 0..', '2']);
});

test('two losses before a candle closes are one gap', () => {
  const world = new FeedWorld(kline)
    .frame(closed(0))
    .lost()
    .frame(open(3))
    .lost('machine_slept')
    .frame(closed(5));
  assert.deepEqual(told(world.take()), ['0!', 'open socket_lost 0..', '3', 'open socket_lost 0..5', '5!']);
});

test('what is missing is fetched: each once, in order, then the gap as healed, whether its end is known or not', () => {
  for (const endIsKnown of [true, false]) {
    const rest = fakeRest();
    const world = new FeedWorld(kline, rest.fetch).frame(closed(0)).lost().frame(open(4));
    if (endIsKnown) world.frame(closed(4));
    world.take();
    const [request] = rest.asked;
    assert.deepEqual(request?.missing, { topic: kline, first: startOf(1), last: startOf(3) });
    assert.equal(request.recovered([candle(3), candle(2), candle(4), candle(0)]), 1);
    assert.equal(
      request.recovered([candle(2), candle(1, { closed: false })]),
      1,
      'an open one does not count',
    );
    assert.equal(request.recovered([candle(1), candle(1)]), 0);
    assert.equal(request.recovered([candle(1)]), 0);
    const events = world.take();
    assert.deepEqual(told(events), ['2!', '3!', '1!', `healed socket_lost 0..${endIsKnown ? '4' : ''}`]);
    const healed = events.at(-1);
    assert.ok(healed?.type === 'gap');
    assert.deepEqual([healed.healed_by, healed.recovered], ['klines', 3]);
    assert.deepEqual(
      told(world.frame(closed(5)).take()),
      endIsKnown ? ['5!'] : ['open data_silent 3..', 'open data_silent 3..5', '5!'],
    );
  }
});

test('a gap that grows before it ends is healed when all of it is there', () => {
  const rest = fakeRest();
  const world = new FeedWorld(kline, rest.fetch).frame(closed(0)).lost().frame(open(2)).lost().frame(open(4));
  world.take();
  assert.equal(rest.asked.length, 2);
  assert.equal(rest.asked[0]?.recovered([candle(1)]), 2);
  assert.equal(rest.asked[1]?.recovered([candle(2), candle(3)]), 0);
  assert.deepEqual(told(world.take()), ['1!', '2!', '3!', 'healed socket_lost 0..']);
});

test('what nobody wants any more is not told when the answer comes', () => {
  const rest = fakeRest();
  const world = new FeedWorld(kline, rest.fetch).frame(closed(0)).lost().frame(open(2));
  world.take();
  world.feeds.delete(world.name);
  rest.asked[0]?.recovered([candle(1)]);
  assert.deepEqual(
    world.take().map(({ type, ...rest }) => [type, 'state' in rest ? rest.state : undefined]),
    [['gap', 'lost']],
  );
});

test('a gap of more than a week of minutes is told and left to others', () => {
  const rest = fakeRest();
  const world = new FeedWorld(kline, rest.fetch).frame(closed(0)).lost().frame(open(20_000));
  assert.deepEqual(told(world.take()), ['0!', 'open socket_lost 0..', '20000']);
  assert.equal(rest.asked.length, 0);
});

test('whatever is lost or repeated, each candle is told closed at most once, and one that is not lies inside a gap', () => {
  const step = fc.oneof(
    fc.record({ index: fc.nat(30), confirm: fc.boolean() }),
    fc.constant('lost' as const),
    fc.constant('rest' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const rest = fakeRest();
      const world = new FeedWorld(kline, rest.fetch);
      for (const one of steps) {
        if (one === 'lost') world.lost();
        else if (one === 'rest') {
          const request = rest.asked.pop();
          if (request === undefined) continue;
          const { first, last } = request.missing;
          for (let index = indexOf(first); index <= indexOf(last); index += 1)
            request.recovered([candle(index)]);
        } else world.frame(klineFrame([{ start: startOf(one.index), confirm: one.confirm }]));
      }
      const events = world.take();
      const closes = events.flatMap((event) =>
        event.type === 'kline' && event.closed ? [indexOf(event.start)] : [],
      );
      assert.equal(new Set(closes).size, closes.length);
      const seen = events.flatMap((event) => (event.type === 'kline' ? [indexOf(event.start)] : []));
      const gaps = new Map(
        events.flatMap((event) => (event.type === 'gap' ? [[event.gap_id, event] as const] : [])),
      );
      const newest = Math.max(...seen);
      for (let index = Math.min(...seen); index < newest; index += 1) {
        const holders = [...gaps.values()].filter(
          ({ from, to }) =>
            indexOf(Number(from?.id)) < index && index < (to === null ? newest : indexOf(Number(to.id))),
        );
        const isTold = closes.includes(index);
        assert.ok(isTold || holders.some(({ state }) => state === 'open'), `candle ${index} is nowhere`);
      }
    }),
    { numRuns: 500 },
  );
});

test('the next and the last candle of every interval', () => {
  const monday = Date.UTC(2026, 10, 16);
  for (const interval of intervals) {
    const start = interval === 'M' ? Date.UTC(2026, 11, 1) : monday;
    const next = neighbourStart(interval, start, 1);
    assert.ok(next > start);
    assert.equal(neighbourStart(interval, next, -1), start, interval);
    assert.deepEqual(missingKlines(interval, start, neighbourStart(interval, next, 1), 10), [next], interval);
  }
  assert.equal(neighbourStart('240', monday, 1) - monday, 14_400_000);
  assert.equal(neighbourStart('W', monday, 1), Date.UTC(2026, 10, 23));
  assert.equal(neighbourStart('M', Date.UTC(2026, 11, 1), 1), Date.UTC(2027, 0, 1));
  assert.equal(neighbourStart('M', Date.UTC(2027, 0, 1), -1), Date.UTC(2026, 11, 1));
  assert.equal(missingKlines('1', 0, 60_000 * 12, 10), undefined);
});
