/** What a run of the runner writes of its gaps, and what the next one takes up; the store is a list in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredGap } from '../../../runner/ledger/changes.ts';
import type { GapEvent } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import { unixMs } from '../../../shared/time.ts';
import { gap, T0 } from '../intake/events.ts';
import { trades, World } from './ledger-world.ts';

test('nothing is written of gaps before the environment is known, and never of a replay', async () => {
  const world = new World();
  world.trade('a', 0);
  world.ledger.gap(gap());
  world.ledger.told({ type: 'status', status: 'ready', environment: 'mainnet', clock: 'replay' });
  world.ledger.told({ type: 'status', status: 'connected' });
  world.ledger.gap(gap({ gap_id: 'of the replay' }));
  await world.tick();
  assert.equal(world.batches.length, 0);
  world.ledger.told({ type: 'status', status: 'ready', environment: 'testnet', clock: 'live' });
  await new Promise(setImmediate);
  await world.tick();
  assert.deepEqual(
    world.batches.map(({ environment, gaps }) => [environment, gaps.length]),
    [['testnet', 1]],
  );
});

test('a topic is followed from its first event on; how far it was seen is written then, each 10 s, and at the stop', async () => {
  const world = new World();
  await world.ledger.open('mainnet');
  await world.tick();
  assert.deepEqual(
    world.batches.flatMap(({ spans }) => spans),
    [],
  );
  world.trade('a', 0);
  await world.tick();
  const since = world.clock.unixMs();
  assert.deepEqual(
    world.batches.flatMap(({ spans }) => spans),
    [{ topic: trades, since, until: null }],
  );
  assert.deepEqual(world.places(), ['a']);
  world.trade('b', 1);
  await world.tick();
  assert.deepEqual(world.places(), ['a']);
  await world.tick(10_000);
  assert.deepEqual(world.places(), ['a', 'b']);
  await world.tick(10_000);
  assert.deepEqual(world.places(), ['a', 'b'], 'it has not changed');
  world.trade('c', 2);
  await world.ledger.stop();
  assert.deepEqual(world.places(), ['a', 'b', 'c']);
  world.ledger.unfollow(trades);
  await world.ledger.stop();
  assert.deepEqual(world.batches.at(-1)?.spans, [{ topic: trades, since, until: world.clock.unixMs() }]);
});

test('a topic of trades is followed from its acknowledgement on, and its place is written as soon as there is one', async () => {
  const world = new World();
  await world.ledger.open('mainnet');
  await world.tick();
  const since = world.clock.unixMs();
  world.book.granted(
    { type: 'status', status: 'subscribed', scope: 'topic', ...trades, at: since },
    since,
    world.clock.monoMs(),
  );
  await world.tick();
  await world.tick(100);
  assert.deepEqual(
    world.batches.flatMap(({ spans }) => spans),
    [{ topic: trades, since, until: null }],
  );
  assert.deepEqual(world.places(), []);
  world.book.onGap(gap({ from: { id: 'before', timestamp: T0 } }), 1);
  await world.tick(100);
  assert.deepEqual(world.places(), ['before']);
  world.trade('a', 0);
  await world.tick(10_000);
  assert.deepEqual(world.places(), ['before', 'a']);
});

test('of a topic that was seen for the first time the next tick writes it, since the runner may be killed', async () => {
  const world = new World();
  await world.ledger.open('mainnet');
  await world.tick();
  world.trade('a', 0);
  await world.tick(100);
  assert.deepEqual([world.batches.flatMap(({ spans }) => spans).length, world.places()], [1, ['a']]);
});

test('until when the runner lived is written once a second, while a child says something', async () => {
  const world = new World();
  await world.ledger.open('mainnet');
  const alive = () => world.batches.flatMap(({ aliveUntil }) => (aliveUntil === null ? [] : [aliveUntil]));
  await world.tick();
  assert.deepEqual(alive(), []);
  for (let tenths = 0; tenths < 20; tenths += 1) {
    world.heard = world.clock.unixMs();
    await world.tick(100);
  }
  assert.equal(alive().length, 2);
  world.heard = world.clock.unixMs();
  world.clock.advance(1);
  world.heard = world.clock.unixMs();
  await world.tick(5_000);
  assert.equal(alive().length, 3, 'what was heard since');
  await world.tick(5_000);
  assert.equal(alive().length, 3, 'silence is no life');
});

test('after a crash each followed topic has a gap from its last place, and what is no longer wanted ended with the former run', async () => {
  const aliveUntil = unixMs(T0);
  const other: Topic = { ...trades, symbol: 'ETHUSDT' };
  const old: StoredGap = { run: 'before', gap: gap({ gap_id: 'g-1', ...other }), changedAt: aliveUntil };
  const world = new World({
    gaps: [old],
    followed: [
      { topic: trades, since: unixMs(T0 - 5), until: null, place: { id: 'p', timestamp: T0 - 1 } },
      { topic: other, since: unixMs(T0 - 5), until: null, place: null },
    ],
    aliveUntil,
  });
  await world.ledger.open('mainnet');
  assert.deepEqual(
    world.told.map(({ gap_id, cause, state, from, at }) => [gap_id, cause, state, from?.id, at]),
    [
      ['g-1', 'socket_lost', 'lost', 'a', T0],
      ['r-n-1', 'runner_stopped', 'open', 'p', T0],
    ],
  );
  for (const told of world.told) world.ledger.gap(told);
  await world.tick();
  assert.deepEqual(
    world.batches[0]?.gaps.map(({ run, gap: { gap_id } }) => [run, gap_id]),
    [
      ['before', 'g-1'],
      ['n', 'r-n-1'],
    ],
    'a gap of an earlier run stays that gap',
  );
  assert.deepEqual(world.batches[0]?.spans, [{ topic: other, since: T0 - 5, until: aliveUntil }]);
  world.trade('b', 1);
  await world.tick();
  assert.deepEqual(
    world.batches.flatMap(({ spans }) => spans).length,
    1,
    'a topic that both runs follow is followed on',
  );
});

test('the coverage counts what is stored and what is not yet, each topic in its newest state', async () => {
  const world = new World();
  await world.ledger.open('mainnet');
  world.trade('a', 0);
  await world.tick();
  const since = world.clock.unixMs();
  world.spans = [{ topic: trades, since, until: null }];
  world.clock.advance(1_000);
  world.ledger.unfollow(trades);
  world.clock.advance(1_000);
  const half = gap({ from: { id: 'x', timestamp: since }, to: { id: 'y', timestamp: since + 500 } });
  world.ledger.gap(half);
  const { total } = await world.ledger.coverage(since, unixMs(since + 9_000));
  assert.deepEqual(total, { followedMs: 1_000, livePercent: 50, percent: 50 });
});

test('the list has what is stored and what is not yet, each gap once and in its newest state', async () => {
  const world = new World();
  await world.ledger.open('mainnet');
  const at = (gap_id: string, seconds: number, more: Partial<GapEvent> = {}): GapEvent =>
    gap({ gap_id, at: T0 + seconds * 1_000, ...more });
  const stored = (told: GapEvent): StoredGap => ({ run: 'n', gap: told, changedAt: unixMs(T0) });
  world.stored = [stored(at('b', 2)), stored(at('a', 1))];
  world.ledger.gap(at('b', 2, { state: 'healed' }));
  world.ledger.gap(at('c', 3));
  const list = async (filter: object, limit = 10, after: { openedAt: number; id: string } | null = null) =>
    (await world.ledger.page(filter, limit, after)).rows.map(({ gap_id, state }) => `${gap_id} ${state}`);
  assert.deepEqual(await list({}), ['c open', 'b healed', 'a open']);
  assert.deepEqual(await list({ state: 'open' }), ['c open', 'a open']);
  assert.deepEqual((await world.ledger.page({}, 2, null)).next, { openedAt: T0 + 2_000, id: 'b' });
  assert.equal((await world.ledger.page({}, 3, null)).next, null);
  assert.deepEqual(await list({}, 10, { openedAt: T0 + 3_000, id: 'c' }), ['b healed', 'a open']);
  world.isReadable = false;
  world.trade('x', 0);
  world.book.childEnded(1, unixMs(T0));
  assert.deepEqual(await list({}), ['r-n-1 open'], 'this run alone, when the store cannot be read');
});
