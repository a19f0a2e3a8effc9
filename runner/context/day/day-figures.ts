/** Makes the numbers of a day from its state, each with how true it is. Profiles are made anew only when something changed. */
import { FIRST_SESSION_MS, OPENING_RANGE_END_MS } from '../../../shared/day-totals.ts';
import { type Decimal, minus, shortestDecimal } from '../../../shared/exact/decimal.ts';
import { decimalNumber, quotientNumber } from '../../../shared/exact/quotient.ts';
import type { Span } from '../../../shared/spans.ts';
import { type FootprintBin, largestBins } from './bin-list.ts';
import type { BinSize } from './bin-size.ts';
import {
  absent,
  type CoverageSpan,
  coverageOf,
  type Figure,
  figure,
  type Reason,
  sourcesIn,
} from './coverage.ts';
import type { DayState } from './day-state.ts';
import type { DayFigures, OpeningRange, TickSource } from './figures.ts';
import { type Profile, profileOf } from './profile.ts';

/** Bins of a footprint (context-and-signals.md). */
export const FOOTPRINT_BINS = 20;

/** What a bin is: the exchange's tick size, or a setting until that is known. */
export type Tick = { readonly size: BinSize; readonly source: TickSource };

type Levels = Pick<DayFigures, 'vwap' | 'vwap_quote' | 'poc' | 'vah' | 'val' | 'footprint' | 'bin_size'>;
/** How a number may depend on klines. */
type OfKlines = 'exact' | 'approximate' | 'unknown';

/** Of one state of the day and one tick size. */
type Binned = {
  readonly version: number;
  readonly tick: string;
  readonly profile: Profile;
  readonly footprint: readonly FootprintBin[];
};

/** Tells the numbers of one day; keeps the dear ones. */
export class DayTeller {
  readonly #day: DayState;
  #known: Binned | undefined;

  constructor(day: DayState) {
    this.#day = day;
  }

  /** @param now - exchange time, ms; after the end of the day, all of it has happened */
  tell(now: number, tick: Tick): DayFigures {
    const day = this.#day;
    const to = Math.min(Math.max(now, day.start), day.end);
    const coverage = coverageOf({ from: day.start, to }, day.byTrades, day.byKlines);
    const why = (window: Span, klines: OfKlines): readonly Reason[] =>
      reasonsOf(day, coverage, window, klines);
    const whole = { from: day.start, to };
    return {
      date: day.of.date,
      from: day.start,
      to,
      tick_source: tick.source,
      ...this.#levels(tick, whole, why),
      ...extremes(day, why(whole, 'exact')),
      opening_range: openingRange(day, to, (window) => why(window, 'exact')),
      opening_start: day.start + FIRST_SESSION_MS,
      opening_end: day.start + OPENING_RANGE_END_MS,
      ...sides(day, coverage, to, (window) => why(window, 'unknown')),
      counts: day.counts,
      coverage,
    };
  }

  #levels(tick: Tick, whole: Span, why: (window: Span, klines: OfKlines) => readonly Reason[]): Levels {
    const { volume, notional, squares } = this.#day.combined;
    const { profile, footprint } = this.#binned(tick.size);
    const { size } = profile;
    const wider: readonly Reason[] = size.text === tick.size.text ? [] : ['wider_bins'];
    const approximate = why(whole, 'approximate');
    const binned = [...approximate, ...wider];
    return {
      bin_size: size.text,
      vwap: figure(
        quotientNumber(notional, volume),
        why(whole, this.#day.standIn.isNotionalExact ? 'exact' : 'approximate'),
      ),
      vwap_quote: figure(quotientNumber(squares, notional), approximate),
      poc: figure(profile.poc, binned),
      vah: figure(profile.vah, binned),
      val: figure(profile.val, binned),
      footprint: figure(footprint.length === 0 ? null : footprint, binned),
    };
  }

  /** What takes a walk over all prices. */
  #binned(size: BinSize): Binned {
    const { version, sums, standIn } = this.#day;
    const known = this.#known;
    if (known?.version === version && known.tick === size.text) return known;
    const profile = profileOf(sums.profile, size, standIn.ranges);
    const footprint = largestBins(profile.bins, FOOTPRINT_BINS);
    this.#known = { version, tick: size.text, profile, footprint };
    return this.#known;
  }
}

function reasonsOf(
  day: DayState,
  coverage: readonly CoverageSpan[],
  window: Span,
  klines: OfKlines,
): readonly Reason[] {
  const sources = sourcesIn(coverage, window);
  const result: Reason[] = [];
  if (sources.has('nothing')) result.push('not_covered');
  if (sources.has('klines')) {
    if (klines !== 'exact') result.push('from_klines');
    if (klines !== 'unknown' && day.standIn.disagreeing > 0) result.push('klines_disagree');
  }
  if (day.hasRefused) result.push('trades_refused');
  return result;
}

function extremes(day: DayState, why: readonly Reason[]): Pick<DayFigures, 'high' | 'low' | 'range'> {
  const { sums, standIn } = day;
  const high = most(Math.max, sums.high, standIn.high);
  const low = most(Math.min, sums.low, standIn.low);
  const range = high === null || low === null ? null : difference(high, low);
  return { high: figure(high, why), low: figure(low, why), range: figure(range, why) };
}

function openingRange(
  day: DayState,
  now: number,
  why: (window: Span) => readonly Reason[],
): Figure<OpeningRange> {
  const from = day.start + FIRST_SESSION_MS;
  if (now < from) return absent('not_yet');
  const hi = most(Math.max, day.sums.openingHigh, day.standIn.openingHigh);
  const lo = most(Math.min, day.sums.openingLow, day.standIn.openingLow);
  const to = Math.min(now, day.start + OPENING_RANGE_END_MS);
  return figure(hi === null || lo === null ? null : { hi, lo }, why({ from, to }));
}

type Sides = Pick<
  DayFigures,
  | 'pre_market_buy_volume'
  | 'pre_market_sell_volume'
  | 'pre_market_delta'
  | 'live_buy_volume'
  | 'live_sell_volume'
  | 'live_delta'
>;

/** Nobody but a trade says who bought: where no trade is known of a part of the day, these are absent. */
function sides(
  day: DayState,
  coverage: readonly CoverageSpan[],
  now: number,
  why: (window: Span) => readonly Reason[],
): Sides {
  const first = day.start + FIRST_SESSION_MS;
  const { preMarket, live } = day.sums.sides;
  const told = (window: Span, [buy, sell]: readonly [Decimal, Decimal]) => {
    const reasons = why(window);
    const isKnown =
      window.from >= window.to ||
      sourcesIn(coverage, window).has('trades') ||
      buy.mantissa + sell.mantissa > 0n;
    return (value: Decimal): Figure<number> =>
      isKnown ? figure(decimalNumber(value), reasons) : absent(...reasons);
  };
  const before = told({ from: day.start, to: Math.min(now, first) }, preMarket);
  const after = told({ from: first, to: now }, live);
  return {
    pre_market_buy_volume: before(preMarket[0]),
    pre_market_sell_volume: before(preMarket[1]),
    pre_market_delta: before(minus(...preMarket)),
    live_buy_volume: after(live[0]),
    live_sell_volume: after(live[1]),
    live_delta: after(minus(...live)),
  };
}

function most(choose: (a: number, b: number) => number, a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : choose(a, b);
}

/** 65000.3 - 65000.1 is 0.2. */
function difference(a: number, b: number): number {
  return decimalNumber(minus(shortestDecimal(a), shortestDecimal(b)));
}
