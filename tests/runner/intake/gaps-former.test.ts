/** What an earlier run left behind and is known only after the first events of this one; and what the next child may still heal. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GapBook } from '../../../runner/intake/gaps.ts';
import type { KlineEvent } from '../../../shared/events/market-events.ts';
import type { GapEvent } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import { unixMs } from '../../../shared/time.ts';
import { bitcoin, depth, gap, T0, trade } from './events.ts';

const NOW = unixMs(T0 + 1_000);
const DAY = 86_400_000;
const trades: Topic = { channel: 'trades', ...bitcoin };
const book: Topic = { channel: 'depth', ...bitcoin, depth: 50 };
const candles: Topic = { channel: 'kline', ...bitcoin, interval: '1' };
const place = { id: 'p', timestamp: T0 };
const aliveUntil = unixMs(T0 + 500);

function following(...topics: readonly Topic[]): GapBook {
  const gaps = new GapBook('n');
  for (const topic of topics) gaps.follow(topic);
  return gaps;
}

function candle(start: number): KlineEvent {
  const prices = { open: 1, high: 1, low: 1, close: 1, volume: 0, turnover: 0, closed: true };
  const end = start + 59_999;
  return { type: 'kline', ...bitcoin, interval: '1', timestamp: end, start, end, ...prices };
}

function summary({ channel, cause, state, healed_by, from, to }: GapEvent): string {
  return `${channel} ${cause} ${state} ${healed_by ?? '-'} ${from?.id ?? ''}..${to?.id ?? ''}`;
}

describe('an earlier run that is known late', () => {
  it('was seen to its own last place, and the gap ends with the first event of this run', () => {
    const gaps = following(trades, book, candles);
    for (const [id, at] of [['x', 11_000] as const, ['y', 12_000] as const])
      gaps.onEvent(trade({ id, timestamp: T0 + at }), 1);
    gaps.onEvent(depth({ last_update_id: 19, action: 'delta', timestamp: T0 + 11_000 }), 1);
    gaps.onEvent(depth({ last_update_id: 20, timestamp: T0 + 11_001 }), 1);
    gaps.onEvent(depth({ last_update_id: 21, action: 'delta', timestamp: T0 + 11_002 }), 1);
    gaps.onEvent(candle(T0 + 120_000), 1);
    const followed = [
      { topic: trades, place },
      { topic: book, place: { id: '7', timestamp: T0 } },
      { topic: candles, place: { id: String(T0), timestamp: T0 } },
    ];
    assert.deepEqual(gaps.adopt({ gaps: [], followed, aliveUntil }).map(summary), [
      'trades runner_stopped open - p..x',
      'depth runner_stopped healed snapshot 7..20',
      `kline runner_stopped open - ${T0}..${T0 + 120_000}`,
    ]);
    assert.deepEqual(gaps.endless(), []);
    assert.equal(gaps.resumeOf(trades, NOW)?.last_id, 'y');
  });

  it('ended nowhere when this run began with what that one had seen, or with the next candle', () => {
    const gaps = following(trades, candles);
    gaps.onEvent(trade({ id: 'p', timestamp: T0 }), 1);
    gaps.onEvent(candle(T0 + 60_000), 1);
    const followed = [
      { topic: trades, place },
      { topic: candles, place: { id: String(T0), timestamp: T0 } },
    ];
    assert.deepEqual(gaps.adopt({ gaps: [], followed, aliveUntil }).map(summary), [
      `kline runner_stopped healed klines ${T0}..${T0 + 60_000}`,
    ]);
  });

  it('had a gap without an end: it ends with the first event of this run as well', () => {
    const gaps = following(trades);
    gaps.onEvent(trade({ id: 'x', timestamp: T0 + 9 }), 1);
    const changed = gaps.adopt({
      gaps: [gap({ gap_id: 'old' })],
      followed: [{ topic: trades, place }],
      aliveUntil,
    });
    assert.deepEqual(changed.map(summary), ['trades socket_lost open - a..x']);
    assert.deepEqual(gaps.endless(), []);
  });

  it('had a gap without an end: what this run misses before its first event lies in it', () => {
    const gaps = following(trades);
    gaps.onGap(gap({ gap_id: 'g-1', from: null }), 1);
    const old = gap({ gap_id: 'old' });
    const changed = gaps.adopt({ gaps: [old], followed: [{ topic: trades, place }], aliveUntil });
    assert.deepEqual(
      changed.map(({ gap_id, state }) => [gap_id, state]),
      [['g-1', 'lost']],
    );
    assert.deepEqual(gaps.endless(), [old]);
    const ended = gaps.onGap(gap({ gap_id: 'g-1', from: null, to: { id: 'x', timestamp: T0 + 9 } }), 1);
    assert.deepEqual([ended?.gap_id, ended?.to?.id], ['old', 'x']);
  });

  it('lies before a gap without an end that this run has told first', () => {
    const gaps = following(trades);
    gaps.onGap(gap({ gap_id: 'g-1', from: null }), 1);
    const changed = gaps.adopt({ gaps: [], followed: [{ topic: trades, place }], aliveUntil });
    assert.deepEqual(
      changed.map(({ gap_id, from, to }) => [gap_id, from?.id, to]),
      [['g-1', 'p', null]],
    );
  });
});

describe('gaps with both ends', () => {
  const to = (id: string, ms: number) => ({ id, timestamp: T0 + ms });

  it('are offered to the next child, which heals them by their ids', () => {
    const gaps = following(trades);
    gaps.onEvent(trade({ id: 'a', timestamp: T0 }), 1);
    gaps.onGap(gap({ gap_id: 'g-1', from: to('a', 0), to: to('d', 40) }), 1);
    gaps.onEvent(trade({ id: 'd', timestamp: T0 + 40 }), 1);
    gaps.childEnded(1, NOW);
    const resume = gaps.resumeOf(trades, NOW);
    assert.deepEqual(resume?.gaps, [{ gap_id: 'r-n-for-g-1', from: to('a', 0), to: to('d', 40) }]);
    const healed = gap({ gap_id: 'r-n-for-g-1', state: 'healed', healed_by: 'recent_trades', recovered: 2 });
    const told = gaps.onGap({ ...healed, from: to('a', 0), to: to('d', 40), cause: 'child_died' }, 2);
    assert.deepEqual([told?.gap_id, told?.state, told?.cause], ['g-1', 'healed', 'socket_lost']);
    assert.equal(gaps.resumeOf(trades, NOW)?.gaps, undefined, 'nothing is left to heal');
  });

  it('of an earlier run are offered, too; the newest four, and none that no list can reach any more', () => {
    const gaps = following(trades, candles);
    const old = [1, 2, 3, 4, 5].map((n) =>
      gap({ gap_id: `r-o-${n}`, from: to(`f${n}`, n), to: to(`t${n}`, n + 1) }),
    );
    const candle = gap({ gap_id: 'r-o-6', ...candles, from: to('1', 0), to: to('2', 1) });
    const followed = [{ topic: trades, place: to('p', 9) }];
    gaps.adopt({ gaps: [...old, candle], followed, aliveUntil });
    assert.deepEqual(
      gaps.resumeOf(trades, NOW)?.gaps?.map(({ gap_id }) => gap_id),
      ['r-o-2', 'r-o-3', 'r-o-4', 'r-o-5'],
    );
    assert.equal(gaps.resumeOf(trades, unixMs(T0 + DAY + 7))?.gaps, undefined);
    assert.equal(gaps.resumeOf(candles, NOW)?.gaps, undefined);
  });
});
