/** The runner's own judgement of silence: as sharp at the second fault as at the first, and not taught by what was no pause. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Context } from '../../../runner/context/context.ts';
import type { TowlineEvent } from '../../../shared/events/event.ts';
import type { Topic } from '../../../shared/market.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';
import { bitcoin, depth, status, T0 } from '../intake/events.ts';

const book: Topic = { channel: 'depth', depth: 50, ...bitcoin };

class World {
  readonly context = new Context(
    { wanted: [book], freshness: scaledPolicy().freshness, tapeCapacity: 100 },
    { onBookBroken: () => undefined, onCandle: () => undefined },
  );
  #now = 0;
  #id = 1;

  apply(event: TowlineEvent): this {
    this.context.apply(event, monoMs(this.#now), unixMs(T0 + this.#now));
    return this;
  }

  pass(ms: number): this {
    this.#now += ms;
    return this;
  }

  snapshot(): this {
    this.#id += 1_000;
    return this.apply(depth({ last_update_id: this.#id }));
  }

  /** A delta each 100 ms. */
  flow(ms: number): this {
    for (let passed = 0; passed < ms; passed += 100) {
      this.#id += 1;
      this.pass(100).apply(depth({ action: 'delta', last_update_id: this.#id, bids: [], asks: [] }));
    }
    return this;
  }

  get reason(): string | null | undefined {
    return this.context.bookOf(bitcoin, 50, monoMs(this.#now))?.reason;
  }
}

describe('the silence of a book, as the runner judges it', () => {
  it('is noticed within 15 s each time, also of a child that says nothing of it', () => {
    const world = new World().snapshot().flow(10_000);
    for (let episode = 1; episode <= 4; episode += 1) {
      world.pass(10_000);
      assert.match(world.reason ?? '', /^nothing for 10000 ms, normal is up to/, `episode ${episode}`);
      world.pass(26_000).flow(45_000);
      assert.equal(world.reason, null);
    }
  });

  it('is noticed within 15 s each time of a child that tells it, too', () => {
    const world = new World().snapshot().flow(10_000);
    for (let episode = 1; episode <= 4; episode += 1) {
      world.pass(10_000);
      assert.match(world.reason ?? '', /^nothing for 10000 ms, normal is up to/, `episode ${episode}`);
      world
        .apply(status('stale', { ...book, reason: 'mute' }))
        .pass(26_000)
        .snapshot()
        .flow(45_000);
      assert.equal(world.reason, null);
    }
  });

  it('is no alarm while the child says that nothing happens in the market', () => {
    const world = new World().snapshot().flow(60_000);
    for (let calm = 0; calm < 5; calm += 1)
      world.pass(4_000).apply(status('flowing', { ...book, reason: 'nothing was traded meanwhile' }));
    assert.equal(world.pass(4_000).reason, null);
    assert.match(world.pass(2_000).reason ?? '', /^nothing for 26000 ms/);
  });

  it('is judged after 5 minutes before its pace is known', () => {
    const world = new World().snapshot().flow(1_000).pass(300_000);
    assert.equal(world.reason, null);
    assert.match(world.pass(1).reason ?? '', /^nothing for 300001 ms; its pace is not known yet/);
  });

  it('grows with a child that finds a lone slow book silent and opens a new socket each time', () => {
    const world = new World().snapshot().flow(10_000);
    for (let round = 0; round < 5; round += 1) {
      const limit = Number(/up to (\d+) ms/.exec(world.pass(600_000).reason ?? '')?.[1]);
      assert.ok(
        round === 0 ? limit === 5_000 : limit > 5_000 * 1.9 ** (round - 1),
        `round ${round}: ${limit}`,
      );
      world
        .apply(status('stale', { ...book, reason: 'mute' }))
        .apply(status('disconnected', { category: 'linear' }))
        .apply(status('connected', { category: 'linear' }))
        .snapshot();
    }
  });

  for (const { name, interrupt } of [
    {
      name: 'a lost socket',
      interrupt: (world: World) => world.apply(status('disconnected', { category: 'linear' })),
    },
    { name: 'a resync', interrupt: (world: World) => world.apply(status('resync', { ...book })) },
    {
      name: 'the end of the child',
      interrupt: (world: World) => {
        world.context.childEnded();
        return world;
      },
    },
  ]) {
    it(`is judged as before after ${name}, however long the snapshot took`, () => {
      const world = new World().snapshot().flow(10_000);
      interrupt(world).pass(4_500).snapshot().flow(1_000).pass(5_001);
      assert.equal(world.reason, 'nothing for 5001 ms, normal is up to 5000 ms');
    });
  }
});
