/** A soak judges by a slope with its uncertainty: what grows is found, what only wavers is not blamed for ever. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import fc from 'fast-check';
import type { Held } from '../../bench/probe.ts';
import { growthOfCount, slopeOf } from '../../bin/soak/slope.ts';
import { judgeSoak, type Sample } from '../../bin/soak/verdict.ts';

const root = path.resolve(import.meta.dirname, '../..');

function held(megabytes: number, more: Partial<Held> = {}): Held {
  return {
    heapUsed: megabytes * 1e6,
    external: 1e6,
    rss: 2e8,
    resources: { TCPSocketWrap: 4 },
    listeners: 20,
    ...more,
  };
}

const RATE = 100;

/** A look every half minute, for half an hour. */
function samples(runner: (minutes: number) => Held): readonly Sample[] {
  return Array.from({ length: 61 }, (_, index) => ({
    minutes: index / 2,
    lines: index,
    frames: 30 * RATE * index,
    held: { runner: runner(index / 2), connector: held(15) },
  }));
}

/** Up and down by a tenth of a megabyte, without a direction. */
const wavering = (minutes: number): number => 30 + 0.1 * Math.sin(minutes * 7);

test('a line is found again in its points, whatever it is', () => {
  const figure = fc.double({ min: -1_000, max: 1_000, noNaN: true });
  fc.assert(
    fc.property(figure, figure, fc.integer({ min: 3, max: 100 }), (start, slope, count) => {
      const points = Array.from({ length: count }, (_, at) => ({ at, value: start + slope * at }));
      const found = slopeOf(points);
      assert.ok(Math.abs(found.slope - slope) < 1e-6);
      assert.ok(Math.abs(found.upper - slope) < 1e-6);
    }),
  );
});

test('the bound is the textbook one', () => {
  // Slope 0.6, standard error sqrt(2.4 / 3 / 10); t for 3 degrees of freedom is 3.182.
  const values = [2, 4, 5, 4, 5];
  const { slope, upper } = slopeOf(values.map((value, index) => ({ at: index + 1, value })));
  assert.ok(Math.abs(slope - 0.6) < 1e-9);
  assert.ok(Math.abs(upper - (0.6 + 3.182 * Math.sqrt(0.08))) < 0.01, String(upper));
});

test('too few points prove nothing', () => {
  assert.equal(
    slopeOf([
      { at: 0, value: 1 },
      { at: 1, value: 1 },
    ]).upper,
    Number.POSITIVE_INFINITY,
  );
});

test('memory that only wavers is not growth, and 6 MB an hour is', () => {
  assert.deepEqual(
    judgeSoak(
      samples((minutes) => held(wavering(minutes))),
      RATE,
    ).wrong,
    [],
  );
  const growing = judgeSoak(
    samples((minutes) => held(wavering(minutes) + minutes / 10)),
    RATE,
  );
  assert.equal(growing.wrong.length, 1);
  assert.match(growing.wrong[0] ?? '', /runner: heap and external memory may grow by up to 6\.\d MB\/h/);
});

test('a load that was not kept is told', () => {
  const still = samples(() => held(30));
  assert.deepEqual(judgeSoak(still, RATE / 0.96).wrong, []);
  assert.match(judgeSoak(still, RATE * 2).wrong.join(), /the exchange sent 100 frames\/s instead of 200/);
});

test('a handle or a listener more in the end than in the beginning is growth', () => {
  const leaky = judgeSoak(
    samples((minutes) =>
      held(30, { resources: { Timeout: 5 + Math.floor(minutes / 10) }, listeners: 20 + minutes }),
    ),
    RATE,
  );
  assert.match(leaky.wrong.join(), /runner: Timeout grew by 2/);
  assert.match(leaky.wrong.join(), /runner: the listeners grew by/);
  assert.equal(growthOfCount([4, 9, 4, 4, 4, 4]), 0, 'one that came and went is none');
  assert.equal(growthOfCount([4, 4, 5, 4, 5, 5, 5, 4, 5]), 0, 'nor one that comes and goes');
  assert.equal(growthOfCount([4, 4, 5, 4, 5, 5, 5, 6, 5]), 1);
});

test('it refuses what it does not know, before it starts anything', async () => {
  const program = path.join(root, 'bin/soak.ts');
  const { exitCode, stderr } = await execa(process.execPath, [program, '--minutes', '0'], { reject: false });
  assert.equal(exitCode, 64);
  assert.match(stderr, /--minutes must be a whole number from 1: 0/);
});
