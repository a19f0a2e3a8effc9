/** Sabotages of the backtest. */
import type { Mutant } from './mutant.ts';

const outcomes = 'tests/backtest/outcomes.test.ts';
const playback = 'tests/backtest/playback.test.ts';
const report = 'tests/backtest/report.test.ts';
const command = 'tests/backtest/command.test.ts';

export const backtestMutants: readonly Mutant[] = [
  {
    name: 'target-must-be-passed',
    promise: 'A stop or target that a later trade touches ends a signal.',
    file: 'backtest/outcomes.ts',
    find: 'if (price > this.#lower && price < this.#upper) return;',
    replace: 'if (price >= this.#lower && price <= this.#upper) return;',
    tests: [outcomes],
  },
  {
    name: 'outcome-through-a-gap',
    promise: 'What was not seen makes the outcome of a signal unknown.',
    file: 'backtest/playback.ts',
    find: 'this.#watcher.onGap();',
    replace: '',
    tests: [playback],
  },
  {
    name: 'signals-at-the-next-second',
    promise: 'A signal of a replay has the time of what caused it.',
    file: 'backtest/playback.ts',
    find: 'app.dispatch(trade);\n    this.#world.settle();',
    replace: 'app.dispatch(trade);',
    tests: [playback],
  },
  {
    name: 'gap-ends-with-any-trade',
    promise: 'A gap of stored history lasts until trades are covered again.',
    file: 'backtest/playback.ts',
    find: 'this.#openGap !== undefined && this.#isOver(at)',
    replace: 'this.#openGap !== undefined',
    tests: [playback],
  },
  {
    name: 'gaps-of-a-manifest-forgotten',
    promise: 'What a manifest says to be missing is missing.',
    file: 'backtest/coverage.ts',
    find: 'without(span, day.gaps)',
    replace: '[span]',
    tests: [report],
  },
  {
    name: 'words-of-a-strategy-in-the-page',
    promise: 'Whatever a strategy says stays a text in the page.',
    file: 'backtest/page-data.ts',
    find: ".replaceAll('<', '\\\\u003c')",
    replace: '',
    tests: [report],
  },
  {
    name: 'backtest-with-what-there-is',
    promise: 'Missing trades are refused unless they are allowed.',
    file: 'backtest/io/run-backtest.ts',
    find: '(allowGaps && !isNothing)',
    replace: '!isNothing',
    tests: [command],
  },
  {
    name: 'backtest-shows-secrets',
    promise: 'A strategy in a backtest sees no secrets in its environment.',
    file: 'backtest/main.ts',
    find: 'delete process.env[secret];',
    replace: 'void secret;',
    tests: [command],
  },
  {
    name: 'backtest-of-a-cache-that-is-off',
    promise: 'A cache that is switched off is not replayed unless its folder is named.',
    file: 'backtest/options.ts',
    find: '!isEnabled && flags.cache === undefined',
    replace: '!isEnabled && false',
    tests: ['tests/backtest/options.test.ts'],
  },
];
