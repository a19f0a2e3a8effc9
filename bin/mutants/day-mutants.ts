/** Sabotages of exact sums, and of the levels of a day that are made from them. */
import type { Mutant } from './mutant.ts';

const exactSum = 'tests/shared/exact/exact-sum.test.ts';
const decimal = 'tests/shared/exact/decimal.test.ts';
const binSize = 'tests/runner/context/day/bin-size.test.ts';
const valueArea = 'tests/runner/context/day/value-area.test.ts';
const profile = 'tests/runner/context/day/profile.test.ts';
const volumes = 'tests/runner/context/day/price-volumes.test.ts';
const tradeSums = 'tests/runner/context/day/trade-sums.test.ts';
const join = 'tests/runner/context/day/join.test.ts';
const days = 'tests/runner/context/day/instrument-days.test.ts';
const spans = 'tests/runner/context/day/spans.test.ts';

export const dayMutants: readonly Mutant[] = [
  {
    name: 'sum-forgets-what-a-double-could-not-hold',
    promise: 'A sum stays exact when it outgrows a double.',
    file: 'shared/exact/sum-table.ts',
    find: 'this.#addLimbs(slot, limbsBefore + limbs);',
    replace: 'this.#addLimbs(slot, limbs);',
    tests: [exactSum],
  },
  {
    name: 'nearly-the-same-decimal',
    promise: 'A number stands for exactly what its shortest text says.',
    file: 'shared/exact/decimal.ts',
    find: 'scaled / power === value)',
    replace: 'Math.abs(scaled / power - value) < 1e-9)',
    tests: [decimal],
  },
  {
    name: 'ties-rounded-up',
    promise: 'A quotient that lies in the middle is rounded to the even digit.',
    file: 'shared/exact/quotient.ts',
    find: '(twiceRest === divisor && quotient % 2n === 1n)',
    replace: 'twiceRest === divisor',
    tests: [decimal],
  },
  {
    name: 'bin-edge-drifts',
    promise: 'The edge of a bin is the decimal that it is: 0.3, not 0.30000000000000004.',
    file: 'runner/context/day/bin-size.ts',
    find: 'return edge / tenTo(size.decimals);',
    replace: 'return index * (size.mantissa / tenTo(size.decimals));',
    tests: [binSize, days],
  },
  {
    name: 'value-area-grows-up-on-ties',
    promise: 'A value area grows down when both neighbours have the same volume.',
    file: 'runner/context/day/value-area.ts',
    find: 'isMore(above, below))',
    replace: '!isMore(below, above))',
    tests: [valueArea],
  },
  {
    name: 'bins-by-the-price-as-told',
    promise: 'Bins are as wide as the tick, also when it becomes known after the trades.',
    file: 'runner/context/day/price-volumes.ts',
    find: 'visit(isUnit ? key : regrouped(key, this.#unit, size), slot);',
    replace: 'visit(key, slot);',
    tests: [tradeSums],
  },
  {
    name: 'opening-range-holds-its-end',
    promise: 'A trade at 08:10:00.000 is not in the opening range.',
    file: 'runner/context/day/trade-sums.ts',
    find: 'inDay < OPENING_RANGE_END_MS',
    replace: 'inDay <= OPENING_RANGE_END_MS',
    tests: [days],
  },
  {
    name: 'trades-ahead-of-our-clock-leave-no-trace',
    promise: 'A day of which trades were left out, since our clock was behind, is not exact.',
    file: 'runner/context/day/instrument-days.ts',
    find: 'this.#leaveOut(timestamp);',
    replace: '',
    tests: [days],
  },
  {
    name: 'left-out-of-tomorrow-forgotten-at-midnight',
    promise: 'Trades that were left out before their day began make that day approximate.',
    file: 'runner/context/day/instrument-days.ts',
    find: 'if (ahead !== undefined) state.leaveOut(ahead);',
    replace: '',
    tests: [days],
  },
  {
    name: 'early-trades-twice',
    promise: 'A trade that was told before stored trades of its time came is counted once.',
    file: 'runner/context/day/day-state.ts',
    find: 'this.#sums.remove(trade);',
    replace: '',
    tests: [join],
  },
  {
    name: 'feed-whole-in-its-first-millisecond',
    promise: 'Of the millisecond of the first live trade others may have been missed.',
    file: 'runner/context/day/live-coverage.ts',
    find: 'this.#cut = timestamp + 1;',
    replace: 'this.#cut = timestamp;',
    tests: [spans],
  },
  {
    name: 'kline-counts-trades-again',
    promise: 'A kline stands in for what is left of its minute beside the trades that were seen.',
    file: 'runner/context/day/stand-in.ts',
    find: 'const volume = minus(whole, seenVolume);',
    replace: 'const volume = whole;',
    tests: [join],
  },
  {
    name: 'quiet-kline-sets-the-low',
    promise: 'A kline without volume repeats a price of before and sets neither high nor low.',
    file: 'runner/context/day/stand-in.ts',
    find: 'if (amount(kline.volume)?.mantissa === 0n) continue;',
    replace: '',
    tests: [join],
  },
  {
    name: 'rounding-trades-between-klines',
    promise: 'A bin that neither trades nor klines reach has no volume, not even a trace.',
    file: 'runner/context/day/profile.ts',
    find: 'if (cover === 0) weight = 0;',
    replace: '',
    tests: [profile],
  },
  {
    name: 'kline-of-a-divided-minute',
    promise: 'A kline is left out of a minute of which stored trades cover an unknown part.',
    file: 'runner/context/day/day-state.ts',
    find: 'for (const start of partly) if (!known.has(start)) this.#unsplit.add(start);',
    replace: '',
    tests: [join],
  },
  {
    name: 'open-kline-counts',
    promise: 'The kline of a minute that is not over is refused.',
    file: 'runner/context/day/day-state.ts',
    find: 'const until = Math.min(now, this.end) - MINUTE_MS;',
    replace: 'const until = Math.min(now, this.end);',
    tests: [join],
  },
  {
    name: 'bins-wider-by-the-order-of-trades',
    promise:
      'How wide bins become when there are too many prices does not depend on the order in which trades came.',
    file: 'runner/context/day/price-volumes.ts',
    find: 'while (this.#index.count >= this.#maxPrices) this.#coarsen();',
    replace: 'while (this.#index.count >= this.#maxPrices / 2) this.#coarsen();',
    tests: [volumes],
  },
  {
    name: 'hole-is-not-told',
    promise: 'A level of a day that was partly not seen is not called exact.',
    file: 'runner/context/day/day-figures.ts',
    find: "if (sources.has('nothing')) result.push('not_covered');",
    replace: '',
    tests: [join],
  },
  {
    name: 'delta-out-of-klines',
    promise: 'Where no trade is known of a part of the day, its delta is absent, not zero.',
    file: 'runner/context/day/day-figures.ts',
    find: 'isKnown ? figure(decimalNumber(value), reasons)',
    replace: 'isKnown || true ? figure(decimalNumber(value), reasons)',
    tests: [join],
  },
  {
    name: 'late-trade-counts-today',
    promise: 'A late trade of yesterday goes to yesterday.',
    file: 'runner/context/day/instrument-days.ts',
    find: 'timestamp >= this.#today.state.start ? this.#today : this.#previous',
    replace: 'timestamp >= 0 ? this.#today : this.#previous',
    tests: [days],
  },
  {
    name: 'levels-of-a-moment-ago',
    promise: 'Levels that were reckoned are reckoned again when something changed.',
    file: 'runner/context/day/day-figures.ts',
    find: 'known?.version === version && known.tick === size.text',
    replace: 'known?.tick === size.text',
    tests: [days],
  },
];
