/** Gaps of every channel: what ends the one that a dead child, or a dead runner, left behind; and how a child closes the runner's own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GapBook } from '../../../runner/intake/gaps.ts';
import type { KlineEvent, LiquidationEvent, TickerEvent } from '../../../shared/events/market-events.ts';
import type { GapEvent } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import { unixMs } from '../../../shared/time.ts';
import { bitcoin, depth, gap, T0, trade } from './events.ts';

const NOW = unixMs(T0 + 1_000);
const trades: Topic = { channel: 'trades', ...bitcoin };
const book: Topic = { channel: 'depth', ...bitcoin, depth: 50 };
const candles: Topic = { channel: 'kline', ...bitcoin, interval: '1' };
const MINUTE = 60_000;

const ticker: TickerEvent = { type: 'ticker', ...bitcoin, timestamp: T0, last_price: 1 };
const liquidation: LiquidationEvent = {
  type: 'liquidation',
  ...bitcoin,
  timestamp: T0,
  price: 100,
  qty: 2,
  position: 'long',
};

/** The candle of the nth minute, told as it is closed. */
function candle(minute: number, closed = true): KlineEvent {
  const start = T0 + minute * MINUTE;
  const prices = { open: 1, high: 1, low: 1, close: 1, volume: 0, turnover: 0 };
  const end = start + MINUTE - 1;
  return { type: 'kline', ...bitcoin, interval: '1', timestamp: end, start, end, ...prices, closed };
}

function following(...topics: readonly Topic[]): GapBook {
  const gaps = new GapBook('n');
  for (const topic of topics) gaps.follow(topic);
  return gaps;
}

function summary({ channel, cause, state, healed_by, from, to }: GapEvent): string {
  return `${channel} ${cause} ${state} ${healed_by ?? '-'} ${from?.id ?? ''}..${to?.id ?? ''}`;
}

describe('gaps of every channel', () => {
  it('a book is missing from its last update to the next snapshot, which heals it; a part of a book does not', () => {
    const gaps = following(book, { ...book, depth: 1 });
    gaps.onEvent(depth({ last_update_id: 7, seq: 70 }), 1);
    gaps.onEvent(depth({ last_update_id: 8, seq: 71, action: 'delta' }), 1);
    const opened = gaps.childEnded(1, NOW);
    assert.deepEqual(opened.map(summary), ['depth child_died open - 8..']);
    assert.deepEqual(opened[0]?.from, { id: '8', timestamp: T0, seq: 71 });
    assert.equal(gaps.onEvent(depth({ last_update_id: 9, action: 'delta' }), 2), undefined);
    assert.equal(gaps.onEvent(depth({ last_update_id: 3, depth: 1 }), 2), undefined, 'another book');
    const healed = gaps.onEvent(depth({ last_update_id: 20 }), 2);
    assert.equal(healed && summary(healed), 'depth child_died healed snapshot 8..20');
    assert.deepEqual(gaps.endless(), []);
  });

  it('a ticker is healed by the next one, and a liquidation tells that others were lost', () => {
    const gaps = following({ channel: 'ticker', ...bitcoin }, { channel: 'liquidation', ...bitcoin });
    gaps.onEvent(ticker, 1);
    gaps.onEvent(liquidation, 1);
    assert.equal(gaps.childEnded(1, NOW).length, 2);
    const ended = [
      { ...ticker, timestamp: T0 + 5 },
      { ...liquidation, timestamp: T0 + 5 },
    ].map((event) => gaps.onEvent(event, 2));
    assert.deepEqual(
      ended.map((told) => told && summary(told)),
      [
        `ticker child_died healed snapshot ${T0}..${T0 + 5}`,
        `liquidation child_died lost - ${T0}:100:2..${T0 + 5}:100:2`,
      ],
    );
  });

  it('candles are missing from the last closed one; the next closed one heals when it follows on, else it is the end', () => {
    const whole = following(candles);
    whole.onEvent(candle(0), 1);
    whole.onEvent(candle(1, false), 1);
    assert.deepEqual(whole.childEnded(1, NOW).map(summary), [`kline child_died open - ${T0}..`]);
    assert.equal(whole.onEvent(candle(1, false), 2), undefined, 'it is not closed');
    assert.equal(whole.onEvent(candle(0), 2), undefined, 'it was seen');
    const healed = whole.onEvent(candle(1), 2);
    assert.equal(healed && summary(healed), `kline child_died healed klines ${T0}..${T0 + MINUTE}`);
    const holed = following(candles);
    holed.onEvent(candle(0), 1);
    holed.childEnded(1, NOW);
    const ended = holed.onEvent(candle(2), 2);
    assert.equal(ended && summary(ended), `kline child_died open - ${T0}..${T0 + 2 * MINUTE}`);
  });

  it('a snapshot that ends a gap inside the gap of a dead child heals both', () => {
    const gaps = following(book);
    gaps.onEvent(depth({ last_update_id: 7 }), 1);
    gaps.childEnded(1, NOW);
    const own = gap({ ...book, cause: 'book_broken', from: null });
    assert.equal(gaps.onGap(own, 2), undefined);
    const to = { id: '20', timestamp: T0 + 9 };
    const told = gaps.onGap({ ...own, state: 'healed', healed_by: 'snapshot', to }, 2);
    assert.equal(told && summary(told), 'depth child_died healed snapshot 7..20');
  });
});

describe('the next child', () => {
  it("closes the runner's own gap by its id", () => {
    const gaps = following(trades);
    gaps.onEvent(trade({ id: 'a' }), 1);
    gaps.childEnded(1, NOW);
    const resume = gaps.resumeOf(trades, NOW);
    assert.deepEqual(resume, { last_id: 'a', timestamp: T0, gap_id: 'r-n-1' });
    gaps.onEvent(trade({ id: 'h', timestamp: T0 + 1, origin: 'healed' }), 2);
    const healed = { state: 'healed', healed_by: 'recent_trades', recovered: 1, from: null } as const;
    const told = gaps.onGap(gap({ ...healed, gap_id: 'r-n-1', cause: 'child_died', at: T0 + 9_000 }), 2);
    assert.equal(told && summary(told), 'trades child_died healed recent_trades a..');
    assert.deepEqual([told?.recovered, told?.at], [1, NOW], 'it was opened when it was opened');
    assert.deepEqual(gaps.endless(), []);
    assert.deepEqual(
      gaps.childEnded(2, NOW).map(({ from }) => from?.id),
      ['h'],
      'what was healed was seen',
    );
  });

  it('closes one of an earlier child too, although both use the same ids', () => {
    const gaps = following(trades);
    gaps.onEvent(trade({ id: 'a' }), 1);
    gaps.onGap(gap({ gap_id: 'g-1' }), 1);
    gaps.childEnded(1, NOW);
    assert.equal(gaps.resumeOf(trades, NOW)?.gap_id, 'r-n-for-g-1');
    assert.equal(gaps.onGap(gap({ gap_id: 'g-1' }), 2), undefined, 'a gap of its own, inside the old one');
    const to = { id: 'm', timestamp: T0 + 3 };
    const told = gaps.onGap(gap({ gap_id: 'r-n-for-g-1', cause: 'child_died', to }), 2);
    assert.deepEqual([told?.gap_id, told?.cause], ['g-1', 'socket_lost'], 'its cause is what it was');
    assert.deepEqual(told?.to, to, 'what reaches further than healing stays open with both its ends');
    assert.equal(told?.state, 'open');
  });

  it('may heal what it had called lost when it was asked for the topic anew', () => {
    const gaps = following(trades);
    gaps.onEvent(trade({ id: 'a' }), 1);
    gaps.onGap(gap({ gap_id: 'g-1' }), 1);
    const resume = gaps.resumeOf(trades, NOW);
    assert.equal(gaps.onGap(gap({ gap_id: 'g-1', state: 'lost' }), 1)?.state, 'lost');
    const healed = gap({ gap_id: resume?.gap_id ?? '', state: 'healed', healed_by: 'recent_trades' });
    assert.deepEqual([gaps.onGap(healed, 1)?.gap_id, gaps.all()[0]?.state], ['g-1', 'healed']);
  });

  it('goes on behind what an unfinished healing has brought, and the gap goes on', () => {
    const gaps = following(trades);
    gaps.onEvent(trade({ id: 'a' }), 1);
    gaps.childEnded(1, NOW);
    gaps.onEvent(trade({ id: 'h', timestamp: T0 + 1, origin: 'healed' }), 2);
    assert.deepEqual(gaps.resumeOf(trades, NOW), { last_id: 'h', timestamp: T0 + 1, gap_id: 'r-n-1' });
    assert.equal(gaps.endless().length, 1);
  });
});

describe('what an earlier run left behind', () => {
  const place = { id: 'p', timestamp: T0 };
  const aliveUntil = unixMs(T0 + 500);

  it('is a gap of each topic that is still followed, from where it had been seen', () => {
    const gaps = following(trades, book);
    const changed = gaps.adopt({
      gaps: [],
      followed: [
        { topic: trades, place },
        { topic: book, place: null },
        { topic: candles, place },
      ],
      aliveUntil,
    });
    assert.deepEqual(changed.map(summary), [
      'trades runner_stopped open - p..',
      'depth runner_stopped open - ..',
    ]);
    assert.deepEqual(
      changed.map(({ at }) => at),
      [aliveUntil, aliveUntil],
    );
    assert.deepEqual(gaps.resumeOf(trades, NOW), { last_id: 'p', timestamp: T0, gap_id: 'r-n-1' });
    assert.deepEqual(gaps.childEnded(1, NOW), [], 'a child that died before it saw anything');
    const ended = gaps.onEvent(trade({ id: 'b', timestamp: T0 + 9 }), 2);
    assert.equal(ended && summary(ended), 'trades runner_stopped open - p..b');
  });

  it('has been seen up to the end of its newest gap, also when the place was written before that', () => {
    const gaps = following(trades);
    const changed = gaps.adopt({
      gaps: [gap({ gap_id: 'ended', to: { id: 'z', timestamp: T0 + 5 } })],
      followed: [{ topic: trades, place }],
      aliveUntil,
    });
    assert.deepEqual(
      changed.map(summary),
      ['trades runner_stopped open - z..'],
      'else two gaps hold the same',
    );
  });

  it('keeps its open gaps: one without an end goes on, and is lost when nobody wants its topic any more', () => {
    const gaps = following(trades);
    const old = gap({ gap_id: 'old' });
    const ended = gap({ gap_id: 'ended', to: { id: 'z', timestamp: T0 } });
    const elsewhere = gap({ gap_id: 'elsewhere', symbol: 'DOGEUSDT' });
    const changed = gaps.adopt({
      gaps: [ended, old, elsewhere],
      followed: [{ topic: trades, place }],
      aliveUntil,
    });
    assert.deepEqual(
      changed.map(({ gap_id, state }) => [gap_id, state]),
      [['elsewhere', 'lost']],
    );
    assert.deepEqual(gaps.endless(), [old], 'and no second one for the time without a runner');
    assert.equal(gaps.all().length, 3);
    assert.equal(gaps.onEvent(trade({ id: 'b' }), 1)?.gap_id, 'old');
  });
});
