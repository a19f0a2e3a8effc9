import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WriteBatch } from '../../../runner/ledger/changes.ts';
import { WriteQueue } from '../../../runner/ledger/write-queue.ts';
import type { Result } from '../../../shared/errors.ts';
import { unixMs } from '../../../shared/time.ts';
import { deathOf } from '../../helpers/deaths.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';
import { bitcoin, gap, T0 } from '../intake/events.ts';

/** A queue whose writes the test answers. */
class World {
  readonly clock = new VirtualClock();
  readonly batches: WriteBatch[] = [];
  readonly queue: WriteQueue;
  #answer: (result: Result<undefined, string>) => void = () => assert.fail('nothing was sent');

  constructor(limits?: { gaps: number; deaths: number }) {
    const write = (batch: WriteBatch): Promise<Result<undefined, string>> => {
      this.batches.push(batch);
      return new Promise((resolve) => {
        this.#answer = resolve;
      });
    };
    this.queue = new WriteQueue(write, 'n', limits);
    this.queue.openFor('mainnet');
  }

  put(id: string, state: 'open' | 'healed' = 'open'): void {
    this.queue.gap({ run: 'n', gap: gap({ gap_id: id, state }), changedAt: unixMs(T0) });
  }

  flush(afterMs = 0): this {
    this.clock.advance(afterMs);
    this.queue.flush(this.clock.monoMs());
    return this;
  }

  async answer(result: Result<undefined, string> = { ok: true, value: undefined }): Promise<void> {
    this.#answer(result);
    await new Promise(setImmediate);
  }

  fault(): string | null {
    return this.queue.fault(this.clock.monoMs());
  }

  /** The gaps of the last batch. */
  sent(): string[] | undefined {
    return this.batches.at(-1)?.gaps.map(({ gap: { gap_id, state } }) => `${gap_id} ${state}`);
  }
}

test('what changes in one turn is one batch, with the newest state of each; one is on its way at a time', async () => {
  const world = new World();
  world.flush();
  assert.equal(world.batches.length, 0, 'nothing to write');
  world.put('a');
  world.put('b');
  world.put('a', 'healed');
  world.queue.place({ channel: 'trades', ...bitcoin }, { id: 'x', timestamp: T0 });
  world.queue.death(deathOf('silent'));
  world.flush();
  assert.deepEqual(world.sent(), ['b open', 'a healed']);
  assert.deepEqual([world.batches[0]?.places.length, world.batches[0]?.deaths.length], [1, 1]);
  world.put('c');
  world.flush();
  assert.equal(world.batches.length, 1);
  assert.equal(world.queue.unwrittenGaps().length, 3, 'what the disk has not confirmed is not written');
  await world.answer();
  assert.equal(world.queue.unwrittenGaps().length, 1);
  assert.deepEqual(world.flush().sent(), ['c open']);
});

test('a batch that fails is kept and tried again each second, and what changed meanwhile wins', async () => {
  const world = new World();
  world.put('a');
  world.put('b');
  world.queue.death(deathOf('silent'));
  world.flush();
  world.put('a', 'healed');
  await world.answer({ ok: false, failure: 'the disk is full' });
  assert.match(world.fault() ?? '', /the disk is full.*3 changes wait/);
  world.flush(999);
  assert.equal(world.batches.length, 1);
  assert.deepEqual(world.flush(1).sent(), ['a healed', 'b open']);
  assert.deepEqual(world.batches[1]?.deaths, world.batches[0]?.deaths);
  await world.answer();
  assert.equal(world.fault(), null);
});

test('a disk that does not answer is told', async () => {
  const world = new World();
  world.put('a');
  world.flush();
  world.clock.advance(5_000);
  assert.equal(world.fault(), null);
  world.clock.advance(1);
  assert.match(world.fault() ?? '', /has not confirmed a write for 5 s/);
  await world.answer();
  assert.equal(world.fault(), null);
});

test('past its limits the oldest go and are counted', async () => {
  const world = new World({ gaps: 2, deaths: 1 });
  for (const id of ['a', 'b', 'c']) world.put(id);
  world.queue.death(deathOf('silent', 1));
  world.queue.death(deathOf('silent', 2));
  assert.equal(world.queue.dropped, 2);
  world.flush();
  assert.deepEqual(world.sent(), ['b open', 'c open']);
  assert.equal(world.batches[0]?.deaths[0]?.death.at, deathOf('silent', 2).at);
  world.put('d');
  await world.answer({ ok: false, failure: 'no' });
  assert.equal(world.queue.dropped, 3);
  assert.match(world.fault() ?? '', /and 3 were given up/);
});

test('deaths do not wait for the environment, gaps do', async () => {
  const batches: WriteBatch[] = [];
  const queue = new WriteQueue(async (batch) => {
    batches.push(batch);
    return { ok: true, value: undefined };
  }, 'n');
  const now = new VirtualClock().monoMs();
  queue.gap({ run: 'n', gap: gap(), changedAt: unixMs(T0) });
  queue.death(deathOf('silent'));
  await queue.drain(now);
  assert.deepEqual(
    batches.map(({ environment, gaps, deaths }) => [environment, gaps.length, deaths.length]),
    [[null, 0, 1]],
  );
  queue.openFor('testnet');
  await queue.drain(now);
  assert.deepEqual(
    batches.slice(1).map(({ environment, gaps, deaths }) => [environment, gaps.length, deaths.length]),
    [['testnet', 1, 0]],
  );
});

test('draining sends what came while a batch was on its way', async () => {
  const world = new World();
  world.put('a');
  world.flush();
  world.put('b');
  const drained = world.queue.drain(world.clock.monoMs());
  await world.answer();
  assert.deepEqual(world.sent(), ['b open']);
  await world.answer();
  await drained;
  assert.deepEqual(world.queue.unwrittenGaps(), []);
});
