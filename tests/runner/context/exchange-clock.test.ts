import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ExchangeClock } from '../../../runner/context/exchange-clock.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';
import { status, T0 } from '../intake/events.ts';

const HOUR = 3_600_000;

type Step =
  | { readonly kind: 'pass' | 'set' | 'event'; readonly ms: number }
  | { readonly kind: 'heartbeat' | 'noticed' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(120_000) }),
    fc.record({ kind: fc.constant('set' as const), ms: fc.integer({ min: -HOUR, max: HOUR }) }),
    fc.record({ kind: fc.constant('event' as const), ms: fc.nat(3_000) }),
    fc.record({ kind: fc.constantFrom('heartbeat' as const, 'noticed' as const) }),
  ),
  { maxLength: 40 },
);

/** An exchange whose time is known to the test, and our two clocks. */
class World {
  readonly clock = new ExchangeClock();
  exchange = T0;
  #mono = 5_000;
  #wall = T0;

  step(step: Step): void {
    switch (step.kind) {
      case 'pass':
        this.exchange += step.ms;
        this.#mono += step.ms;
        this.#wall += step.ms;
        return;
      case 'set':
        this.#wall += step.ms;
        return;
      case 'event':
        this.clock.heard(this.exchange - step.ms, monoMs(this.#mono), unixMs(this.#wall));
        return;
      case 'heartbeat':
        this.clock.told(status('heartbeat', { clock_offset_ms: this.#wall - this.exchange }));
        return;
      case 'noticed':
        this.clock.forgetOffset();
        return;
    }
  }

  get proven(): number {
    return this.clock.proven(monoMs(this.#mono), unixMs(this.#wall));
  }

  get guess(): number {
    return this.clock.now(unixMs(this.#wall));
  }
}

describe('the clock of the exchange', () => {
  it('never proves a time that has not come, however our clock is set', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const world = new World();
        for (const step of history) {
          world.step(step);
          assert.ok(world.proven <= world.exchange);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('proves the time that has passed since an event, without a further one', () => {
    const world = new World();
    assert.ok(world.proven < 0, 'nothing is proven before the first event');
    world.step({ kind: 'event', ms: 2_000 });
    world.step({ kind: 'pass', ms: 1_000 });
    world.step({ kind: 'event', ms: 40 });
    world.step({ kind: 'event', ms: 900 });
    world.step({ kind: 'pass', ms: HOUR });
    assert.equal(world.proven, world.exchange - 40);
  });

  it('is not led by an event from the future', () => {
    const world = new World();
    world.step({ kind: 'event', ms: -HOUR });
    world.step({ kind: 'event', ms: 10 });
    world.step({ kind: 'set', ms: HOUR });
    assert.equal(world.proven, world.exchange - 10);
  });

  it('goes by our own clock while the offset is unknown', () => {
    const world = new World();
    world.step({ kind: 'set', ms: -HOUR });
    world.step({ kind: 'heartbeat' });
    assert.equal(world.guess, world.exchange);
    assert.equal(world.clock.offsetMs, -HOUR);
    world.clock.told(status('connected'));
    assert.equal(world.clock.offsetMs, -HOUR, 'only a heartbeat speaks of it');
    world.clock.told(status('heartbeat'));
    assert.deepEqual([world.clock.offsetMs, world.guess], [null, world.exchange - HOUR]);
    world.step({ kind: 'heartbeat' });
    world.step({ kind: 'noticed' });
    assert.equal(world.clock.offsetMs, null);
  });
});
