/** Sabotages of the numbers that the runner reckons from what it hears, and of how the API tells them. */
import type { Mutant } from './mutant.ts';

const numbers = 'tests/runner/context/numbers.test.ts';
const routes = 'tests/runner/api/routes/context-routes.test.ts';
const analysis = 'tests/runner/strategy/analysis.test.ts';

export const contextMutants: readonly Mutant[] = [
  {
    name: 'numbers-outlive-their-topic',
    promise: 'Sums of trades begin anew when trades are wanted again.',
    file: 'runner/context/instrument-context.ts',
    find: 'this.#numbers = new TradeNumbers(this.instrument, this.#settings);',
    replace: '',
    tests: [numbers],
  },
  {
    name: 'numbers-know-no-gaps',
    promise: 'A span with a gap is not called whole.',
    file: 'runner/context/instrument-context.ts',
    find: 'this.#numbers.onGap(gap);',
    replace: '',
    tests: [numbers],
  },
  {
    name: 'gaps-before-the-first-trade-forgotten',
    promise: 'A gap that was healed before the first trade came moves the beginning of what is whole.',
    file: 'runner/context/trade-numbers.ts',
    find: 'for (const gap of this.#gaps?.values() ?? []) tellGap(made, gap);',
    replace: '',
    tests: [numbers],
  },
  {
    name: 'who-asks-costs-memory',
    promise: 'A symbol that has not traded costs no memory, also when somebody asks for its numbers.',
    file: 'runner/context/trade-numbers.ts',
    find: 'return this.reckoned ?? this.#fresh(exchangeNow);',
    replace: 'return this.begin(exchangeNow);',
    tests: [numbers],
  },
  {
    name: 'midnight-all-at-once',
    promise: 'At midnight the days of some instruments are turned over at each look, not all at once.',
    file: 'runner/context/day-turns.ts',
    find: 'this.#waiting.splice(0, TURNS_A_LOOK)',
    replace: 'this.#waiting.splice(0)',
    tests: [numbers],
  },
  {
    name: 'day-ended-by-a-clock-that-was-set',
    promise: 'A day ends by a time that is proven.',
    file: 'runner/context/numbers.ts',
    find: '    days.advance(moment.proven);',
    replace: '    days.advance(moment.exchange);',
    tests: [numbers],
  },
  {
    name: 'recorded-future-believed',
    promise: 'One trade of a recording with an impossible time does not end the days of all others.',
    file: 'runner/context/moment.ts',
    find: "return kind === 'replay' && time > nowMs + RECORDED_AHEAD_MS;",
    replace: 'return false;',
    tests: ['tests/runner/context/moment.test.ts'],
  },
  {
    name: 'tick-size-of-the-exchange-ignored',
    promise: 'Bins are as wide as the tick size of the exchange once it is known.',
    file: 'runner/context/numbers.ts',
    find: 'if (facts !== undefined) days.setTickSize(facts.tick_size);',
    replace: '',
    tests: [numbers],
  },
  {
    name: 'levels-without-a-doubt',
    promise: 'Each level says how true it is.',
    file: 'runner/api/present-context.ts',
    find: 'return { exactness, reasons: [...reasons] };',
    replace: "return { exactness: 'exact', reasons: [] };",
    tests: [routes],
  },
  {
    name: 'vwap-mode-ignored',
    promise: '/levels?vwap_mode=quote weighs by price * quantity.',
    file: 'runner/api/present-context.ts',
    find: "mode === 'base' ? day.vwap : day.vwap_quote",
    replace: 'day.vwap',
    tests: [routes],
  },
  {
    name: 'levels-reckoned-for-everybody',
    promise: 'Whoever asks for levels without a pause does not take the processor from the feed.',
    file: 'runner/api-context.ts',
    find: 'if (known !== undefined && began < known.until) return known.view;',
    replace: '',
    tests: ['tests/runner/api-ports-context.test.ts'],
  },
  {
    name: 'analysis-ends-too-soon',
    promise: 'An analysis waits until the strategy has worked off the timer, not only what it had before.',
    file: 'runner/strategy/strategy-host.ts',
    find: 'this.#marks.add(this.#batches + this.#queue.length, done);',
    replace: 'this.#marks.add(this.#batches, done);',
    tests: [analysis],
  },
  {
    name: 'analysis-without-an-end',
    promise: 'Nobody waits for an analysis longer than a call of a handler may take.',
    file: 'runner/strategy/analysis.ts',
    find: 'now > this.#deadline || ',
    replace: '',
    tests: [analysis],
  },
];
