/** Sabotages of what is reckoned from the flow of trades, liquidations and books, and of the sweep detector. */
import type { Mutant } from './mutant.ts';

const tradeFlow = 'tests/runner/context/flow/trade-flow.test.ts';

export const flowMutants: readonly Mutant[] = [
  {
    name: 'cvd-takes-late-trades-now',
    promise: 'A trade that is told late changes the period of the CVD in which it happened.',
    file: 'runner/context/flow/cvd.ts',
    find: 'if (key !== undefined && key >= start) return index;',
    replace: 'if (this.rows.length > 0) return this.rows.length - 1;',
    tests: [tradeFlow],
  },
  {
    name: 'cvd-reset-into-the-past',
    promise: 'What was counted before a reset of the CVD by hand stays before it.',
    file: 'runner/context/flow/cvd.ts',
    find: 'Math.max(now, this.#newest + 1, ',
    replace: 'Math.max(now, ',
    tests: [tradeFlow],
  },
  {
    name: 'volume-delta-of-a-second-more',
    promise: 'A window of n seconds holds n seconds.',
    file: 'runner/context/flow/volume-delta.ts',
    find: 'this.#between(second - period + 1, second, end, period)',
    replace: 'this.#between(second - period, second, end, period)',
    tests: [tradeFlow],
  },
  {
    name: 'flow-whole-despite-a-gap',
    promise: 'A sum of trades says when a gap lies in its span.',
    file: 'runner/context/flow/seen-spans.ts',
    find: 'if (from <= gap.to && to >= gap.from) return false;',
    replace: '',
    tests: [tradeFlow],
  },
  {
    name: 'slot-keeps-its-sums',
    promise: 'A row of sums that takes the place of a forgotten one begins at zero.',
    file: 'runner/context/flow/sum-pairs.ts',
    find: 'for (const place of [2 * slot, 2 * slot + 1])',
    replace: 'for (const place of [2 * slot])',
    tests: [tradeFlow],
  },
  {
    name: 'liquidation-sides-swapped',
    promise: 'A buy liquidation is that of a long position.',
    file: 'runner/context/flow/liquidation-clusters.ts',
    find: "position === 'long'",
    replace: "position === 'short'",
    tests: ['tests/runner/context/flow/liquidation-clusters.test.ts'],
  },
  {
    name: 'regime-guesses-the-delta',
    promise: 'There is no regime while the delta of the day is not known.',
    file: 'runner/context/flow/regime.ts',
    find: 'poc === null || delta === null ||',
    replace: 'poc === null ||',
    tests: ['tests/runner/context/flow/regime.test.ts'],
  },
  {
    name: 'statistics-of-an-invalid-book',
    promise: 'A book that is not valid has no spread and no imbalance.',
    file: 'runner/context/flow/book-stats.ts',
    find: 'if (!valid) return { ...head, ...UNKNOWN };',
    replace: '',
    tests: ['tests/runner/context/flow/book-stats.test.ts'],
  },
];
