/** Sabotages of what is promised about symbols: who is listened to, and on what grounds one is given up. */
import type { Mutant } from './mutant.ts';

const desk = 'tests/runner/symbols/symbol-desk.test.ts';

export const symbolMutants: readonly Mutant[] = [
  {
    name: 'unreadable-row-takes-symbol-off',
    promise: 'A symbol whose row could not be read is not given up.',
    file: 'runner/symbols/filter-answers.ts',
    find: 'const stays = hasHoles ? new Set(unlisted) : new Set<string>();',
    replace: 'const stays = new Set<string>();',
    tests: [desk],
  },
  {
    name: 'short-list-believed-at-once',
    promise: 'A list that lacks a tenth of the market is believed only when a second one says the same.',
    file: 'runner/symbols/filter-answers.ts',
    find: 'return unlisted > Math.max(3, before / 10);',
    replace: 'return unlisted > before;',
    tests: [desk],
  },
];
