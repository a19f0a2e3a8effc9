/**
 * Which spans of a day come from trades, which from klines, which from nothing; and what follows for a number made of them.
 *
 * Trades cover what was listened to without a gap and what stored trades were added for; klines stand in for the rest of
 * the minutes they are of; nothing is left.
 */
import { type Span, united, within, without } from '../../../shared/spans.ts';

export const coverageSources = ['trades', 'klines', 'nothing'] as const;
export type CoverageSource = (typeof coverageSources)[number];

/** A part of a day. ms, `to` is not in it. */
export type CoverageSpan = Span & { readonly source: CoverageSource };

/** How true a number is. Of an approximate and of an absent one the reasons say why. */
export const exactnesses = ['exact', 'approximate', 'absent'] as const;
export type Exactness = (typeof exactnesses)[number];

export const reasons = [
  /** Some spans come from nothing. */
  'not_covered',
  /** One-minute klines stand in for trades, and do not tell this number exactly. */
  'from_klines',
  /** A kline cannot hold the trades that were seen of its minute. */
  'klines_disagree',
  /** There were more prices than are kept: bins are wider than the tick. */
  'wider_bins',
  /** Trades were left out: absurd numbers, a time that had not come by our clock, or too many before the feed began. */
  'trades_refused',
  /** The time of day that it is about has not come. */
  'not_yet',
  /** Nothing traded, as far as is known. */
  'no_trades',
] as const;
export type Reason = (typeof reasons)[number];

/** A number with how true it is; null exactly when it is absent. */
export type Figure<T> = {
  readonly value: T | null;
  readonly exactness: Exactness;
  readonly reasons: readonly Reason[];
};

/** The whole window in ascending spans, neighbours of different sources. */
export function coverageOf(
  window: Span,
  byTrades: readonly Span[],
  byKlines: readonly Span[],
): readonly CoverageSpan[] {
  const trades = within(byTrades, window);
  const klines = without(within(byKlines, window), trades);
  const known = united([...trades, ...klines]);
  const nothing = without(window.from < window.to ? [window] : [], known);
  const told = (spans: readonly Span[], source: CoverageSource): readonly CoverageSpan[] =>
    spans.map(({ from, to }) => ({ from, to, source }));
  return [...told(trades, 'trades'), ...told(klines, 'klines'), ...told(nothing, 'nothing')].toSorted(
    (a, b) => a.from - b.from,
  );
}

/** Which sources a part of the day has. */
export function sourcesIn(coverage: readonly CoverageSpan[], window: Span): ReadonlySet<CoverageSource> {
  return new Set(
    coverage.filter((span) => span.from < window.to && span.to > window.from).map(({ source }) => source),
  );
}

/** A number that is there when `value` is; approximate for these reasons, else exact. */
export function figure<T>(value: T | null, why: readonly Reason[]): Figure<T> {
  if (value === null) return absent(...(why.length === 0 ? (['no_trades'] as const) : why));
  return { value, exactness: why.length === 0 ? 'exact' : 'approximate', reasons: why };
}

export function absent<T>(...why: readonly Reason[]): Figure<T> {
  return { value: null, exactness: 'absent', reasons: why };
}
