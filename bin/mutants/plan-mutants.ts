/** Sabotages of the plan over the sources of history, and of how they are asked. */
import type { Mutant } from './mutant.ts';

const plan = 'tests/connector/history/plan/plan.test.ts';
const manners = 'tests/connector/history/polite/manners.test.ts';
const archives = 'tests/connector/history/polite/archives.test.ts';
const candles = 'tests/connector/history/polite/candles.test.ts';
const polite = 'tests/connector/history/polite/polite.test.ts';

const ofThePlan: readonly Mutant[] = [
  {
    name: 'archive-of-another-market',
    promise: 'Testnet never reads an archive: the files under its names are of another market.',
    file: 'connector/history/plan/archive-days.ts',
    find: "return environment !== 'testnet';",
    replace: "return environment !== 'nobody' as string;",
    tests: [plan],
  },
  {
    name: 'early-404-believed',
    promise: 'A 404 for a day younger than three days means "not published yet", not "there is none".',
    file: 'connector/history/plan/archive-days.ts',
    find: 'if (at >= day.to + policy.publishedWithinMs)',
    replace: 'if (at >= day.to)',
    tests: [plan],
  },
  {
    name: 'candles-before-newest-trades',
    promise: 'What is exact comes before what is approximate.',
    file: 'connector/history/plan/plan.ts',
    find: 'spans: recent === undefined ? [] : union([recent]),',
    replace: 'spans: [] as readonly Span[],',
    tests: [plan],
  },
  {
    name: 'plan-with-a-hole',
    promise: 'A plan covers the range without a hole.',
    file: 'connector/history/plan/plan.ts',
    find: 'left = without(left, ofTheDay);',
    replace: 'left = without(left, ofTheDay).slice(0, 1);',
    tests: [plan],
  },
];

const ofTheManners: readonly Mutant[] = [
  {
    name: 'breaker-by-the-wall-clock',
    promise: 'The breaker cools down by the monotonic clock, whatever the wall clock says.',
    file: 'connector/history/polite/breaker.ts',
    find: 'return isOver() ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;',
    replace: 'return isOver() ? cooldownMs : Number.POSITIVE_INFINITY;',
    tests: [manners],
  },
  {
    name: 'dead-line-closes-the-breaker',
    promise: 'Only an answer of the exchange closes a breaker again.',
    file: 'connector/history/polite/breaker.ts',
    find: 'handleType(TooOften).orWhen(isLooking)',
    replace: 'handleType(TooOften).orWhen(() => isLooking() && this.#until === undefined)',
    tests: [manners],
  },
  {
    name: 'refusals-change-nothing',
    promise: 'A refusal halves what is under way and stretches the pauses.',
    file: 'connector/history/polite/manners.ts',
    find: 'this.#throttle = refused(this.#throttle, policy);',
    replace: 'void refused(this.#throttle, policy);',
    tests: [manners],
  },
  {
    name: 'ban-of-one-host-alone',
    promise: '"Too frequent" shuts the whole address out: questions and files stop together.',
    file: 'connector/history/polite/manners.ts',
    find: "if (tried.failure.code === 'ip_banned') this.#ports.banned(tried.failure);",
    replace: '',
    tests: [polite],
  },
  {
    name: 'history-forgets-its-shut-out',
    promise: 'A history child that is started anew during a shut-out asks nobody.',
    file: 'connector/history/run/io/run-history.ts',
    find: '{ ...ports, bans }',
    replace: '{ ...ports, bans: bans && undefined }',
    tests: ['tests/e2e/history.test.ts'],
  },
  {
    name: 'key-warned-of-each-time',
    promise: 'A refused key costs one warning.',
    file: 'connector/history/polite/io/polite.ts',
    find: 'asked ??= ask();',
    replace: 'asked = ask();',
    tests: [polite],
  },
  {
    name: 'resumed-under-another-version',
    promise: 'The rest of a file is never put behind the beginning of another version.',
    file: 'connector/history/polite/downloads.ts',
    find: 'if (isOther(said.etag, note.etag) || isOther(said.lastModified, note.lastModified)) return undefined;',
    replace: 'if (isOther(said.lastModified, note.lastModified)) return undefined;',
    tests: [archives],
  },
  {
    name: 'endless-file-taken',
    promise: 'A file that is longer than allowed is not taken, also where the host does not say its length.',
    file: 'connector/history/polite/io/fetch-file.ts',
    find: 'if (part.bytes + chunk.length > maxBytes)',
    replace: 'if (part.bytes + chunk.length > Number.MAX_VALUE)',
    tests: [archives],
  },
  {
    name: 'candle-hole-untold',
    promise: 'A candle that the exchange does not list is told as a hole.',
    file: 'connector/history/polite/candles.ts',
    find: 'return without(union([{ from: range.from, to: unixMs(last) }]), union(there));',
    replace: 'return without(union([{ from: range.from, to: unixMs(last) }]), union(there)).slice(1);',
    tests: [candles],
  },
];

export const planMutants: readonly Mutant[] = [...ofThePlan, ...ofTheManners];
