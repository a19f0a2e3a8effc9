import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GapBook } from '../../../runner/intake/gaps.ts';
import type { Topic } from '../../../shared/market.ts';
import { unixMs } from '../../../shared/time.ts';
import { bitcoin, gap, T0, trade } from './events.ts';

const trades: Topic = { channel: 'trades', ...bitcoin };
const NOW = unixMs(T0 + 1_000);

/** A book that follows the trades of bitcoin. */
function following(capacity?: number): GapBook {
  const gaps = new GapBook('n', capacity);
  gaps.follow(trades);
  return gaps;
}

describe('the gap book', () => {
  it('opens a gap after the last trade when a child ends, and ends it with the first trade of the next', () => {
    const gaps = following();
    gaps.onEvent(trade({ id: 'a', seq: 7 }), 1);
    const opened = gaps.childEnded(1, NOW);
    assert.deepEqual(opened, [
      {
        type: 'gap',
        gap_id: 'r-n-1',
        state: 'open',
        channel: 'trades',
        ...bitcoin,
        cause: 'child_died',
        from: { id: 'a', timestamp: T0, seq: 7 },
        to: null,
        at: NOW,
      },
    ]);
    assert.deepEqual(gaps.endless(), opened);
    const ended = gaps.onEvent(trade({ id: 'b', timestamp: T0 + 9, seq: 9 }), 2);
    assert.deepEqual(ended?.to, { id: 'b', timestamp: T0 + 9, seq: 9 });
    assert.equal(ended?.gap_id, 'r-n-1');
    assert.deepEqual(gaps.endless(), []);
    assert.deepEqual(
      gaps.all().map(({ state }) => state),
      ['open'],
      'it has an end, but it is not healed',
    );
    assert.equal(gaps.onEvent(trade({ id: 'c' }), 2), undefined);
  });

  it('opens nothing for a topic that was never acknowledged', () => {
    assert.deepEqual(following().childEnded(1, NOW), []);
  });

  it('keeps one gap over several deaths without a trade between them', () => {
    const gaps = following();
    gaps.onEvent(trade(), 1);
    assert.equal(gaps.childEnded(1, NOW).length, 1);
    assert.equal(gaps.childEnded(2, NOW).length, 0);
    assert.ok(gaps.onEvent(trade({ id: 'b' }), 3));
    assert.equal(gaps.all().length, 1);
  });

  it('registers the gap of a child and updates it when it is told again', () => {
    const gaps = following();
    assert.deepEqual(gaps.onGap(gap(), 1), gap({ n: undefined }));
    const to = { id: 'b', timestamp: T0 + 5 };
    assert.deepEqual(gaps.onGap(gap({ to }), 1)?.to, to);
    assert.deepEqual(gaps.onGap(gap({ state: 'healed' }), 1)?.to, to, 'an end once known stays known');
    assert.deepEqual(
      gaps.all().map(({ state }) => state),
      ['healed'],
    );
  });

  it('leaves the end of a gap to the child that opened it, while it lives', () => {
    const gaps = following();
    gaps.onGap(gap(), 1);
    assert.equal(gaps.onEvent(trade({ id: 'b' }), 1), undefined);
    assert.equal(gaps.endless().length, 1);
  });

  it('ends the open gap of a dead child with the first trade of the next', () => {
    const gaps = following();
    gaps.onEvent(trade(), 1);
    gaps.onGap(gap(), 1);
    assert.deepEqual(gaps.childEnded(1, NOW), [], 'the topic has a gap without an end already');
    assert.equal(gaps.onEvent(trade({ id: 'b' }), 2)?.gap_id, 'g-1');
  });

  it('absorbs a gap that lies in one without an end, and takes over its end', () => {
    const gaps = following();
    gaps.onEvent(trade(), 1);
    gaps.childEnded(1, NOW);
    assert.equal(gaps.onGap(gap({ from: null }), 2), undefined);
    const told = gaps.onGap(gap({ from: null, to: { id: 'b', timestamp: T0 + 5 } }), 2);
    assert.equal(told?.gap_id, 'r-n-1');
    assert.equal(told?.to?.id, 'b');
    assert.equal(gaps.onGap(gap({ from: null, to: { id: 'c', timestamp: T0 + 6 } }), 2), undefined);
    assert.equal(gaps.all().length, 1);
    assert.equal(gaps.counts().absorbed, 1);
  });

  it('tells gaps of different children apart although they use the same id', () => {
    const gaps = following();
    const to = { id: 'b', timestamp: T0 + 5 };
    gaps.onGap(gap({ to }), 1);
    gaps.childEnded(1, NOW);
    assert.equal(gaps.onGap(gap({ to }), 2)?.gap_id, 'g-1@2');
    assert.equal(gaps.onGap(gap({ to, state: 'lost' }), 2)?.gap_id, 'g-1@2');
    assert.deepEqual(
      gaps.all().map(({ state }) => state),
      ['open', 'lost'],
    );
  });

  it('fills in the beginning that a new child does not know', () => {
    const gaps = following();
    gaps.onEvent(trade({ id: 'z' }), 1);
    assert.equal(gaps.onGap(gap({ from: null }), 1)?.from?.id, 'z');
  });

  it('ends no gap by healed trades: they say nothing about the feed', () => {
    const gaps = following();
    gaps.onEvent(trade(), 1);
    gaps.childEnded(1, NOW);
    assert.equal(gaps.onEvent(trade({ id: 'h', origin: 'healed' }), 2), undefined);
    assert.equal(gaps.endless().length, 1);
    assert.equal(gaps.resumeOf(trades, NOW)?.last_id, 'h');
  });

  it('gives a topic up when it is no longer wanted', () => {
    const gaps = following();
    gaps.onEvent(trade(), 1);
    gaps.childEnded(1, NOW);
    assert.equal(gaps.release(trades)?.state, 'lost');
    assert.deepEqual(gaps.endless(), []);
    assert.deepEqual(gaps.childEnded(2, NOW), []);
    assert.equal(gaps.resumeOf(trades, NOW), undefined);
  });

  it('knows nothing of a trade or gap that is read after its topic was given up, or that nobody asked for', () => {
    const gaps = following();
    gaps.onEvent(trade(), 1);
    gaps.release(trades);
    assert.equal(gaps.onEvent(trade({ id: 'on its way' }), 1), undefined);
    assert.equal(gaps.onGap(gap(), 1), undefined);
    assert.equal(gaps.onGap(gap({ gap_id: 'g-2', symbol: 'DOGEUSDT' }), 1), undefined);
    assert.equal(gaps.onGap(gap({ gap_id: 'g-3', channel: 'depth' }), 1), undefined);
    assert.deepEqual(gaps.childEnded(1, NOW), []);
    assert.deepEqual(gaps.all(), []);
    assert.equal(gaps.resumeOf(trades, NOW), undefined);
  });

  it('begins anew with a topic that is wanted again: what was given up stays so', () => {
    const gaps = following();
    gaps.onEvent(trade(), 1);
    gaps.onGap(gap(), 1);
    gaps.release(trades);
    gaps.follow(trades);
    assert.equal(gaps.resumeOf(trades, NOW), undefined);
    assert.equal(gaps.onGap(gap({ to: { id: 'b', timestamp: T0 + 5 } }), 1), undefined);
    assert.deepEqual(
      gaps.all().map(({ state, to }) => [state, to]),
      [['lost', null]],
    );
    gaps.onEvent(trade({ id: 'c', timestamp: T0 + 9 }), 1);
    assert.deepEqual(
      gaps.childEnded(1, NOW).map(({ from }) => from?.id),
      ['c'],
    );
  });

  it('keeps what it knows of a topic that is wanted twice', () => {
    const gaps = following();
    gaps.onEvent(trade(), 1);
    gaps.follow(trades);
    assert.equal(gaps.resumeOf(trades, NOW)?.last_id, 'a');
  });

  it('says where the next child has to go on, and does not go back for a late trade', () => {
    const gaps = following();
    gaps.onEvent(trade({ id: 'b', timestamp: T0 + 5, seq: 9 }), 1);
    gaps.onEvent(trade({ id: 'a', timestamp: T0 + 4, seq: 8 }), 1);
    assert.deepEqual(gaps.resumeOf(trades, NOW), { last_id: 'b', timestamp: T0 + 5, seq: 9 });
  });

  it('keeps within its bound: the oldest gap that is settled leaves, one without an end stays', () => {
    const gaps = following(3);
    gaps.follow({ ...trades, symbol: 'ETHUSDT' });
    gaps.onGap(gap({ gap_id: 'endless', symbol: 'ETHUSDT' }), 1);
    for (const [index, state] of (['healed', 'lost', 'healed', 'healed', 'healed'] as const).entries())
      gaps.onGap(gap({ gap_id: `g-${index}`, state, to: { id: 'b', timestamp: T0 } }), 1);
    assert.deepEqual(
      gaps.all().map(({ gap_id }) => gap_id),
      ['endless', 'g-3', 'g-4'],
    );
    assert.equal(gaps.counts().forgotten, 3);
  });

  it('keeps what is still open as long as anything else can leave, so that the archive may close it', () => {
    const gaps = following(3);
    const from = { id: 'a', timestamp: T0 };
    gaps.onGap(gap({ gap_id: 'morning', from, to: { id: 'b', timestamp: T0 + 9 } }), 1);
    for (let index = 0; index < 5; index += 1) {
      const told = gap({ gap_id: `g-${index}`, from, to: { id: 'b', timestamp: T0 } });
      gaps.onGap(told, 1);
      gaps.onGap({ ...told, state: 'healed' }, 1);
    }
    assert.deepEqual(
      gaps.all().map(({ gap_id }) => gap_id),
      ['morning', 'g-3', 'g-4'],
    );
    const closed = gaps.closeByArchive(bitcoin, [{ from: T0, to: T0 + 10 }]);
    assert.deepEqual(
      closed.map(({ gap_id, state }) => [gap_id, state]),
      [['morning', 'healed']],
    );
  });

  it('lets the oldest open gap with an end leave where all are open', () => {
    const gaps = following(3);
    for (let index = 0; index < 5; index += 1)
      gaps.onGap(gap({ gap_id: `g-${index}`, to: { id: 'b', timestamp: T0 } }), 1);
    assert.deepEqual(
      gaps.all().map(({ gap_id }) => gap_id),
      ['g-2', 'g-3', 'g-4'],
    );
  });
});
