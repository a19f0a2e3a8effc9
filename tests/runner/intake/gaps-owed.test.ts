/** Trades and liquidations are owed from the acknowledgement on, also before anything of a topic was seen. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GapBook } from '../../../runner/intake/gaps.ts';
import type { StatusEvent } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';
import { bitcoin, gap, liquidation, T0, trade } from './events.ts';

const trades: Topic = { channel: 'trades', ...bitcoin };
const liquidations: Topic = { channel: 'liquidation', ...bitcoin };
const NOW = unixMs(T0 + 1_000);
const MONO = monoMs(5_000);

const acknowledged = (topic: Topic, at?: number): StatusEvent => {
  const granted = { type: 'status', status: 'subscribed', scope: 'topic', ...topic } as const;
  return at === undefined ? granted : { ...granted, at };
};

/** A book that follows a topic which the exchange has acknowledged. */
function granted(topic: Topic): GapBook {
  const gaps = new GapBook('n');
  gaps.follow(topic);
  gaps.granted(acknowledged(topic, T0), NOW, MONO);
  return gaps;
}

describe('trades that were acknowledged and never came', () => {
  it('have a gap without a beginning when their child ends, which the next one may heal', () => {
    const gaps = granted(trades);
    assert.deepEqual(gaps.childEnded(1, NOW), [
      gap({ gap_id: 'r-n-1', cause: 'child_died', from: null, at: NOW }),
    ]);
    assert.equal(gaps.resumeOf(trades, NOW), undefined, 'there is no place to go on from');
    assert.deepEqual(gaps.owedOf(trades, NOW, MONO), { since: T0, gap_id: 'r-n-1' });
  });

  it('are owed since the first acknowledgement, not since that of the next child', () => {
    const gaps = granted(trades);
    gaps.childEnded(1, NOW);
    gaps.granted(acknowledged(trades, T0 + 900), NOW, MONO);
    assert.equal(gaps.owedOf(trades, NOW, MONO)?.since, T0);
  });

  it('are owed since the answer where nobody says when it was given, and never since the future', () => {
    for (const at of [undefined, NOW + 60_000]) {
      const gaps = new GapBook('n');
      gaps.follow(trades);
      gaps.granted(acknowledged(trades, at), NOW, MONO);
      assert.equal(gaps.owedOf(trades, NOW, MONO)?.since, NOW);
    }
  });

  it('are owed as long as they were when our clock is set in between, back or on', () => {
    for (const [set, since] of [
      [-5_000, T0 - 5_000],
      [5_000, T0],
    ] as const) {
      const later = unixMs(NOW + 60_000 + set);
      assert.equal(granted(trades).owedOf(trades, later, monoMs(MONO + 60_000))?.since, since);
    }
  });

  it('are owed since a whole millisecond, whatever the clocks say', () => {
    const later = unixMs(NOW + 60_000);
    assert.equal(granted(trades).owedOf(trades, later, monoMs(MONO + 60_000.25))?.since, T0 - 1);
  });

  it('are owed, without a gap, when they are asked for anew', () => {
    assert.deepEqual(granted(trades).owedOf(trades, NOW, MONO), { since: T0 });
  });

  it('are owed no more once one has come: then there is a place', () => {
    const gaps = granted(trades);
    gaps.onEvent(trade(), 1);
    assert.equal(gaps.owedOf(trades, NOW, MONO), undefined);
    assert.equal(gaps.resumeOf(trades, NOW)?.last_id, 'a');
  });

  it('lie before the first live trade of a child that heals nothing', () => {
    const gaps = granted(trades);
    gaps.childEnded(1, NOW);
    const ended = gaps.onEvent(trade({ id: 'b' }), 2);
    assert.deepEqual([ended?.state, ended?.from, ended?.to?.id], ['open', null, 'b']);
  });

  it('have a place as soon as a child says where the gap begins', () => {
    const gaps = granted(trades);
    gaps.childEnded(1, NOW);
    gaps.owedOf(trades, NOW, MONO);
    const from = { id: 'x', timestamp: T0 - 5_000 };
    gaps.onGap(gap({ gap_id: 'r-n-1', from, state: 'healed', healed_by: 'recent_trades' }), 2);
    assert.equal(gaps.owedOf(trades, NOW, MONO), undefined);
    assert.equal(gaps.childEnded(2, NOW)[0]?.from?.id, 'x');
  });

  it('have no place by a gap that lies inside the one without a beginning', () => {
    const gaps = granted(trades);
    gaps.childEnded(1, NOW);
    gaps.onGap(gap({ from: { id: 'x', timestamp: T0 - 5_000 } }), 2);
    assert.equal(gaps.resumeOf(trades, NOW), undefined);
  });

  it('are not owed of a topic that was given up', () => {
    const gaps = granted(trades);
    gaps.release(trades);
    gaps.follow(trades);
    assert.deepEqual(gaps.childEnded(1, NOW), []);
    assert.equal(gaps.owedOf(trades, NOW, MONO), undefined);
  });
});

it('liquidations that were acknowledged and never came have a gap, which the first one ends as lost', () => {
  const gaps = granted(liquidations);
  assert.deepEqual(
    gaps.childEnded(1, NOW).map(({ cause, from }) => [cause, from]),
    [['child_died', null]],
  );
  assert.equal(gaps.onEvent(liquidation(), 2)?.state, 'lost');
});

it('books, tickers and candles are owed nothing by their acknowledgement alone', () => {
  for (const channel of ['depth', 'ticker', 'kline'] as const)
    assert.deepEqual(granted({ channel, ...bitcoin }).childEnded(1, NOW), []);
});

describe('what an earlier run was owed and had not seen', () => {
  const followed = [{ topic: trades, since: unixMs(T0 - 60_000), place: null }];
  const former = { gaps: [], followed, aliveUntil: unixMs(T0 - 30_000) };

  it('has a gap without a beginning, which a child may heal from the first acknowledgement on', () => {
    const gaps = new GapBook('n');
    gaps.follow(trades);
    assert.deepEqual(
      gaps.adopt(former).map(({ cause, from, to }) => [cause, from, to]),
      [['runner_stopped', null, null]],
    );
    assert.deepEqual(gaps.owedOf(trades, NOW, MONO), { since: T0 - 60_000, gap_id: 'r-n-1' });
  });

  it('is not hidden by a gap of which this run knows the beginning', () => {
    const gaps = granted(trades);
    gaps.onGap(gap({ from: { id: 'x', timestamp: T0 }, state: 'healed' }), 1);
    const [missed] = gaps.adopt(former);
    assert.equal(missed?.from, null);
    assert.equal(gaps.resumeOf(trades, NOW), undefined);
    assert.equal(gaps.owedOf(trades, NOW, MONO)?.gap_id, missed?.gap_id);
  });

  it('is owed longer than what this run was granted before that was known', () => {
    const gaps = granted(trades);
    gaps.adopt(former);
    assert.equal(gaps.owedOf(trades, NOW, MONO)?.since, T0 - 60_000);
  });
});
