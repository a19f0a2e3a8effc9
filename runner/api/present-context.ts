/** Levels and statistics of a day as the API shows them: the names of the contract, ISO times, and of each how true it is. */
import type { InstrumentEvent } from '../../shared/events/market-events.ts';
import { type Decimal, minus, plus, shortestDecimal } from '../../shared/exact/decimal.ts';
import { decimalNumber } from '../../shared/exact/quotient.ts';
import type { Instrument } from '../../shared/market.ts';
import type { CoverageSpan, Figure, Reason } from '../context/day/coverage.ts';
import type { DaySums } from '../context/day/day-sums.ts';
import type { DayFigures } from '../context/day/figures.ts';
import { regimeOfDay } from '../context/flow/regime-of-day.ts';
import type {
  ContextPayload,
  DebugPocPayload,
  DebugTradesPayload,
  DebugVwapPayload,
  ExchangeInfoPayload,
  LevelsPayload,
  QualityPayload,
  RegimePayload,
  StatsPayload,
  StrategyMetricsPayload,
} from './context-payloads.ts';
import type { DaysView } from './context-ports.ts';
import { isoOrNull, isoTime } from './present-market.ts';

export type VwapMode = LevelsPayload['vwap_mode'];

/** Bins of /debug/poc. */
const DEBUG_BINS = 10;

export function presentLevels(of: Instrument, view: DaysView, mode: VwapMode): LevelsPayload {
  return { ...aboutOf(of, view), ...levelsOf(view, mode) };
}

export function presentContext(
  of: Instrument,
  view: DaysView,
  mode: VwapMode,
  price: number | undefined,
): ContextPayload {
  return {
    ...aboutOf(of, view),
    session: view.session,
    price: price ?? null,
    levels: levelsOf(view, mode),
    stats: statsOf(view.today),
    coverage: presentCoverage(view.today.coverage),
    previous_coverage: presentCoverage(view.previous.coverage),
  };
}

export function presentStrategyMetrics(of: Instrument, view: DaysView): StrategyMetricsPayload {
  const { today } = view;
  const { vwap, poc, footprint, bin_size, tick_source } = today;
  const bought = together([today.pre_market_buy_volume, today.live_buy_volume]);
  const sold = together([today.pre_market_sell_volume, today.live_sell_volume]);
  const isKnown = bought.value !== null && sold.value !== null;
  return {
    ...aboutOf(of, view),
    vwap: vwap.value,
    poc: poc.value,
    delta: isKnown ? difference(bought.value, sold.value) : null,
    buy_volume: bought.value,
    sell_volume: sold.value,
    footprint: (footprint.value ?? []).map((bin) => ({ ...bin })),
    bin_size,
    tick_source,
    quality: {
      vwap: qualityOf(vwap),
      poc: qualityOf(poc),
      delta: qualityOf(bought),
      footprint: qualityOf(footprint),
    },
  };
}

export function presentRegime(of: Instrument, view: DaysView): RegimePayload {
  const { regime, trend_score, range_score, threshold, parts, session, missing, exactness, reasons } =
    regimeOfDay(view.today, view.session);
  return {
    ...aboutOf(of, view),
    session,
    regime,
    trend_score,
    range_score,
    threshold,
    parts: parts === null ? null : { ...parts },
    missing: [...missing],
    exactness,
    reasons: [...reasons],
  };
}

export function presentDebugVwap(of: Instrument, view: DaysView): DebugVwapPayload {
  const { sums } = view;
  const { vwap, vwap_quote, counts, coverage, date } = view.today;
  return {
    ...aboutOf(of, view),
    date,
    vwap: vwap.value,
    vwap_quote: vwap_quote.value,
    ...qualityOf(vwap),
    volume: sums.volume,
    notional: sums.notional,
    squares: sums.squares,
    trades: counts.trades,
    klines: counts.klines,
    first_trade: presentPlace(sums.first),
    last_trade: presentPlace(sums.last),
    coverage: presentCoverage(coverage),
  };
}

export function presentDebugPoc(of: Instrument, view: DaysView): DebugPocPayload {
  const { poc, vah, val, footprint, bin_size, tick_source, date } = view.today;
  return {
    ...aboutOf(of, view),
    date,
    poc: poc.value,
    vah: vah.value,
    val: val.value,
    bin_size,
    tick_source,
    ...qualityOf(poc),
    bins: (footprint.value ?? []).slice(0, DEBUG_BINS).map((bin) => ({ ...bin })),
  };
}

export function presentDebugTrades(of: Instrument, view: DaysView): DebugTradesPayload {
  const { today, previous, leftOut } = view;
  return {
    ...aboutOf(of, view),
    date: today.date,
    live: today.counts.told,
    backfill: today.counts.trades - today.counts.told,
    covered: today.counts.covered,
    refused: today.counts.refused,
    klines: today.counts.klines,
    previous_live: previous.counts.told,
    previous_backfill: previous.counts.trades - previous.counts.told,
    too_old: leftOut.tooOld,
    in_future: leftOut.inFuture,
  };
}

export function presentExchangeInfo(
  { symbol, category }: Instrument,
  facts: InstrumentEvent | undefined,
): ExchangeInfoPayload {
  return {
    symbol,
    category,
    tickSize: facts?.tick_size ?? null,
    stepSize: facts?.qty_step ?? null,
    minQty: facts?.min_qty ?? null,
    minNotional: facts?.min_notional ?? null,
    ts: isoOrNull(facts?.at ?? null),
  };
}

function aboutOf({ symbol, category }: Instrument, { at }: DaysView) {
  return { symbol, category, ts: isoTime(at) };
}

function levelsOf({ today, previous }: DaysView, mode: VwapMode): ContextPayload['levels'] {
  const vwapOf = (day: DayFigures) => (mode === 'base' ? day.vwap : day.vwap_quote);
  const figures = {
    VWAP: vwapOf(today),
    POCd: today.poc,
    VAHd: today.vah,
    VALd: today.val,
    PDH: previous.high,
    PDL: previous.low,
    VAHprev: previous.vah,
    VALprev: previous.val,
    POCprev: previous.poc,
    VWAPprev: vwapOf(previous),
  };
  const range = today.opening_range;
  return {
    date: today.date,
    previous_date: previous.date,
    vwap_mode: mode,
    bin_size: today.bin_size,
    previous_bin_size: previous.bin_size,
    tick_source: today.tick_source,
    ...valuesOf(figures),
    OR: {
      hi: range.value?.hi ?? null,
      lo: range.value?.lo ?? null,
      startTs: isoTime(today.opening_start),
      endTs: isoTime(today.opening_end),
    },
    quality: { ...qualitiesOf(figures), OR: qualityOf(range) },
  };
}

function statsOf(today: DayFigures): StatsPayload {
  const figures = {
    rangeToday: today.range,
    cd_pre: today.pre_market_delta,
    pre_market_buy_volume: today.pre_market_buy_volume,
    pre_market_sell_volume: today.pre_market_sell_volume,
    live_buy_volume: today.live_buy_volume,
    live_sell_volume: today.live_sell_volume,
    live_delta: today.live_delta,
  };
  return { ...valuesOf(figures), quality: qualitiesOf(figures) };
}

type Figures<N extends string> = Readonly<Record<N, Figure<number>>>;

function valuesOf<N extends string>(figures: Figures<N>): Record<N, number | null> {
  return mapped(figures, ({ value }) => value);
}

function qualitiesOf<N extends string>(figures: Figures<N>): Record<N, QualityPayload> {
  return mapped(figures, qualityOf);
}

function mapped<N extends string, T>(figures: Figures<N>, of: (figure: Figure<number>) => T): Record<N, T> {
  const entries = Object.entries<Figure<number>>(figures).map(([name, figure]) => [name, of(figure)]);
  return Object.fromEntries(entries) as Record<N, T>;
}

function qualityOf({ exactness, reasons }: Figure<unknown>): QualityPayload {
  return { exactness, reasons: [...reasons] };
}

/** Parts of one sum: of those that are known, and approximate when one is not. */
function together(parts: readonly Figure<number>[]): Figure<number> {
  const known = parts.flatMap(({ value }) => (value === null ? [] : [shortestDecimal(value)]));
  const reasons = [...new Set<Reason>(parts.flatMap((part) => part.reasons))];
  if (known.length === 0) return { value: null, exactness: 'absent', reasons };
  const sum = known.reduce((before: Decimal, one) => plus(before, one));
  const isExact = parts.every(({ exactness }) => exactness === 'exact');
  return { value: decimalNumber(sum), exactness: isExact ? 'exact' : 'approximate', reasons };
}

function difference(a: number, b: number): number {
  return decimalNumber(minus(shortestDecimal(a), shortestDecimal(b)));
}

function presentPlace(place: DaySums['first']): DebugVwapPayload['first_trade'] {
  return place === null ? null : { price: place.price, time: isoTime(place.timestamp), trade_id: place.id };
}

function presentCoverage(spans: readonly CoverageSpan[]): ContextPayload['coverage'] {
  return spans.map(({ from, to, source }) => ({ from: isoTime(from), to: isoTime(to), source }));
}
