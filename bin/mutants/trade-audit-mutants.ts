/** Sabotages of the audit of trades: what is found, and what must not be called missing. */
import type { Mutant } from './mutant.ts';

const audit = 'tests/connector/session/trades/trade-audit.test.ts';
const newest = 'tests/connector/rest/newest-trades.test.ts';
const told = 'connector/session/trades/told-trades.ts';

export const tradeAuditMutants: readonly Mutant[] = [
  {
    name: 'left-out-trades-not-looked-for',
    promise: 'What every socket leaves out without a word is found, told as a gap and healed.',
    file: 'connector/session/market.ts',
    find: 'this.#audit?.tick(now);',
    replace: '',
    tests: ['tests/connector/stream-trade-audit.test.ts'],
  },
  {
    name: 'left-out-trades-counted-only',
    promise: 'Trades that a list shows to be left out are told.',
    file: told,
    find: 'gaps.recent(new RecentList(rows));',
    replace: '',
    tests: [audit],
  },
  {
    name: 'what-is-under-way-is-missing',
    promise: 'A trade that may be on its way is not called missing.',
    file: told,
    find: 'isSettled = row.timestamp <= until;',
    replace: 'isSettled = true;',
    tests: [audit],
  },
  {
    name: 'told-before-the-watch-is-missing',
    promise: 'A trade that was told before the topic was watched is not called missing.',
    file: told,
    find: '|| row.timestamp < knownFrom',
    replace: '',
    tests: [audit],
  },
  {
    name: 'known-gap-is-missing-again',
    promise: 'What lies in a gap that was given up is not called missing once more.',
    file: told,
    find: 'sure?.stretch === entry.stretch',
    replace: 'sure !== undefined',
    tests: [audit],
  },
  {
    name: 'healed-gap-hides-what-follows',
    promise: 'What is left out right after a gap that was healed before it had an end is found.',
    file: told,
    find: 'this.#stretch = before.stretch;',
    replace: 'this.#stretches += 1; this.#stretch = this.#stretches;',
    tests: [audit],
  },
  {
    name: 'no-room-ends-the-heal',
    promise: 'What the reader had no room for is brought by another list.',
    file: told,
    find: 'if (gaps.size > 0) canHeal();',
    replace: '',
    tests: [audit],
  },
  {
    name: 'audit-of-one-topic-only',
    promise: 'The topics are audited in turn.',
    file: 'connector/session/trades/trade-audit.ts',
    find: 'if (isAsked) told.turn = this.#turn;',
    replace: '',
    tests: [audit],
  },
  {
    name: 'quiet-topic-holds-its-place',
    promise: 'A topic that does not flow leaves its place to another one.',
    file: 'connector/session/trades/trade-audit.ts',
    find: 'if (this.#turn - since >= this.#policy.watchedAtOnce) told.turn = this.#turn;',
    replace: '',
    tests: [audit],
  },
  {
    name: 'market-starves-for-lists',
    promise: 'Markets that are due at the same moment are audited all.',
    file: 'connector/session/trades/trade-audit.ts',
    find: 'this.#takeTurn(watched) ? everyMs : everyMs / 10',
    replace: 'this.#takeTurn(watched) ? everyMs : everyMs',
    tests: ['tests/connector/stream-trade-audit.test.ts'],
  },
  {
    name: 'all-topics-watched',
    promise: 'No more topics are watched at a time than the policy says.',
    file: 'connector/session/trades/trade-audit.ts',
    find: 'for (const { told } of subjects.slice(watchedAtOnce)) told.unwatch();',
    replace: '',
    tests: [audit],
  },
  {
    name: 'audit-before-alarms',
    promise: 'The audit asks only while nobody else does.',
    file: 'connector/rest/newest-trades.ts',
    find: 'this.#underWay > 0 || ',
    replace: '',
    tests: [newest],
  },
  {
    name: 'topics-alike-are-one',
    promise: 'A frame goes to its own topic, whatever others have the same hash.',
    file: 'connector/session/feeds/topic-table.ts',
    find: 'while (entry !== undefined && !isAt(entry.name, bytes, from, at)) entry = entry.next;',
    replace: '',
    tests: ['tests/connector/session/feeds/topic-table.test.ts'],
  },
];
