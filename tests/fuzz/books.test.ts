/**
 * No wrong book is ever served as valid, and no right one is withheld: the whole way of a book against a naive oracle.
 *
 * Every run is a life of a book in which anything happens: frames lost, doubled, late, swapped, crossed, unreadable; snapshots in
 * between; restarts of the exchange, also such that are not announced; lost sockets.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BookWay, type Fault, faults } from './book-way.ts';
import { Dice, scaleOf } from './scale.ts';

/** One run; `odd` says how often something out of the ordinary happens. */
const life = fc.record({
  seed: fc.integer(),
  length: fc.integer({ min: 1, max: 40 }),
  odd: fc.integer({ min: 1, max: 12 }),
});

const shards = process.env['PROVE'] === '1' ? [' (1)', ' (2)', ' (3)', ' (4)', ' (5)'] : [''];

describe('a book that is served', () => {
  for (const way of ['connector', 'foreign'] as const) {
    const title = way === 'connector' ? 'through our connector' : 'of frames that nobody checked before';
    // Each shard has a seed of its own and stays below the time that a test may take.
    for (const shard of shards)
      it(`is the exchange's own, or is not valid: ${title}${shard}`, (t) => {
        const seen = { valid: 0, invalid: 0 };
        const met = new Set<Fault>();
        fc.assert(
          fc.property(life, ({ seed, length, odd }) => {
            const dice = new Dice(seed);
            const book = new BookWay(dice, way, dice.oneIn(16));
            const story: Fault[] = [];
            for (let count = 0; count < length; count += 1) {
              const fault = dice.oneIn(odd) ? dice.pick(faults) : 'none';
              story.push(fault);
              book.step(fault);
              const { valid, bids, asks, reason } = book.served;
              const truth = book.oracle.top();
              const told = `after ${story.join(', ')}: ${reason ?? 'valid'}`;
              if (valid)
                assert.ok(truth !== undefined, `valid, but the frames do not tell what it is, ${told}`);
              if (valid) seen.valid += 1;
              else seen.invalid += 1;
              if (truth === undefined) continue;
              assert.ok(valid, `withheld although nothing is missing, ${told}`);
              if (!isSame(bids, truth.bids) || !isSame(asks, truth.asks))
                assert.deepEqual({ bids, asks }, truth, told);
            }
            for (const fault of story) met.add(fault);
          }),
          scaleOf(t, { sample: 3_000, proof: 100_000 }),
        );
        t.diagnostic(
          `books looked at: ${seen.valid} valid, ${seen.invalid} not; 0 wrong ones served as valid`,
        );
        assert.deepEqual(
          faults.filter((fault) => !met.has(fault)),
          [],
          'every fault must happen',
        );
        assert.ok(Math.min(seen.valid, seen.invalid) > 5_000, JSON.stringify(seen));
      });
  }
});

type Levels = readonly (readonly [number, number])[];

/** The same as deepEqual, a hundred times as fast. */
function isSame(one: Levels, other: Levels): boolean {
  return (
    one.length === other.length &&
    one.every(([price, qty], index) => price === other[index]?.[0] && qty === other[index][1])
  );
}
