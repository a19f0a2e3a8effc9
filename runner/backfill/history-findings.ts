/** What the gate of the strategies asks of today's trades, by symbol (GATE_NEEDS). */
import { type Instrument, instrumentKey } from '../../shared/market.ts';
import type { Span } from '../../shared/spans.ts';
import type { KnownOfDay } from '../context/day/instrument-days.ts';
import type { HistoryFinding } from '../strategy/gate.ts';
import type { Backfill } from './backfill.ts';
import { untold } from './day-asks.ts';

export type FindingSources = {
  readonly backfill: Pick<Backfill, 'missing'>;
  readonly needs: 'exact' | 'approximate';
  /** Those whose trades are listened to. */
  readonly instruments: () => readonly Instrument[];
  /** Of today. */
  readonly known: (instrument: Instrument) => KnownOfDay | undefined;
};

export function historyFindings({
  backfill,
  needs,
  instruments,
  known,
}: FindingSources): readonly HistoryFinding[] {
  return instruments().flatMap((instrument): readonly HistoryFinding[] => {
    const missing = backfill.missing(instrument);
    if (missing?.isFirst === true) {
      const words = `history of today has not been told yet (see /backfill/status)`;
      return [{ instrument, code: 'backfill_unfinished', words }];
    }
    if (missing !== undefined) {
      const words = `of today ${spansText(missing.spans)} is missing, and is asked for`;
      return [{ instrument, code: 'gap_of_today', words }];
    }
    if (needs === 'approximate') return [];
    const today = known(instrument);
    const holes = today === undefined ? [] : untold(today);
    const isWhole = today !== undefined && holes.length === 0;
    if (isWhole && today.hasRefused !== true) return [];
    const what = isWhole
      ? 'trades of today were left out (how many is in /debug/trades)'
      : `of today ${spansText(holes)} is not known trade by trade`;
    const words = `${instrumentKey(instrument)}: ${what}, and GATE_NEEDS=exact`;
    return [{ instrument, code: 'history_not_exact', words }];
  });
}

function spansText(spans: readonly Span[]): string {
  const [first] = spans;
  if (first === undefined) return 'all';
  const time = (at: number): string => new Date(at).toISOString().slice(11, 23);
  const more = spans.length > 1 ? ` and ${spans.length - 1} more` : '';
  return `${time(first.from)} to ${time(first.to)} UTC${more}`;
}
