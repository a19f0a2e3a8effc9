import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockReport } from '../../../connector/rest/clock-report.ts';
import type { ClockSample } from '../../../connector/rest/market-rest.ts';
import { fail, ok, type Result } from '../../../shared/errors.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { unixMicros } from '../../../shared/time.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

class World {
  readonly clock = new VirtualClock();
  answer: Result<ClockSample> = ok({ offsetMs: 3.00049, errorMs: 8 });
  asked = 0;
  readonly report: ClockReport;

  constructor(hasRest = true) {
    const rest = {
      clock: () => {
        this.asked += 1;
        return Promise.resolve(this.answer);
      },
    };
    this.report = new ClockReport(scaledPolicy(1).clock, this.clock, hasRest ? rest : undefined);
  }

  /** A frame that took 40 ms, by our clock. */
  frame(): void {
    const sent = this.clock.unixMs() - 40;
    this.report.frames.seen(unixMicros(this.clock.unixMs() * 1_000), sent, this.clock.monoMs());
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    this.report.tick(this.clock.monoMs());
    await new Promise((resolve) => setImmediate(resolve));
  }

  fields() {
    return this.report.fields(this.clock.monoMs());
  }
}

test('round trips are told with their error, and not the bound of the frames', async () => {
  const world = new World();
  world.frame();
  assert.deepEqual(world.fields(), { clock_offset_ms: 40 });
  await world.pass(100);
  assert.deepEqual(world.fields(), { clock_offset_ms: 3, clock_error_ms: 8 });
});

test('where nobody answers the frames tell what they can, without an error', async () => {
  for (const world of [new World(), new World(false)]) {
    world.answer = fail('request_failed', 'gone');
    assert.deepEqual(world.fields(), {});
    await world.pass(100);
    world.frame();
    assert.deepEqual(world.fields(), { clock_offset_ms: 40 });
  }
});

for (const step of [50, -50, 1_000, -1_000, 3_600_000]) {
  test(`a clock that is set by ${step} ms is noticed by itself, and what was known before is not told again`, async () => {
    const world = new World();
    world.frame();
    await world.pass(100);
    world.clock.setWall(step);
    world.answer = fail('request_failed', 'gone');
    await world.pass(100);
    assert.deepEqual([world.fields(), world.asked], [{}, 2]);
    world.answer = ok({ offsetMs: 3 + step, errorMs: 8 });
    await world.pass(scaledPolicy(1).clock.lookAtStartEveryMs);
    assert.deepEqual(world.fields(), { clock_offset_ms: 3 + step, clock_error_ms: 8 });
  });
}

test('a clock that is slewed is not one that was set', async () => {
  const world = new World();
  await world.pass(100);
  for (let ticks = 0; ticks < 50; ticks += 1) {
    world.clock.setWall(1);
    await world.pass(100);
    assert.deepEqual(world.fields().clock_error_ms !== undefined, true);
  }
});

test('a clock that was set makes both worthless, and is looked at again at once', async () => {
  const world = new World();
  world.frame();
  await world.pass(100);
  world.report.forget();
  assert.deepEqual(world.fields(), {});
  await world.pass(1);
  assert.equal(world.asked, 2);
  assert.deepEqual(world.fields(), { clock_offset_ms: 3, clock_error_ms: 8 });
});
