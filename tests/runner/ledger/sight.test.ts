/** How long a topic could not be seen: from its last sign of life to the next, not from event to event. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Sight } from '../../../runner/ledger/sight.ts';
import type { GapEvent, StatusEvent, TopicReport } from '../../../shared/events/process-events.ts';
import { unixMs } from '../../../shared/time.ts';
import { bitcoin, gap, T0 } from '../intake/events.ts';

const HOUR = 3_600_000;
const trades = { channel: 'trades', ...bitcoin } as const;
const at = (seconds: number) => unixMs(T0 + seconds * 1_000);

/** `frames`: of the one socket since its start; `age`: seconds since the topic's newest event. */
function beat(
  seconds: number,
  frames: number,
  age: number | null,
  more: Partial<TopicReport> = {},
): StatusEvent {
  const topic: TopicReport = {
    ...trades,
    state: 'active',
    stale: false,
    messages: 1,
    age_ms: null,
    sockets: [0],
    ...more,
  };
  return {
    type: 'status',
    status: 'heartbeat',
    at: at(seconds),
    topics: [{ ...topic, age_ms: age === null ? null : age * 1_000 }],
    sockets: [
      { category: 'linear', socket: 0, url: 'u', state: 'open', reconnects: 0, frames, bad_frames: 0 },
    ],
  };
}

const subscribed = (seconds: number): StatusEvent => ({
  ...{ type: 'status', status: 'subscribed', scope: 'topic', at: at(seconds) },
  ...trades,
});
const lost = (seconds: number, more: Partial<GapEvent> = {}): GapEvent =>
  gap({ gap_id: 'g', at: at(seconds), from: { id: 'a', timestamp: T0 - 6 * HOUR }, to: null, ...more });

/** A thin topic whose socket is alive until the beat of second 10. */
function quiet(): Sight {
  const sight = new Sight();
  sight.status(beat(0, 100, 6 * 3_600), at(0));
  sight.status(beat(5, 101, 6 * 3_600), at(5));
  sight.status(beat(10, 103, 6 * 3_600), at(10));
  sight.status(beat(15, 103, 6 * 3_600), at(15));
  return sight;
}

describe('the time in which a topic cannot be seen', () => {
  it('is that of the line, however far apart its trades are', () => {
    const sight = quiet();
    assert.deepEqual(sight.gap(lost(17), undefined, at(17)), { from: at(5), until: null });
    const answered = { ...subscribed(18), at: undefined };
    assert.deepEqual(
      sight.status(answered, at(18)),
      [],
      'the answer to a question is no word of the exchange',
    );
    const [seen] = sight.status(subscribed(37), at(37));
    assert.deepEqual([seen?.gap.gap_id, seen?.unseen], ['g', { from: at(5), until: at(37) }]);
    const to = { id: 'b', timestamp: T0 + 6 * HOUR };
    const ended = sight.gap(lost(17, { to }), at(6 * 3_600), at(6 * 3_600));
    assert.deepEqual(ended, { from: at(5), until: at(37) });
  });

  it('goes on when the line is lost again before anything came', () => {
    const sight = quiet();
    sight.gap(lost(17), undefined, at(17));
    sight.status(subscribed(37), at(37));
    const disconnected = {
      type: 'status',
      status: 'disconnected',
      scope: 'public',
      category: 'linear',
    } as const;
    assert.deepEqual(
      sight.status({ ...disconnected, at: at(40) }, at(40)).map(({ unseen }) => unseen),
      [{ from: at(5), until: null }],
    );
    sight.status(subscribed(50), at(50));
    assert.deepEqual(
      sight.childEnded().map(({ unseen }) => unseen),
      [{ from: at(5), until: null }],
    );
    assert.deepEqual(sight.gap(lost(17, { state: 'lost' }), undefined, at(60)), {
      from: at(5),
      until: at(60),
    });
  });

  it('ends with a heartbeat that shows the topic alive: one without frames, or of a topic that is asked for, does not', () => {
    const sight = quiet();
    sight.gap(lost(17, { cause: 'bad_frame' }), undefined, at(17));
    assert.deepEqual(sight.status(beat(20, 103, null), at(20)), []);
    assert.deepEqual(sight.status(beat(25, 110, null, { state: 'requested' }), at(25)), []);
    assert.deepEqual(sight.status(beat(30, 111, null, { stale: true }), at(30)), []);
    const [seen] = sight.status(beat(35, 112, null), at(35));
    assert.deepEqual(seen?.unseen, { from: at(5), until: at(35) });
  });

  it('begins with the newest event where that is later, and where silence or a full queue is the cause', () => {
    assert.deepEqual(quiet().gap(lost(17), at(16), at(17))?.from, at(16));
    assert.deepEqual(quiet().gap(lost(17, { cause: 'data_silent' }), at(3), at(17))?.from, at(3));
    const full = quiet();
    assert.deepEqual(full.gap(lost(17, { cause: 'overload' }), at(3), at(17))?.from, at(3));
    full.status(beat(20, 111, null), at(20));
    assert.deepEqual(full.status(beat(25, 112, null), at(25)), [], 'what finds no room is not seen');
  });

  it('of a book ends with the whole book alone', () => {
    const sight = new Sight();
    const book = { ...bitcoin, channel: 'depth', depth: 50 } as const;
    const told = (more: Partial<GapEvent> = {}) => lost(17, { ...book, ...more });
    sight.gap(told(), at(16), at(17));
    assert.deepEqual(sight.status({ ...subscribed(20), ...book }, at(20)), []);
    const healed = told({ state: 'healed', healed_by: 'snapshot', to: { id: '9', timestamp: T0 } });
    assert.deepEqual(sight.gap(healed, at(21), at(21)), { from: at(16), until: at(21) });
  });

  it('begins with the end of the former run, and is that of the former run where it goes on', () => {
    const sight = new Sight();
    const stopped = lost(17, { cause: 'runner_stopped' });
    assert.deepEqual(sight.gap(stopped, undefined, at(300)), { from: at(17), until: null });
    const next = new Sight();
    const open = { run: 'o', gap: stopped, changedAt: at(300), unseen: { from: at(17), until: null } };
    assert.deepEqual(next.takeUp(open, at(350)), { from: at(17), until: null }, 'it had not ended');
    assert.deepEqual(next.status(subscribed(400), at(400))[0]?.unseen, { from: at(17), until: at(400) });
    const third = new Sight();
    const seen = { run: 'o', gap: stopped, changedAt: at(300), unseen: { from: at(17), until: at(400) } };
    const earlier = [{ from: at(17), until: at(400) }];
    assert.deepEqual(third.takeUp(seen, at(500)), { from: at(500), until: null, earlier });
  });

  it('is not known of candles, of what is told with its end, and of what was told long ago', () => {
    assert.equal(quiet().gap(lost(17, { channel: 'kline', interval: '60' }), at(1), at(17)), undefined);
    assert.equal(quiet().gap(lost(17, { to: { id: 'b', timestamp: T0 } }), at(1), at(17)), undefined);
    const old = quiet();
    old.takeUp({ run: 'o', gap: lost(1), changedAt: at(1) }, at(2));
    assert.equal(old.gap(lost(1, { state: 'healed' }), at(16), at(17)), undefined);
    assert.equal(quiet().gap(lost(-100), at(16), at(17)), undefined);
    assert.equal(new Sight().gap(lost(17), undefined, at(17)), undefined);
  });
});
