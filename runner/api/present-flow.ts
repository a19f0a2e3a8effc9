/** CVD, volume delta, liquidation clusters, book statistics and the backfill as the API shows them. */
import type { Instrument } from '../../shared/market.ts';
import type { BackfillView } from '../backfill/ports.ts';
import type { BookView } from '../context/book-view.ts';
import { bookStats } from '../context/flow/book-stats.ts';
import type { CvdPeriod, CvdView } from '../context/flow/cvd.ts';
import type { LiquidationClustersView } from '../context/flow/liquidation-clusters.ts';
import type { VolumeDeltaBlock, VolumeDeltaView } from '../context/flow/volume-delta.ts';
import type {
  BackfillPayload,
  BookStatsPayload,
  ClustersPayload,
  CvdPayload,
  CvdPeriodPayload,
  SupportResistancePayload,
  VolumeDeltaBlockPayload,
  VolumeDeltaPayload,
} from './flow-payloads.ts';
import { isoOrNull, isoTime } from './present-market.ts';

export function presentCvd({ symbol, category }: Instrument, view: CvdView): CvdPayload {
  return { symbol, category, ...view, reset_time: isoTime(view.reset_time) };
}

export function presentCvdPeriod({ symbol, category }: Instrument, period: CvdPeriod): CvdPeriodPayload {
  const times = { reset_time: isoTime(period.reset_time), end_time: isoTime(period.end_time) };
  return { symbol, category, ...period, ...times };
}

export function presentVolumeDelta(
  { symbol, category }: Instrument,
  view: VolumeDeltaView,
): VolumeDeltaPayload {
  const times = { start_time: isoTime(view.start_time), timestamp: isoTime(view.timestamp) };
  return { symbol, category, ...view, ...times };
}

export function presentVolumeDeltaBlock(of: Instrument, block: VolumeDeltaBlock): VolumeDeltaBlockPayload {
  return { ...presentVolumeDelta(of, block), closed: block.closed };
}

export function presentClusters(
  { symbol, category }: Instrument,
  view: LiquidationClustersView,
  price: number | undefined,
): ClustersPayload {
  return {
    symbol,
    category,
    clusters: view.clusters.map((cluster) => ({ ...cluster })),
    current_price: price ?? null,
    nearest_support: view.nearest_support,
    nearest_resistance: view.nearest_resistance,
    bin_size: view.bin_size,
    since: isoTime(view.since),
    timestamp: isoTime(view.timestamp),
  };
}

export function presentSupportResistance(
  { symbol, category }: Instrument,
  view: LiquidationClustersView,
  price: number | undefined,
): SupportResistancePayload {
  const { nearest_support, nearest_resistance } = view;
  const timestamp = isoTime(view.timestamp);
  return { symbol, category, current_price: price ?? null, nearest_support, nearest_resistance, timestamp };
}

/** Undefined `book`: nobody asked the exchange for one. */
export function presentBookStats(
  { symbol, category }: Instrument,
  book: BookView | undefined,
  levels: number,
): BookStatsPayload {
  const known: BookView = book ?? {
    key: '',
    symbol,
    category,
    depth: 0,
    valid: false,
    reason: 'no depth of this symbol is subscribed',
    time: null,
    last_update_id: null,
    bids: [],
    asks: [],
  };
  const stats = bookStats(known, levels);
  return { ...stats, time: isoOrNull(stats.time) };
}

export function presentBackfill(view: BackfillView): BackfillPayload {
  const { status, reason, current, total, now, polite } = view;
  const { badLines: bad_lines, gapsClosed: gaps_closed, ...counts } = view.counts;
  return {
    status,
    running: status === 'in_progress',
    complete: status === 'complete',
    reason,
    progress: {
      current,
      total,
      percentage: percentageOf(view),
      estimated_seconds_remaining: view.estimatedSecondsRemaining,
    },
    now: [...now],
    counts: { ...counts, bad_lines, gaps_closed },
    polite,
  };
}

/** Cut to a tenth, so that 100 means all of it. */
function percentageOf({ status, current, total }: BackfillView): number {
  if (status === 'complete') return 100;
  return total === 0 ? 0 : Math.floor((current / total) * 1_000) / 10;
}
