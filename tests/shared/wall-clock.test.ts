/** The wall clock in microseconds, made of looks at a clock that cuts off what is below a millisecond. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../shared/io/clock.ts';
import { WallClock } from '../../shared/wall-clock.ts';

const HOUR = 3_600_000;

/** A machine: what its wall clock truly is, what it says of that, and a wall clock of ours that looks at it. */
class Machine {
  mono = 0;
  wall = 1_750_000_000_000.625;
  readonly clock: WallClock;

  constructor(firstErrorMs = 0) {
    this.clock = new WallClock({ wallMs: this.wall + firstErrorMs, monoMs: 0 }, 2_000);
  }

  /** `speed`: how fast the wall clock goes against the monotonic one. */
  advance(ms: number, speed = 1): void {
    this.mono += ms;
    this.wall += ms * speed;
  }

  /** Answers the drift, if it looked. */
  look(): number {
    if (!this.clock.needsAnchor(this.mono)) return 0;
    return this.clock.anchor({ wallMs: Math.floor(this.wall), monoMs: this.mono });
  }

  /** How far ours is off, microseconds. */
  error(): number {
    return this.clock.micros(this.mono) - this.wall * 1_000;
  }
}

/** Looks at no fixed place within a millisecond. */
const uneven = (index: number): number => 10 + ((index * 0.618_034) % 1) * 7;

describe('the wall clock in microseconds', () => {
  it('is right to two microseconds from the first reading on, although looks tell whole milliseconds', () => {
    const machine = new Machine();
    for (let index = 0; index < 500; index += 1) {
      machine.advance(uneven(index));
      assert.equal(machine.look(), 0);
      assert.ok(Math.abs(machine.error()) <= 2, `${machine.error()}`);
    }
  });

  it('finds the truth to some tens of microseconds within 2 s where it began anywhere', () => {
    for (const firstErrorMs of [-0.9, 0.9, -300, 300]) {
      const machine = new Machine(firstErrorMs);
      for (let index = 0; index < 160; index += 1) {
        machine.advance(uneven(index));
        machine.look();
      }
      machine.advance(1_000);
      assert.ok(Math.abs(machine.error()) < 50, `${firstErrorMs}: ${machine.error()}`);
    }
  });

  it('follows a clock that NTP slews by 500 millionths, and calls that no jump', () => {
    for (const speed of [1 - 500e-6, 1 + 500e-6]) {
      const machine = new Machine();
      let worst = 0;
      for (let index = 0; index < 5_000; index += 1) {
        machine.advance(uneven(index), speed);
        assert.ok(Math.abs(machine.look()) < 0.5);
        worst = Math.max(worst, Math.abs(machine.error()));
      }
      assert.ok(worst < 400, `${worst}`);
    }
  });

  it('tells how far the clock was set, or how long the machine slept, to a millisecond', () => {
    for (const step of [50, 1_000, 60_000, HOUR, -50, -1_000, -60_000, -HOUR]) {
      const machine = new Machine();
      machine.advance(15);
      machine.wall += step;
      assert.ok(Math.abs(machine.look() - step) <= 1);
      machine.advance(15);
      assert.ok(Math.abs(machine.look()) <= 1, 'once');
    }
  });

  it('never runs backwards when it is corrected: it stands until the clock has caught up', () => {
    const machine = new Machine();
    machine.advance(20);
    const before = machine.clock.micros(machine.mono);
    machine.wall -= 1_000;
    machine.look();
    assert.equal(machine.clock.micros(machine.mono), before);
    machine.advance(500);
    machine.look();
    assert.equal(machine.clock.micros(machine.mono), before);
    machine.advance(501);
    assert.ok(machine.clock.micros(machine.mono) > before);
    assert.ok(Math.abs(machine.error()) <= 1_000);
  });

  it('never runs backwards, whatever the clock does short of being set back by more than 2 s', () => {
    const move = fc.record({
      // At least a look apart: two steps between two looks are one, which may be of more than 2 s.
      ms: fc.double({ min: 20, max: 5_000, noNaN: true }),
      step: fc.oneof(fc.constant(0), fc.double({ min: -1_998, max: 1e7, noNaN: true })),
    });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 50, size: 'max' }), (moves) => {
        const machine = new Machine();
        let last = 0;
        for (const { ms, step } of moves) {
          machine.advance(ms);
          machine.wall += step;
          machine.look();
          const micros = machine.clock.micros(machine.mono);
          assert.ok(micros >= last);
          last = micros;
        }
      }),
    );
  });

  it('follows a clock that was set back by more, instead of standing still for an hour', () => {
    const machine = new Machine();
    machine.advance(20);
    machine.clock.micros(machine.mono);
    machine.wall -= HOUR;
    machine.look();
    assert.ok(Math.abs(machine.error()) <= 1_000);
  });
});

describe('the clock of the system', () => {
  it('tells the wall clock between two of its own looks at it, and not a whole millisecond of it', () => {
    const clock = systemClock(2_000, () => undefined);
    const fractions = new Set<number>();
    for (let looks = 0; looks < 2_000; looks += 1) {
      const before = Date.now();
      const micros = clock.unixMicros();
      const after = Date.now();
      // The wall clock cuts off up to a millisecond, and ours may be off by some tens of microseconds.
      assert.ok(
        micros >= before * 1_000 - 500 && micros <= (after + 1) * 1_000 + 500,
        `${before} ${micros} ${after}`,
      );
      fractions.add(micros % 1_000);
    }
    assert.ok(fractions.size > 5);
  });
});
