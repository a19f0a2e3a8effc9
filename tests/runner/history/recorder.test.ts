/** The recorder of trades: what it records, what it claims, and what becomes of trades that it cannot write. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { gapBound } from '../../../shared/events/process-events.ts';
import { gap, status, trade } from '../intake/events.ts';
import { RecorderWorld, topic } from './recorder-world.ts';

const worlds: RecorderWorld[] = [];
afterEach(() => {
  for (const one of worlds.splice(0)) one.remove();
});
function world(options?: ConstructorParameters<typeof RecorderWorld>[0]): RecorderWorld {
  const made = new RecorderWorld(options);
  worlds.push(made);
  return made;
}

const ids = (of: RecorderWorld): readonly string[] => of.read().trades.map(({ id }) => id);
const events = (of: RecorderWorld): readonly unknown[] => of.said.map(({ event }) => event);

describe('what is recorded', () => {
  it('is every trade in the order of dispatch, with all its values', async () => {
    const one = world();
    const now = one.clock.unixMs();
    one.tell(one.trade('a', { seq: 7, price: 1e-7, qty: 123_456_789.125, rpi: true, block: false }));
    one.tell(one.trade('c', { at: 5, side: 'sell' }));
    one.tell(one.trade('b "\\ é', { at: 3, origin: 'healed', price: 0.1 + 0.2 }));
    await one.tick();
    assert.deepEqual(one.read().trades, [
      {
        timestamp: now,
        seq: 7,
        id: 'a',
        price: 1e-7,
        qty: 123_456_789.125,
        side: 'buy',
        block: false,
        rpi: true,
      },
      { timestamp: now + 5, id: 'c', price: 50_000, qty: 1, side: 'sell' },
      { timestamp: now + 3, id: 'b "\\ é', price: 0.1 + 0.2, qty: 1, side: 'buy' },
    ]);
    assert.deepEqual(events(one), ['recording_started']);
    assert.equal(one.recorder.counts().trades, 3);
  });

  it('goes to the disk within a second', async () => {
    const one = world();
    one.tell(one.trade('a'));
    for (let ms = 0; ms < 1_000 && ids(one).length === 0; ms += 100) await one.tick(100);
    assert.deepEqual(ids(one), ['a']);
    one.tell(one.trade('b'));
    for (let ms = 0; ms < 500; ms += 100) await one.tick(100);
    assert.deepEqual(ids(one), ['a', 'b']);
    assert.ok(one.batches.length <= 3, 'and not more often than twice a second');
  });

  it('lies in the file of its own UTC day, and a span ends with the day', async () => {
    const one = world();
    one.clock.setWall(Date.UTC(2026, 7, 1, 23, 59, 59) - one.clock.unixMs());
    one.tell(one.trade('before'));
    one.clock.advance(2_000);
    one.tell(one.trade('after'));
    one.tell(one.trade('late', { at: -1_500, origin: 'healed' }));
    await one.tick();
    assert.deepEqual(ids(one), ['before', 'late', 'after'], 'the reader goes by days');
    const midnight = Date.UTC(2026, 7, 2);
    assert.deepEqual(one.read().spans, [
      { from: midnight - 999, to: midnight },
      { from: midnight, to: midnight + 1_000 },
    ]);
  });

  it('is nothing of a replay, nor of a child that does not say where its data come from', async () => {
    const replay = world();
    replay.tell(status('ready', { environment: 'mainnet', clock: 'replay' }));
    const silent = world({ environment: undefined });
    silent.tell(status('connected'));
    for (const one of [replay, silent]) {
      one.tell(one.trade('a'));
      await one.tick();
      one.tell(one.trade('b'));
      await one.tick();
      assert.deepEqual([one.batches.length, ids(one).length], [0, 0]);
    }
    assert.deepEqual(events(silent), ['recording_refused'], 'said once');
  });

  it('is of the environment that the child told', async () => {
    const one = world({ environment: undefined });
    one.tell(status('ready', { environment: 'testnet', clock: 'live' }));
    one.tell(one.trade('a'));
    await one.tick();
    assert.equal(one.batches[0]?.environment, 'testnet');
    assert.deepEqual(ids(one), [], 'nothing of it is among the simulated ones');
  });

  it('follows what is wanted, and claims nothing of what was not', async () => {
    const one = world();
    one.tell(one.trade('a'));
    await one.tick();
    one.isWanted = () => false;
    await one.tick();
    one.tell(one.trade('not'));
    await one.tick();
    one.isWanted = () => true;
    await one.tick();
    const at = one.clock.unixMs();
    one.tell(one.trade('b'));
    one.tell(one.trade('c', { at: 10 }));
    await one.tick();
    assert.deepEqual(ids(one), ['a', 'b', 'c']);
    assert.deepEqual(one.read().spans, [{ from: at + 1, to: at + 10 }]);
  });

  it('has no trade of a time that cannot be: it is counted', async () => {
    const one = world();
    one.tell(one.trade('a'));
    one.tell(one.trade('future', { at: 3_600_000 }));
    one.tell(one.trade('b', { at: 5 }));
    one.tell(one.trade('c', { at: 9 }));
    await one.tick();
    assert.deepEqual(ids(one), ['a', 'b', 'c']);
    assert.equal(one.recorder.counts().dropped.absurd_time, 1);
    const [first] = one.read().trades;
    assert.deepEqual(one.read().spans, [
      { from: (first?.timestamp ?? 0) + 6, to: (first?.timestamp ?? 0) + 9 },
    ]);
  });
});

describe('what is claimed', () => {
  it('begins after the first live trade, and ends before the newest', async () => {
    const one = world();
    const at = one.clock.unixMs();
    one.tell(one.trade('a'));
    await one.tick();
    assert.deepEqual(one.read().spans, [], 'others may have come in the same millisecond');
    one.tell(one.trade('b'));
    await one.tick();
    assert.deepEqual(one.read().spans, [{ from: at + 1, to: at + 500 }]);
  });

  it('leaves a gap out until it is healed', async () => {
    const one = world();
    const at = one.clock.unixMs();
    const last = one.trade('b', { at: 10 });
    const next = one.trade('e', { at: 30 });
    one.tell(one.trade('a'));
    one.tell(last);
    one.tell(gap({ from: gapBound(last) }));
    one.tell(gap({ from: gapBound(last), to: gapBound(next) }));
    one.tell(next);
    one.tell(one.trade('f', { at: 40 }));
    await one.tick();
    assert.deepEqual(one.read().spans, [
      { from: at + 1, to: at + 10 },
      { from: at + 31, to: at + 40 },
    ]);
    one.tell(trade({ timestamp: at + 20, id: 'd', origin: 'healed' }));
    one.tell(gap({ from: gapBound(last), to: gapBound(next), state: 'healed', healed_by: 'recent_trades' }));
    await one.tick();
    assert.deepEqual(one.read().spans, [{ from: at + 1, to: at + 40 }]);
  });

  it('is not what an archive has closed: those trades are stored elsewhere', async () => {
    const one = world();
    const [last, next] = [one.trade('a', { at: 10 }), one.trade('b', { at: 20 })];
    one.tell(one.trade('0'));
    one.tell(last);
    one.tell(gap({ from: gapBound(last), to: gapBound(next) }));
    one.tell(next);
    one.tell(gap({ from: gapBound(last), to: gapBound(next), state: 'healed', healed_by: 'archive' }));
    await one.tick();
    assert.equal(one.read().spans.length, 1);
  });

  it('is taken back when a gap is told late', async () => {
    const one = world();
    const at = one.clock.unixMs();
    for (const ms of [0, 10, 20, 30]) one.tell(one.trade(`t${ms}`, { at: ms }));
    await one.tick();
    assert.deepEqual(one.read().spans, [{ from: at + 1, to: at + 30 }]);
    const bounds = {
      from: { id: 't10', timestamp: at + 10 },
      to: { id: 't20', timestamp: at + 20 },
    };
    one.tell(gap(bounds));
    await one.tick();
    assert.deepEqual(one.read().spans, [
      { from: at + 1, to: at + 10 },
      { from: at + 21, to: at + 30 },
    ]);
  });

  it('goes on from the resume place when nothing is missing after it', async () => {
    const one = world();
    const at = one.clock.unixMs();
    const before = trade({ id: 'z', timestamp: at - 50 });
    one.book.adopt({ gaps: [], followed: [{ topic, place: gapBound(before) }], aliveUntil: at });
    const own = one.book.resumeOf(topic, at)?.gap_id;
    one.tell(gap({ gap_id: own ?? '', from: gapBound(before), state: 'healed', healed_by: 'recent_trades' }));
    one.tell(one.trade('a', { at: 10 }));
    await one.tick();
    assert.deepEqual(one.read().spans, [{ from: at - 49, to: at + 10 }]);
  });

  it('joins what an earlier run has claimed when everything after its last trade was healed', async () => {
    for (const isLast of [true, false]) {
      const one = world();
      const at = one.clock.unixMs();
      const last = one.trade('b', { at: 10 });
      for (const told of [one.trade('a'), last]) one.tell(told);
      await one.tick();
      // The ledger of gaps may know of a trade that did not reach the disk.
      const place = gapBound(isLast ? last : { ...last, id: 'unwritten' });
      await one.kill(1, { gaps: [], followed: [{ topic, place }], aliveUntil: one.clock.unixMs() });
      const own = one.book.resumeOf(topic, one.clock.unixMs())?.gap_id;
      one.tell(trade({ timestamp: at + 10, id: 'same millisecond', origin: 'healed' }));
      one.tell(gap({ gap_id: own ?? '', from: place, state: 'healed', healed_by: 'recent_trades' }));
      one.tell(one.trade('c'));
      await one.tick();
      const now = one.clock.unixMs() - 500;
      const [first, second] = [at + 10, at + 11];
      const expected = isLast
        ? [{ from: at + 1, to: now }]
        : [
            { from: at + 1, to: first },
            { from: second, to: now },
          ];
      assert.deepEqual(one.read().spans, expected);
    }
  });

  it('does not reach over a time in which the topic was given up', async () => {
    const one = world();
    const at = one.clock.unixMs();
    one.tell(one.trade('a'));
    one.tell(one.trade('b', { at: 10 }));
    one.recorder.unwanted(topic);
    one.tell(one.trade('c', { at: 30 }));
    one.tell(one.trade('d', { at: 40 }));
    await one.tick();
    assert.deepEqual(one.read().spans, [
      { from: at + 1, to: at + 10 },
      { from: at + 31, to: at + 40 },
    ]);
  });

  it('does not reach over lines that could not be read', async () => {
    const one = world();
    const at = one.clock.unixMs();
    one.tell(one.trade('a'));
    one.tell(one.trade('b', { at: 10 }));
    await one.tick();
    one.tell(one.trade('c'));
    one.unread = 1;
    await one.tick();
    one.tell(one.trade('d'));
    one.tell(one.trade('e', { at: 5 }));
    await one.tick();
    assert.deepEqual(one.read().spans, [
      { from: at + 1, to: at + 10 },
      { from: at + 1_001, to: at + 1_005 },
    ]);
  });
});

describe('what cannot be written', () => {
  it('is not claimed when the disk is full, and recording goes on when there is room', async () => {
    const one = world();
    const at = one.clock.unixMs();
    one.tell(one.trade('a'));
    one.tell(one.trade('b', { at: 10 }));
    await one.tick();
    one.disk = 'full';
    one.tell(one.trade('lost'));
    await one.tick();
    one.tell(one.trade('dropped'));
    await one.tick();
    assert.deepEqual([one.recorder.counts().paused, one.recorder.counts().dropped.failed], ['failed', 2]);
    one.disk = 'works';
    await one.tick(5_000);
    const again = one.clock.unixMs();
    one.tell(one.trade('c'));
    one.tell(one.trade('d', { at: 10 }));
    await one.tick();
    assert.deepEqual(ids(one), ['a', 'b', 'c', 'd']);
    assert.deepEqual(one.read().spans, [
      { from: at + 1, to: at + 500 },
      // What was missed half a second apart is one hole.
      { from: at + 1_001, to: again + 10 },
    ]);
    assert.deepEqual(events(one), ['recording_started', 'recording_paused', 'recording_resumed']);
    assert.equal(one.said.at(-1)?.['lost'], 2);
  });

  it('waits for a slow disk up to a bound; further trades are counted and not claimed, and the feed does not wait', async () => {
    const one = world({ maxWaiting: 10, environment: 'simulated' });
    one.disk = 'slow';
    one.tell(one.trade('0'));
    await one.tick();
    for (let at = 1; at <= 20; at += 1) one.tell(one.trade(String(at), { at }));
    assert.equal(one.recorder.counts().waiting, 10);
    assert.deepEqual(
      [one.recorder.counts().paused, one.recorder.counts().dropped.slow_disk],
      ['slow_disk', 11],
    );
    await one.tick();
    assert.equal(one.batches.length, 1, 'one batch at a time');
    one.disk = 'works';
    await one.release();
    await one.tick();
    const end = one.clock.unixMs();
    one.tell(one.trade('x'));
    one.tell(one.trade('y', { at: 10 }));
    await one.tick();
    assert.deepEqual(ids(one), ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'x', 'y']);
    const { spans, trades } = one.read();
    const ninth = trades[9]?.timestamp ?? 0;
    assert.deepEqual(spans, [
      { from: (trades[0]?.timestamp ?? 0) + 1, to: ninth + 1 },
      { from: ninth + 12, to: end + 10 },
    ]);
    assert.deepEqual(events(one), ['recording_started', 'recording_paused', 'recording_resumed']);
  });

  it('is left out while less than MIN_FREE_DISK_MB are free', async () => {
    const one = world();
    one.diskFault = '3 MB are free';
    await one.tick();
    one.tell(one.trade('a'));
    await one.tick();
    assert.deepEqual([one.batches.length, one.recorder.counts().dropped.disk_low], [0, 1]);
    assert.equal(one.said[0]?.['msg'], '3 MB are free');
    one.diskFault = null;
    await one.tick();
    one.tell(one.trade('b'));
    await one.tick();
    assert.deepEqual(ids(one), ['b']);
  });

  it('is counted when the thread is gone, and the next one goes on', async () => {
    const one = world();
    one.tell(one.trade('a'));
    await one.tick();
    one.disk = 'gone';
    one.tell(one.trade('lost'));
    await one.tick();
    one.disk = 'works';
    await one.tick(6_000);
    one.tell(one.trade('b'));
    await one.tick();
    assert.deepEqual(ids(one), ['a', 'b']);
    assert.equal(one.recorder.counts().dropped.failed, 1);
  });

  it('pauses when today alone is more than may be kept', async () => {
    const one = world({ keep: { bytes: 50, ageMs: 1e12 }, environment: 'simulated' });
    one.tell(one.trade('a'));
    await one.tick();
    one.tell(one.trade('b'));
    await one.tick();
    assert.deepEqual([ids(one), one.recorder.counts().paused], [['a'], 'limit']);
    assert.match(String(one.said.at(-1)?.['msg']), /RECORD_MAX_MB=1 .* raise it/);
  });
});

describe('a cut', () => {
  it('lies between two trades: the files up to it have what was told before, and nothing after', async () => {
    const one = world();
    one.tell(one.trade('a'));
    await one.tick();
    one.disk = 'slow';
    one.tell(one.trade('b'));
    await one.tick();
    one.tell(one.trade('c'));
    const cut = one.recorder.cut();
    one.tell(one.trade('after'));
    one.disk = 'works';
    await one.tick();
    await one.release();
    const answered = await cut;
    await one.tick();
    assert.deepEqual(ids(one), ['a', 'b', 'c', 'after']);
    assert.ok(answered.ok);
    const [position, ...others] = answered.value.positions;
    assert.equal(others.length, 0);
    const lines = one
      .read()
      .trades.slice(0, 3)
      .map((line) => `${JSON.stringify(line)}\n`);
    assert.equal(position?.tradesBytes, lines.join('').length);
    assert.deepEqual(
      [position.environment, position.symbol, position.date],
      ['simulated', 'BTCUSDT', '2025-06-15'],
    );
    assert.ok(position.spansBytes > 0);
  });

  it('is there before anything was recorded, and fails when nobody can write', async () => {
    const one = world();
    assert.deepEqual(await one.recorder.cut(), { ok: true, value: { positions: [] } });
    one.disk = 'gone';
    assert.deepEqual(await one.recorder.cut(), { ok: false, failure: 'its thread ended' });
  });
});

it('a clean stop writes what waits', async () => {
  const one = world();
  one.tell(one.trade('a'));
  await one.recorder.stop();
  assert.deepEqual(ids(one), ['a']);
  assert.deepEqual(events(one), ['recording_started', 'recording_stopped']);
});

describe('what the disk has not confirmed', () => {
  it('is asked for until it has, also when nothing more is told', async () => {
    const one = world();
    one.left = 1;
    one.tell(one.trade('a'));
    for (let batch = 0; batch < 3; batch += 1) await one.tick();
    assert.deepEqual(
      one.batches.map(({ rows, isLast }) => [rows.ids.length, isLast]),
      [
        [1, false],
        [0, false],
        [0, false],
      ],
    );
    one.left = 0;
    await one.tick();
    await one.tick();
    assert.equal(one.batches.length, 4, 'then there is nothing to say');
  });

  it('is confirmed by a clean stop, also while nothing may be written, and only by that', async () => {
    const one = world();
    one.left = 1;
    one.tell(one.trade('a'));
    await one.tick();
    one.diskFault = '3 MB are free';
    await one.tick();
    await one.recorder.cut();
    await one.recorder.stop();
    assert.deepEqual(
      one.batches.map(({ isCut, isLast }) => [isCut, isLast]),
      [
        [false, false],
        [true, false],
        [false, true],
      ],
    );
  });
});
