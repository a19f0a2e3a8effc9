/** Sabotages of what the runner promises about gaps: what is told of them, what is written down, and what the coverage counts. */
import type { Mutant } from './mutant.ts';

const gaps = 'tests/runner/intake/gaps.test.ts';

export const ledgerMutants: readonly Mutant[] = [
  {
    name: 'no-gap-between-two-children',
    promise: 'The death of a child opens a gap that ends with the first trade of the next.',
    file: 'runner/intake/gaps.ts',
    find: 'return this.#entries.replace(endless, { ...endless.gap, to: boundOf(event), ...outcomeOf(event, place) });',
    replace: 'return undefined;',
    tests: [gaps, 'tests/runner/intake/no-trade-unaccounted.test.ts'],
  },
  {
    name: 'trade-of-a-given-up-topic-followed',
    promise: 'Nothing is missed for ever of a topic that nobody wants.',
    file: 'runner/intake/gaps.ts',
    find: 'const followed = this.#followed.ofEvent(trade);',
    replace: "this.follow({ channel: 'trades', ...trade }); const followed = this.#followed.ofEvent(trade);",
    tests: [gaps, 'tests/runner/intake/no-trade-unaccounted.test.ts'],
  },
  {
    name: 'healed-by-a-part-of-a-book',
    promise: 'Only a whole book heals the gap of a book.',
    file: 'runner/intake/gaps.ts',
    find: "if (event.type === 'depth' && event.action === 'delta') return undefined;",
    replace: '',
    tests: ['tests/runner/intake/gaps-channels.test.ts'],
  },
  {
    name: 'nothing-missed-while-the-runner-was-down',
    promise: 'What a former run followed is a gap from its last place on.',
    file: 'runner/intake/gaps-former.ts',
    find: "return [entries.miss(own, 'runner_stopped', 0, aliveUntil)];",
    replace: 'return [];',
    tests: ['tests/runner/intake/gaps-channels.test.ts', 'tests/runner/ledger/gap-ledger.test.ts'],
  },
  {
    name: 'failed-write-forgotten',
    promise: 'What the store could not write is kept and tried again.',
    file: 'runner/ledger/write-queue.ts',
    find: 'gaps: new Map([...sent.gaps, ...newer.gaps]),',
    replace: 'gaps: newer.gaps,',
    tests: ['tests/runner/ledger/write-queue.test.ts'],
  },
  {
    name: 'healed-by-a-snapshot-counted-as-covered',
    promise: 'The coverage of a day does not count what nobody brought back.',
    file: 'runner/ledger/unseen.ts',
    find: "const isMissing = gap.state !== 'healed' || gap.healed_by === 'snapshot';",
    replace: "const isMissing = gap.state !== 'healed';",
    tests: ['tests/runner/ledger/coverage.test.ts'],
  },
  {
    name: 'written-before-it-was-read',
    promise: 'A ledger that cannot be read is not written to: that would say that the time between was seen.',
    file: 'runner/ledger/ledger-reading.ts',
    find: 'return this.#isRead ? this.#environment : undefined;',
    replace: 'return this.#environment;',
    tests: ['tests/runner/ledger/gap-ledger-late.test.ts'],
  },
  {
    name: 'blind-time-over-at-a-restart',
    promise: 'A gap that has no end goes on while no runner is there.',
    file: 'runner/ledger/sight.ts',
    find: 'const now = goesOn ? { from: unseen.from, until: null } : unseen;',
    replace: 'const now = unseen;',
    tests: ['tests/runner/ledger/coverage-truth.test.ts'],
  },
  {
    name: 'open-gap-forgotten-before-a-healed-one',
    promise: 'An open gap stays in reach of the archive while the list has anything else to forget.',
    file: 'runner/intake/gaps-entries.ts',
    find: "if (gap.state !== 'open') return this.#forget(id);",
    replace: 'return this.#forget(id);',
    tests: [gaps],
  },
  {
    name: 'seldom-data-called-missing',
    promise:
      'A gap of candles or liquidations raises no alarm of missing data: it ends long after they flow again.',
    file: 'runner/observe/metrics/market-metrics.ts',
    find: 'return (observed?.endlessGaps() ?? []).filter(isMissedNow);',
    replace: 'return observed?.endlessGaps() ?? [];',
    tests: ['tests/runner/observe/metrics-table.test.ts'],
  },
  {
    name: 'alarm-of-a-gap-that-nothing-can-close',
    promise: 'The alarm of an open gap ends: what nothing can close any more does not count.',
    file: 'runner/observe/metrics/market-metrics.ts',
    find: 'if (gap.to === null) return isMissedNow(gap);',
    replace: 'return true;',
    tests: ['tests/runner/observe/metrics-table.test.ts'],
  },
];
