/** Sabotages of the fetching of history: what follows a failure, what is told of it, and what the runner is told of days. */
import type { Mutant } from './mutant.ts';

const runDays = 'tests/connector/history/run/run-days.test.ts';
const merge = 'tests/connector/history/run/merge-trades.test.ts';
const totals = 'tests/connector/history/run/totals-events.test.ts';
const totalsEndToEnd = 'tests/e2e/history-totals.test.ts';

export const backfillMutants: readonly Mutant[] = [
  {
    name: 'ban-ignored',
    promise: 'Once the exchange has shut this address out, nobody is asked any more.',
    file: 'connector/history/run/outcome.ts',
    find: "return code === 'banned' || code === 'ip_banned' || code === 'region_blocked';",
    replace: "return code === 'never';",
    tests: [runDays],
  },
  {
    name: 'missing-day-forgotten',
    promise: 'A day that the archive does not have yet is remembered, and not asked for again at once.',
    file: 'connector/history/run/fulfil-day.ts',
    find: 'await source.noteMissing(key, at);',
    replace: '',
    tests: [runDays],
  },
  {
    name: 'full-disk-drops-download',
    promise: 'A download that could not be converted for want of room is kept for the next run.',
    file: 'connector/history/run/fulfil-day.ts',
    find: "'disk_full',",
    replace: '',
    tests: [runDays],
  },
  {
    name: 'archive-before-recording',
    promise: 'What was recorded is stored before the archive takes its place, so that the two are compared.',
    file: 'connector/history/run/fulfil-day.ts',
    find: "const order = ['recording', 'archive', 'recent', 'klines'] as const;",
    replace: "const order = ['archive', 'recording', 'recent', 'klines'] as const;",
    tests: [runDays],
  },
  {
    name: 'retraction-ignored',
    promise: 'A day of which a recorder takes something back is made anew.',
    file: 'connector/history/run/fulfil-day.ts',
    find: 'isOurs ? await store.retract(key, missed) : undefined;',
    replace: 'isOurs ? ({ ok: true } as const) : undefined;',
    tests: [runDays],
  },
  {
    name: 'retraction-left-to-nobody',
    promise: 'What a recorder takes back is not called complete, also while somebody else writes there.',
    file: 'connector/history/run/fulfil-day.ts',
    find: 'if (retracted?.ok !== true) this.#doubted = missed;',
    replace: '',
    tests: [runDays],
  },
  {
    name: 'retraction-of-what-was-there-before',
    promise: 'What another process has stored meanwhile is not taken back.',
    file: 'connector/history/io/history-store.ts',
    find: 'if (!claims(trust, spans)) return null;',
    replace: '',
    tests: ['tests/connector/history/run/io/day-store.test.ts'],
  },
  {
    name: 'stopped-told-as-done',
    promise: 'What was not done since the run was stopped is not told as if it were there.',
    file: 'connector/history/run/fulfil-day.ts',
    find: 'const isLeft = this.#ports.dry !== true && order.some((step) => step === range.source);',
    replace: 'const isLeft = false as boolean;',
    tests: [runDays],
  },
  {
    name: 'merged-twice',
    promise: 'A trade that two sources have is told once.',
    file: 'connector/history/run/merge-trades.ts',
    find: 'return left === 0;',
    replace: 'return left >= 0;',
    tests: [merge],
  },
  {
    name: 'totals-beyond-the-cut',
    promise: 'Stored sums end where the live feed begins.',
    file: 'connector/history/run/totals-events.ts',
    find: 'overlap(span, { from: 0, to: until })',
    replace: 'overlap(span, { from: 0, to: until + MINUTE_MS })',
    tests: [totals],
  },
  {
    name: 'edge-left-out',
    promise:
      'The sums of a minute that stored trades cut go with them, so that its candle stands for the rest.',
    file: 'connector/history/run/totals-events.ts',
    find: 'const ends = [from, to].filter((at) => at % MINUTE_MS !== 0)',
    replace: 'const ends = [from].filter((at) => at % MINUTE_MS !== 0)',
    tests: [totals, totalsEndToEnd],
  },
];
