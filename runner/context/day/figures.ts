/** The numbers of a day as they are told: levels and statistics, each with how true it is, and what they were made from. */
import type { FootprintBin } from './bin-list.ts';
import type { CoverageSpan, Figure } from './coverage.ts';

/** Where the width of a bin comes from: the exchange's tick size, or PROFILE_TICK_SIZE while that is not known. */
export type TickSource = 'exchange' | 'setting';

export type OpeningRange = {
  readonly hi: number;
  readonly lo: number;
};

/** Of one instrument and UTC day. Prices of bins are their lower edges; definitions are in docs/semantics.md. */
export type DayFigures = {
  readonly date: string;
  /** The part of the day that has happened, ms. */
  readonly from: number;
  readonly to: number;
  readonly bin_size: string;
  readonly tick_source: TickSource;
  /** Weighted by quantity, and by price * quantity. */
  readonly vwap: Figure<number>;
  readonly vwap_quote: Figure<number>;
  readonly poc: Figure<number>;
  readonly vah: Figure<number>;
  readonly val: Figure<number>;
  readonly high: Figure<number>;
  readonly low: Figure<number>;
  /** High less low. */
  readonly range: Figure<number>;
  /** 08:00:00 <= t < 08:10:00 UTC; while it lasts, of what there was of it. */
  readonly opening_range: Figure<OpeningRange>;
  readonly opening_start: number;
  readonly opening_end: number;
  /** Before 08:00 UTC; delta is buy less sell volume. Where klines or nothing cover a part, of the rest. */
  readonly pre_market_buy_volume: Figure<number>;
  readonly pre_market_sell_volume: Figure<number>;
  readonly pre_market_delta: Figure<number>;
  /** From 08:00 UTC on. */
  readonly live_buy_volume: Figure<number>;
  readonly live_sell_volume: Figure<number>;
  readonly live_delta: Figure<number>;
  /** The bins with the most volume, of trades alone. */
  readonly footprint: Figure<readonly FootprintBin[]>;
  readonly counts: DayCounts;
  readonly coverage: readonly CoverageSpan[];
};

export type DayCounts = {
  /** In the sums. */
  readonly trades: number;
  /** Of these, told one by one; the others came as totals. */
  readonly told: number;
  /** Told again although stored trades cover their time: left out. */
  readonly covered: number;
  /** Left out: absurd numbers, a time that had not come by our clock, or too many before the live feed. */
  readonly refused: number;
  /** Klines that are known, also of minutes that trades cover. */
  readonly klines: number;
};
