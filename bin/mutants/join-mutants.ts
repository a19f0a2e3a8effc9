/** Sabotages of how the runner asks for history, joins it with the feed, and lets strategies wait for it. */
import type { Mutant } from './mutant.ts';

const backfill = 'tests/runner/backfill/backfill.test.ts';
const gapOfToday = 'tests/runner/backfill/gap-of-today.test.ts';
const findings = 'tests/runner/backfill/history-findings.test.ts';
const gaps = 'tests/runner/intake/gaps-archive.test.ts';
const totals = 'tests/connector/history/run/totals-events.test.ts';

export const joinMutants: readonly Mutant[] = [
  {
    name: 'gate-does-not-wait-for-history',
    promise: 'No signal leaves before history of today was told.',
    file: 'runner/backfill/followed-symbols.ts',
    find: 'if (!asks.isAnswered) return { isFirst: true, spans: [facts.known.window] };',
    replace: '',
    tests: [backfill],
  },
  {
    name: 'gate-forgets-a-symbol-that-was-not-looked-at',
    promise: 'A symbol whose day is not known yet keeps the gate shut.',
    file: 'runner/backfill/followed-symbols.ts',
    find: 'if (asks === undefined || facts === undefined) return { isFirst: true, spans: [] };',
    replace: 'if (asks === undefined || facts === undefined) return undefined;',
    tests: [backfill],
  },
  {
    name: 'history-beyond-the-feed',
    promise: 'Today is asked for up to the live feed and no further.',
    file: 'runner/backfill/backfill.ts',
    find: 'until: date === today ? until : undefined,',
    replace: 'until: undefined,',
    tests: [backfill],
  },
  {
    name: 'hole-after-the-feed-began-left-to-tomorrow',
    promise: 'Candles stand in for a gap of today wherever in the day it lies.',
    file: 'runner/backfill/backfill.ts',
    find: 'wholeMinutes(holes, exchange).slice(0, SPANS_MAX)',
    replace: 'wholeMinutes([], exchange)',
    tests: [gapOfToday],
  },
  {
    name: 'what-nobody-was-asked-for-let-be',
    promise: 'A part of today is let be only when it was asked for and nobody has it.',
    file: 'runner/backfill/day-asks.ts',
    find: '[...this.#conceded, ...missingOf(known, asked)]',
    replace: '[...this.#conceded, ...uncovered(known)]',
    tests: [gapOfToday],
  },
  {
    name: 'named-minutes-not-told',
    promise: 'Candles of minutes that are asked for by name are told.',
    file: 'connector/history/run/totals-events.ts',
    find: 'if (minutes.some(({ from, to }) => from <= start && start < to)) return true;',
    replace: '',
    tests: [totals],
  },
  {
    name: 'history-does-not-wait-for-healing',
    promise: 'While the feed is away nobody is asked, and what may heal by itself is waited for.',
    file: 'runner/backfill/day-asks.ts',
    find: "if (gap === 'endless') this.#holeSince = now;",
    replace: '',
    tests: [gapOfToday],
  },
  {
    name: 'failed-history-counts-as-told',
    promise: 'A day that could not be had for now is asked for again, and the gate waits.',
    file: 'runner/backfill/backfill.ts',
    find: 'if (retryable && !isCovered)',
    replace: 'if (false as boolean)',
    tests: [backfill],
  },
  {
    name: 'history-asked-while-shut-out',
    promise:
      'While the exchange has shut this address out no further history child is started for the days that it did not tell.',
    file: 'runner/backfill/backfill.ts',
    find: 'shutOut?.leftMs ?? 0)',
    replace: '0)',
    tests: [backfill],
  },
  {
    name: 'silent-history-waited-for',
    promise: 'A history child that says nothing is ended.',
    file: 'runner/backfill/backfill.ts',
    find: 'running.child.stop();',
    replace: '',
    tests: [backfill],
  },
  {
    name: 'archive-not-asked-again',
    promise: 'A day that the archive does not have yet is asked for again.',
    file: 'runner/backfill/day-asks.ts',
    find: 'this.#over.set(date, again);',
    replace: 'this.#over.delete(date);',
    tests: [backfill],
  },
  {
    name: 'midnight-asks-for-nothing',
    promise: 'The day that is over is asked for after midnight.',
    file: 'runner/backfill/day-asks.ts',
    find: 'this.#over.set(yesterday, exchange + this.#policy.afterMidnightMs);',
    replace: '',
    tests: [backfill],
  },
  {
    name: 'exact-need-ignored',
    promise: 'GATE_NEEDS=exact keeps the gate shut while candles stand in.',
    file: 'runner/backfill/history-findings.ts',
    find: "if (needs === 'approximate') return [];",
    replace: 'if (needs.length > 0) return [];',
    tests: [findings],
  },
  {
    name: 'exact-need-content-with-left-out-trades',
    promise: 'GATE_NEEDS=exact keeps the gate shut on a day of which trades were left out.',
    file: 'runner/backfill/history-findings.ts',
    find: 'if (isWhole && today.hasRefused !== true) return [];',
    replace: 'if (isWhole) return [];',
    tests: [findings],
  },
  {
    name: 'archive-closes-what-it-does-not-have',
    promise: 'Only gaps that lie wholly in the archive are closed by it.',
    file: 'runner/intake/gaps.ts',
    find: 'if (span === undefined || !isWithin(span, spans)) return [];',
    replace: 'if (span === undefined) return [];',
    tests: [gaps],
  },
  {
    name: 'closed-gap-reopened-by-a-child',
    promise: 'What the archive has closed stays closed.',
    file: 'runner/intake/gaps.ts',
    find: "if (known?.entry.isGivenUp === true || known?.entry.gap.healed_by === 'archive') return undefined;",
    replace: 'if (known?.entry.isGivenUp === true) return undefined;',
    tests: [gaps],
  },
  {
    name: 'known-trades-told-again',
    promise: 'History tells only what the asker does not have.',
    file: 'connector/history/run/totals-events.ts',
    find: 'without([day], all).length === 0 ? all : without(all, union(known))',
    replace: 'all',
    tests: [totals],
  },
];
