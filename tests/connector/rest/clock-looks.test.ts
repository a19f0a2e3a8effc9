/** When the exchange's clock is looked at, and which look is believed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClockLooks } from '../../../connector/rest/clock-looks.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { monoMs } from '../../../shared/time.ts';

const policy = scaledPolicy(1).clock;

class World {
  readonly looks = new ClockLooks(policy);
  now = 1_000;

  /** Takes the look that is due and answers it; false when none is due. */
  look(offsetMs?: number, errorMs = 10): boolean {
    const look = this.looks.take(monoMs(this.now));
    if (look === undefined) return false;
    this.looks.taken(look, offsetMs === undefined ? undefined : { offsetMs, errorMs }, monoMs(this.now));
    return true;
  }

  best(): string {
    const best = this.looks.best(monoMs(this.now));
    return best === undefined ? 'unknown' : `${best.offsetMs} within ${best.errorMs.toFixed(1)}`;
  }
}

/** Of a minute, in which seconds it was looked. */
function lookedAt(world: World, offsetMs?: number): readonly number[] {
  const seconds: number[] = [];
  for (let second = 0; second < 60; second += 1) {
    if (world.look(offsetMs)) seconds.push(second);
    world.now += 1_000;
  }
  return seconds;
}

describe('the looks at the clock', () => {
  it('are five in the first seconds, then one every ten seconds; also while nobody answers', () => {
    const seconds = [0, 1, 2, 3, 4, 14, 24, 34, 44, 54];
    assert.deepEqual(lookedAt(new World(), 3), seconds);
    assert.deepEqual(lookedAt(new World()), seconds);
  });

  it('are never two at once', () => {
    const { looks } = new World();
    const look = looks.take(monoMs(1_000));
    assert.ok(look);
    assert.equal(looks.take(monoMs(100_000)), undefined);
    looks.taken(look, undefined, monoMs(100_000));
    assert.ok(looks.take(monoMs(100_000)));
  });

  it('are as many as at the start after a sleep, and what was under way then says nothing', () => {
    const world = new World();
    world.look(5);
    world.now += 1_000;
    const before = world.looks.take(monoMs(world.now));
    assert.ok(before);
    world.looks.forget();
    assert.equal(world.best(), 'unknown');
    assert.deepEqual(lookedAt(world).slice(0, 5), [0, 1, 2, 3, 4]);
    world.looks.taken(before, { offsetMs: 7, errorMs: 1 }, monoMs(world.now));
    assert.equal(world.best(), 'unknown');
  });
});

describe('what is believed', () => {
  it('is nothing before the first answer', () => {
    const world = new World();
    assert.equal(world.best(), 'unknown');
    world.look();
    assert.equal(world.best(), 'unknown');
  });

  it('is the surest look, which gets less sure with time', () => {
    const world = new World();
    const samples: readonly (readonly [number, number])[] = [
      [20, 40],
      [3, 8],
      [12, 30],
    ];
    for (const [offset, error] of samples) {
      world.look(offset, error);
      world.now += 1_000;
    }
    assert.equal(world.best(), '3 within 8.4');
    world.now += 100_000;
    assert.equal(world.best(), '3 within 28.4');
    world.look(15, 28);
    assert.equal(world.best(), '15 within 28.0');
  });

  it('is nothing again when no look of the last five minutes was answered', () => {
    const world = new World();
    world.look(3);
    world.now += 299_999;
    assert.notEqual(world.best(), 'unknown');
    world.now += 1;
    assert.equal(world.best(), 'unknown');
  });

  it('is the newest alone when it cannot be true together with what was seen before: our clock was set', () => {
    const world = new World();
    world.look(3, 5);
    world.now += 10_000;
    world.look(-900, 60);
    assert.equal(world.best(), '-900 within 60.0');
  });
});
