/** A ledger that is read late or not at all, and for how long a topic could not be seen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GapBook } from '../../../runner/intake/gaps.ts';
import { unknownCoverage } from '../../../runner/ledger/coverage.ts';
import { GapLedger, noLedgerStore } from '../../../runner/ledger/gap-ledger.ts';
import { unixMs } from '../../../shared/time.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';
import { gap, T0, trade } from '../intake/events.ts';
import { trades, World } from './ledger-world.ts';

test('while the ledger cannot be read nothing is written that would hide what was missed, and the coverage is not known', async () => {
  const since = unixMs(T0 - 5);
  const place = { id: 'p', timestamp: T0 - 1 };
  const followed = [{ topic: trades, since, until: null, place }];
  const world = new World({ gaps: [], followed, aliveUntil: unixMs(T0) });
  world.isReadable = false;
  world.ledger.told({ type: 'status', status: 'ready', environment: 'mainnet', clock: 'live' });
  await world.tick();
  world.trade('x', 11_000);
  await world.tick();
  world.trade('y', 12_000);
  await world.tick();
  assert.deepEqual(world.batches, []);
  assert.match(world.ledger.fault() ?? '', /cannot be read \(the disk is gone\)/u);
  assert.deepEqual(await world.ledger.coverage(since, unixMs(T0 + 9)), unknownCoverage);
  world.isReadable = true;
  await world.tick();
  assert.deepEqual(
    world.told.map(({ cause, from, to, at }) => [cause, from?.id, to?.id, at]),
    [['runner_stopped', 'p', 'x', T0]],
    'from the last place of the former run to the first event of this one',
  );
  assert.equal(world.ledger.fault(), null);
  await world.tick();
  assert.deepEqual(world.places(), ['y']);
  assert.equal((await world.ledger.coverage(since, unixMs(T0 + 9))).known, true);
});

test('a list of gaps says when it is only those of this run, since the store cannot be read', async () => {
  const world = new World();
  const list = async () => {
    const { rows, isPart } = await world.ledger.page({}, 10, null);
    return [rows.map(({ gap_id }) => gap_id), isPart];
  };
  world.stored = [{ run: 'before', gap: gap({ gap_id: 'former' }), changedAt: unixMs(T0) }];
  world.isReadable = false;
  assert.deepEqual(await list(), [[], true], 'nobody has said yet whose gaps are meant');
  world.ledger.told({ type: 'status', status: 'ready', environment: 'mainnet', clock: 'live' });
  await world.tick();
  world.book.onGap(gap({ gap_id: 'own' }), 1);
  assert.deepEqual(await list(), [['own'], true]);
  world.isReadable = true;
  await world.tick();
  assert.deepEqual(await list(), [['former'], false]);
  world.isReadable = false;
  assert.deepEqual(await list(), [['own'], true], 'it was read, and fails now');
});

test('a replay keeps nothing, so that what it knows is all', async () => {
  const world = new World();
  world.ledger.told({ type: 'status', status: 'ready', environment: 'mainnet', clock: 'replay' });
  assert.equal((await world.ledger.page({}, 10, null)).isPart, false);
});

test('a topic of which the former run knew nothing is followed from its first event on, also when that was before the reading', async () => {
  const world = new World();
  world.isReadable = false;
  void world.ledger.open('mainnet');
  await world.tick();
  world.trade('x', 0);
  await world.tick();
  const since = world.clock.unixMs();
  world.isReadable = true;
  await world.tick();
  await world.tick();
  assert.deepEqual(
    world.batches.flatMap(({ spans }) => spans),
    [{ topic: trades, since, until: null }],
  );
});

test('a store that fails when it is asked for the coverage does not know it', async () => {
  const { ledger } = new World();
  await ledger.open('mainnet');
  const failing = new GapLedger({
    book: new GapBook('n'),
    store: noLedgerStore,
    clock: new VirtualClock(),
    nonce: 'n',
    onGap: () => undefined,
    lastLineAt: () => null,
  });
  await failing.open('mainnet');
  assert.equal((await failing.coverage(unixMs(0), unixMs(1))).known, false);
  assert.equal((await ledger.coverage(unixMs(0), unixMs(1))).known, true);
});

test('of a topic that trades seldom the time of the line is written, again when it sees anew', async () => {
  const world = new World();
  await world.ledger.open('mainnet');
  world.book.onEvent(trade({ id: 'a', timestamp: T0, received_at: world.clock.unixMs() * 1_000 }), 1);
  world.clock.advance(5_000);
  const from = unixMs(world.clock.unixMs() - 5_000);
  const opened = gap({ gap_id: 'g-1', at: world.clock.unixMs() });
  world.ledger.gap(opened);
  await world.tick();
  world.clock.advance(20_000);
  const until = world.clock.unixMs();
  world.ledger.told({ type: 'status', status: 'subscribed', scope: 'topic', at: until, ...trades });
  await world.tick();
  assert.deepEqual(
    world.batches.flatMap(({ gaps }) => gaps.map(({ unseen }) => unseen)),
    [
      { from, until: null },
      { from, until },
    ],
  );
});

test('a run that was killed before it had told that it lives was last known to live when it last saw something', async () => {
  const clock = new VirtualClock();
  const [since, seen] = [unixMs(clock.unixMs() - 9_000), clock.unixMs() - 8_000];
  const followed = [{ topic: trades, since, until: null, place: { id: 'p', timestamp: seen } }];
  const world = new World({ gaps: [], followed, aliveUntil: unixMs(since - 5_000) });
  await world.ledger.open('mainnet');
  assert.deepEqual(
    world.told.map(({ at }) => at),
    [seen],
  );
});

test('how far a topic was seen before the ledger was read is written with it', async () => {
  const world = new World();
  world.trade('x', 0);
  void world.ledger.open('mainnet');
  world.ledger.tick();
  await world.tick(100);
  await world.tick(100);
  assert.deepEqual(world.places(), ['x']);
});
