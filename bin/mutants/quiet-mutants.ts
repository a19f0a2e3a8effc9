/** Sabotages of what the exchange is asked about the silence of trades and candles, and of what is known before the first one. */
import type { Mutant } from './mutant.ts';

const check = 'tests/connector/session/silence/silence-check.test.ts';
const birth = 'tests/connector/session/trades/trade-line-birth.test.ts';
const candles = 'tests/connector/session/silence/candle-check.test.ts';
const newest = 'tests/connector/rest/newest-trades.test.ts';

export const quietMutants: readonly Mutant[] = [
  {
    name: 'candles-mute-from-birth-not-noticed',
    promise: 'Candles that never come although trades are made are found and asked for anew.',
    file: 'connector/session/silence/candle-check.ts',
    find: 'if (this.#askedAt === undefined && now >= this.#againAt) this.#ask(this.#unheardSince, now);',
    replace: '',
    tests: [candles],
  },
  {
    name: 'candle-owed-at-once',
    promise: 'A candle has a minute to come after its trade.',
    file: 'connector/session/silence/candle-check.ts',
    find: 'if (now - this.#owedSince < candleWithinMs) {',
    replace: 'if (now < 0) {',
    tests: [candles],
  },
  {
    name: 'candles-owed-of-what-was-before',
    promise: 'What was traded before the acknowledgement, or off the book, proves nothing about candles.',
    file: 'connector/session/silence/candle-check.ts',
    find: 'timestamp >= from && block !== true',
    replace: 'timestamp >= from - 1e6 || block === true',
    tests: [candles],
  },
  {
    name: 'first-candles-missed-untold',
    promise: 'Candles that were owed since the acknowledgement lie in a gap when the first one comes.',
    file: 'connector/session/feeds/candle-line.ts',
    find: 'this.#expected ??= candleStart(this.#interval, timestamp);',
    replace: 'candleStart(this.#interval, timestamp);',
    tests: [candles],
  },
  {
    name: 'exchange-not-asked-about-silence',
    promise: 'A mute topic of trades is found because the exchange lists what did not come.',
    file: 'connector/session/silence/silence-check.ts',
    find: 'if (isDue && this.#ask(isSilent, pulse, now)) return undefined;',
    replace: '',
    tests: [check],
  },
  {
    name: 'calm-taken-for-silence',
    promise: 'A market in which nothing is traded is not called silent.',
    file: 'connector/session/silence/silence-check.ts',
    find: 'return isSilent && !this.#isTrusted ? bySilence : undefined;',
    replace: 'return isSilent ? bySilence : undefined;',
    tests: [check],
  },
  {
    name: 'trades-on-their-way-called-missing',
    promise: 'A trade that the exchange lists is missing only when it had to come by now.',
    file: 'connector/session/silence/silence-check.ts',
    find: 'return isOvertaken || exchangeAt - timestamp >= missingAloneAfterMs;',
    replace: 'return isOvertaken || exchangeAt >= missingAloneAfterMs;',
    tests: [check],
  },
  {
    name: 'mute-from-birth-believed',
    promise:
      'A topic of trades that is mute since its acknowledgement is found because the exchange lists what did not come.',
    file: 'connector/session/silence/silence-check.ts',
    find: "pace === 'none' && this.#isUnheard(pulse, now)",
    replace: "pace === 'none' && now < 0",
    tests: [check],
  },
  {
    name: 'trades-before-the-acknowledgement-owed',
    promise: 'Only what was traded clearly after the acknowledgement proves that a topic is mute from birth.',
    file: 'connector/session/silence/silence-check.ts',
    find: 'timestamp >= agreedAt + this.#policy.owedAfterMs',
    replace: 'timestamp >= this.#policy.owedAfterMs',
    tests: [check],
  },
  {
    name: 'calm-asked-about-for-ever',
    promise: 'The longer a calm lasts, the more seldom the exchange is asked about it.',
    file: 'connector/session/silence/silence-check.ts',
    find: 'Math.max(leastMs, ageMs / 2)',
    replace: 'Math.max(againAfterMs, 0)',
    tests: [check],
  },
  {
    name: 'whole-market-asks-at-once',
    promise: 'Questions about silence keep to their share of the requests.',
    file: 'connector/rest/newest-trades.ts',
    find: 'if (this.#budget.wait(now) > 0) return false;',
    replace: '',
    tests: [newest],
  },
  {
    name: 'loss-before-the-first-trade-untold',
    promise: 'A socket that is lost between the acknowledgement and the first trade leaves a gap.',
    file: 'connector/session/trades/trade-line-union.ts',
    find: 'return isBrought ? undefined : this.#birth.missed(cause, at);',
    replace: 'return isBrought || at > 0 ? undefined : this.#birth.missed(cause, at);',
    tests: [birth],
  },
  {
    name: 'loss-before-the-first-liquidation-untold',
    promise: 'A socket that is lost between the acknowledgement and the first liquidation leaves a gap.',
    file: 'connector/session/feeds/liquidation-gaps.ts',
    find: 'this.#isOwed = true;',
    replace: '',
    tests: ['tests/connector/session/feeds/liquidations.test.ts'],
  },
  {
    name: 'gap-before-the-first-trade-left-alone',
    promise: 'A gap before the first trade gets a beginning from the list, and is healed.',
    file: 'connector/session/trades/trade-line.ts',
    find: 'this.#gaps.pending.begins(gap, place);',
    replace: '',
    tests: [birth],
  },
  {
    name: 'line-begun-with-what-is-owed',
    promise: 'A line begins at a trade that was over when the exchange acknowledged.',
    file: 'connector/session/trades/trade-line-birth.ts',
    find: 'timestamp < owedAt',
    replace: 'timestamp > 0',
    tests: [birth],
  },
];
