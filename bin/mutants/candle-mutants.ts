/** Sabotages of the candles that the runner builds from trades. */
import type { Mutant } from './mutant.ts';

const candles = 'tests/runner/context/candles.test.ts';

export const candleMutants: readonly Mutant[] = [
  {
    name: 'healed-trade-proves-listening',
    promise: 'A healed trade does not say since when everything was seen.',
    file: 'runner/context/candles.ts',
    find: 'this.#coveredFrom === Number.POSITIVE_INFINITY && isLive(trade)',
    replace: 'this.#coveredFrom === Number.POSITIVE_INFINITY',
    tests: [candles],
  },
  {
    name: 'first-candle-complete',
    promise: 'A candle that began before the first live trade is not complete.',
    file: 'runner/context/candles.ts',
    find: 'this.#coveredFrom = trade.timestamp + 1;',
    replace: 'this.#coveredFrom = 0;',
    tests: [candles],
  },
  {
    name: 'candles-closed-by-the-wall-clock-alone',
    promise: 'Setting our clock closes no candle that has not happened.',
    file: 'runner/context/exchange-clock.ts',
    find: 'Math.min(guess, now + this.#leadMs)',
    replace: 'Math.max(guess, now + this.#leadMs)',
    tests: ['tests/runner/context/exchange-clock.test.ts', 'tests/runner/app.test.ts'],
  },
  {
    name: 'candle-hides-its-gap',
    promise: 'A candle that holds a gap says that it is not complete.',
    file: 'runner/context/candles.ts',
    find: 'return !this.#holes.touch(candle.start, this.#endOf(candle));',
    replace: 'return true;',
    tests: [candles],
  },
  {
    name: 'candle-completed-by-the-archive',
    promise: 'A gap that an archive has closed leaves its candles incomplete: its trades do not come.',
    file: 'runner/context/trade-holes.ts',
    find: "state === 'healed' && healed_by !== 'archive'",
    replace: "state === 'healed' && healed_by !== 'klines'",
    tests: [candles, 'tests/runner/context/day/spans.test.ts'],
  },
  {
    name: 'lost-gap-never-ends',
    promise: 'A gap that is lost without an end ends with the next live trade.',
    file: 'runner/context/trade-holes.ts',
    find: "else if (state === 'lost' && to === null) {",
    replace: "else if (state === 'lost' && to === null && gap_id === '') {",
    tests: ['tests/runner/context/day/spans.test.ts', candles],
  },
  {
    name: 'late-trade-ends-a-lost-gap',
    promise: 'A trade from before a gap that is lost without an end does not end it.',
    file: 'runner/context/trade-holes.ts',
    find: 'if (from === undefined || timestamp < from) return undefined;',
    replace: 'if (from === undefined) return undefined;',
    tests: ['tests/runner/context/day/spans.test.ts'],
  },
];
