/** The sums of a day and the candles beside them, as the lines in which they travel. Pure. */
import type { DayTotals } from '../../../shared/day-totals.ts';
import {
  BINS_IN_LINE,
  type DayTotalsEvent,
  type HistoryKlineEvent,
} from '../../../shared/events/history-events.ts';
import type { Instrument } from '../../../shared/market.ts';
import { without } from '../plan/spans.ts';
import { overlap, type Span, union } from '../store/spans.ts';
import type { Candle } from './ports.ts';

export const MINUTE_MS = 60_000;

/** Of a minute that a span covers in part: the sums of qty and of price * qty of the span's trades in it. */
export type EdgeMinute = { readonly start: number; readonly volume: string; readonly notional: string };

/** Spans of one day that are told. A day in more pieces is one of a broken line: its shortest pieces are left to candles. */
const SPANS_MAX = 200;

/** What is asked of a day. */
export type Wanted = {
  readonly day: Span;
  readonly until: number;
  /** What the asker has. */
  readonly known: readonly Span[];
  /** Whole minutes after that whose candles are told in any case: of their trades the asker may have some. */
  readonly minutes: readonly Span[];
};

/** The spans that are told, each with sums of its own, ascending. The whole day, if it is there, takes the place of what is known. */
export function spansToTell(stored: readonly Span[], { day, until, known }: Wanted): readonly Span[] {
  const all = union(stored).flatMap((span) => overlap(span, { from: 0, to: until }) ?? []);
  const before = without([day], all).length === 0 ? all : without(all, union(known));
  const longest = before
    .toSorted((one, other) => other.to - other.from - (one.to - one.from))
    .slice(0, SPANS_MAX);
  return longest.toSorted((one, other) => one.from - other.from);
}

/** Starts of the minutes that a span covers in part, each once. */
export function edgeMinutes({ from, to }: Span): readonly number[] {
  const ends = [from, to].filter((at) => at % MINUTE_MS !== 0).map((at) => at - (at % MINUTE_MS));
  return [...new Set(ends)];
}

/** In parts of at most BINS_IN_LINE bins; at least one part. */
export function totalsEvents(
  totals: DayTotals,
  span: Span,
  edges: readonly EdgeMinute[],
): readonly DayTotalsEvent[] {
  const parts = Math.max(1, Math.ceil(totals.bins.length / BINS_IN_LINE));
  return Array.from({ length: parts }, (_, index) => ({
    type: 'day_totals',
    part: index + 1,
    parts,
    spans: [{ from: span.from, to: span.to }],
    edges: edges.map(({ start, volume, notional }) => ({ start, volume, notional })),
    totals: { ...totals, bins: totals.bins.slice(index * BINS_IN_LINE, (index + 1) * BINS_IN_LINE) },
  }));
}

/** Which candles are needed: of the minutes before `until` those that neither stored trades nor what is known cover wholly. */
export function candlesNeeded<T extends { readonly start: number }>(
  candles: readonly T[],
  stored: readonly Span[],
  wanted: Wanted,
): readonly T[] {
  const { until, known, minutes } = wanted;
  const told = union([...spansToTell(stored, wanted), ...known]);
  return candles.filter(({ start }) => {
    const minute = { from: start, to: Math.min(start + MINUTE_MS, until) };
    if (minutes.some(({ from, to }) => from <= start && start < to)) return true;
    return start < until && without([minute], told).length > 0;
  });
}

export function klineEvent({ category, symbol }: Instrument, candle: Candle): HistoryKlineEvent {
  const { start, open, high, low, close, volume, turnover } = candle;
  const end = start + MINUTE_MS - 1;
  return {
    type: 'kline',
    ...{ category, symbol, timestamp: end, interval: '1', start, end },
    ...{ open, high, low, close, volume, turnover },
    closed: true,
    origin: 'archive',
  };
}

/** The minute that `until` cuts in two; undefined when it falls between two. */
export function lastMinuteOf(until: number): Span | undefined {
  const start = until - (until % MINUTE_MS);
  return start === until ? undefined : { from: start, to: start + MINUTE_MS };
}
