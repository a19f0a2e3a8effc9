/** Sabotages of the plan over the sources of history. */
import type { Mutant } from './mutant.ts';

const plan = 'tests/connector/history/plan/plan.test.ts';

export const planMutants: readonly Mutant[] = [
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
    find: 'spans: recent === undefined ? [] : tidySpans([recent]),',
    replace: 'spans: [] as readonly Span[],',
    tests: [plan],
  },
  {
    name: 'plan-with-a-hole',
    promise: 'A plan covers the range without a hole.',
    file: 'connector/history/plan/spans.ts',
    find: 'if (from < one.to) left.push({ from, to: one.to });',
    replace: 'if (from < one.to && from === one.from) left.push({ from, to: one.to });',
    tests: [plan],
  },
];
