/**
 * One UTC day of one instrument: trades told one by one, totals of stored trades, and klines for what neither has.
 *
 * How parts join, without a trade twice and without a hole that is not told:
 * - The live feed is whole from `cut` on, the millisecond after its first trade (of that millisecond others may have come
 *   before it). Trades before the cut that are told one by one, the first one and healed ones, are `early`: they count, and
 *   they are remembered.
 * - `join` adds totals of stored trades and says which spans hold them completely. Spans lie before the cut and do not
 *   overlap. Early trades within them are taken out again: the totals have them. What is told of these spans later is left
 *   out as `covered`. Totals of the whole day take the place of everything.
 * - Klines (stand-in.ts) fill minutes that trades do not cover wholly; of these they are the rest. So of the minute in
 *   which the feed began the kline stands for what traded before the cut: its volume and turnover less those of the trades.
 *   Of a minute in which a span of stored trades begins or ends, it needs to be told their sums (`edges`).
 */
import { DAY_MS, type DayTotals, dayStart } from '../../../shared/day-totals.ts';
import { type Decimal, plus } from '../../../shared/exact/decimal.ts';
import { holds, isWithin, type Span, united, within } from '../../../shared/spans.ts';
import type { BinSize } from './bin-size.ts';
import type { DayCounts } from './figures.ts';
import { type LeftOut, leftOutAt, together } from './left-out.ts';
import { MinuteSums } from './minute-sums.ts';
import { isMinuteKline, MINUTE_MS, type MinuteKline, type StandIn, standIn } from './stand-in.ts';
import {
  type EdgeMinute,
  type JoinRefusal,
  joinRefusalOf,
  partlyCovered,
  type StoredPart,
} from './stored-part.ts';
import { type DayOf, type DayTrade, isPossiblePrice, isPossibleQty, TradeSums } from './trade-sums.ts';

/** A thousand come by REST, tens of thousands at most from a child that was read late. */
export const MAX_EARLY = 20_000;
export type AddOutcome = 'added' | 'covered' | 'refused';

export class DayState {
  readonly of: DayOf;
  readonly start: number;
  readonly end: number;
  readonly #maxPrices: number | undefined;
  #sums: TradeSums;
  #minutes = new MinuteSums();
  readonly #klines = new Map<number, MinuteKline>();
  #early: DayTrade[] = [];
  #joined: readonly Span[] = [];
  /** Starts of minutes of which stored trades cover a part, and nobody says how much traded in it. */
  readonly #unsplit = new Set<number>();
  #covered = 0;
  #absurd = 0;
  /** Missing in what is told of their time, unless stored trades of it were added. */
  #leftOut: LeftOut | undefined;
  #joinedTrades = 0;
  #live: readonly Span[] = [];
  #byTrades: readonly Span[] | undefined;
  #byKlines: readonly Span[] | undefined;
  #standIn: StandIn | undefined;
  /** Minutes that klines stand in for now: 1. */
  readonly #standing = new Uint8Array(DAY_MS / MINUTE_MS);
  /** One more for each change of what the levels are made of. */
  version = 0;

  constructor(of: DayOf, maxPrices?: number) {
    this.of = { category: of.category, symbol: of.symbol, date: of.date };
    this.start = dayStart(of.date);
    this.end = this.start + DAY_MS;
    this.#maxPrices = maxPrices;
    this.#sums = new TradeSums(this.of, maxPrices);
  }

  /** Adds a trade of this day. @param isEarly - it came before the cut */
  add(trade: DayTrade, isEarly: boolean): AddOutcome {
    if (this.#joined.length > 0 && holds(this.#joined, trade.timestamp)) {
      this.#covered += 1;
      return 'covered';
    }
    if (!isPossiblePrice(trade.price) || !isPossibleQty(trade.qty)) {
      this.#absurd += 1;
      this.version += 1;
      return 'refused';
    }
    if (isEarly && !this.#remember(trade)) return 'refused';
    const minute = this.#minuteOf(trade.timestamp);
    this.#sums.add(trade);
    this.#minutes.add(minute, trade.price, trade.qty, 1);
    if (this.#standing[minute] === 1) this.#standIn = undefined;
    this.version += 1;
    return 'added';
  }

  /** Trades of this day were not taken, although they happened. */
  leaveOut(trades: LeftOut): void {
    if (!isWithin(trades, this.#joined)) this.#leftOut = together(this.#leftOut, trades);
  }

  /** Adds totals of stored trades. @param cut - from when on the live feed is whole; Infinity while there is none; @param now - exchange time */
  join({ totals, spans, edges = [] }: StoredPart, cut: number, now: number): JoinRefusal | undefined {
    const parts = united(spans);
    const day = { from: this.start, to: this.end };
    const refusal = joinRefusalOf(totals, parts, { of: this.of, day, joined: this.#joined, cut, now });
    if (refusal !== undefined) return refusal;
    if (isWithin(day, parts)) this.#restart();
    else this.#takeOutEarly(parts);
    this.#sums.merge(totals);
    this.#noteEdges(parts, edges);
    this.#joinedTrades += totals.trades;
    this.#joined = united([...this.#joined, ...parts]);
    this.#changed();
    return undefined;
  }

  /**
   * Takes klines of minutes of this day that are over; a second one of a minute replaces the first. Answers how many were
   * refused: the exchange's lists begin with the open one, whose sums nobody can compare.
   */
  joinKlines(klines: Iterable<MinuteKline>, now: number): number {
    let refused = 0;
    const until = Math.min(now, this.end) - MINUTE_MS;
    for (const kline of klines) {
      const isOurs = kline.start >= this.start && kline.start <= until && isMinuteKline(kline);
      if (isOurs) this.#klines.set(this.#minuteOf(kline.start), kline);
      else refused += 1;
    }
    this.#changed();
    return refused;
  }

  /** The feed has told all trades of these spans, and of no others. */
  covered(live: readonly Span[]): void {
    this.#live = within(live, { from: this.start, to: this.end });
    this.#changed();
  }

  /** The spans of this day that trades cover: what the feed told and what was stored. */
  get byTrades(): readonly Span[] {
    this.#byTrades ??= united([...this.#live, ...this.#joined]);
    return this.#byTrades;
  }

  /** The spans of which totals of stored trades were added. */
  get joined(): readonly Span[] {
    return this.#joined;
  }

  /** The spans of the minutes that klines are known of. */
  get byKlines(): readonly Span[] {
    this.#byKlines ??= united(
      [...this.#klines.values()]
        .filter(({ start }) => !this.#unsplit.has(start))
        .map(({ start }) => ({ from: start, to: start + MINUTE_MS })),
    );
    return this.#byKlines;
  }

  /** What klines add where trades do not cover a minute. Made anew only when something of it has changed. */
  get standIn(): StandIn {
    if (this.#standIn !== undefined) return this.#standIn;
    const { byTrades } = this;
    this.#standing.fill(0);
    const used = [...this.#klines]
      .filter(
        ([, { start }]) =>
          !this.#unsplit.has(start) && !isWithin({ from: start, to: start + MINUTE_MS }, byTrades),
      )
      .toSorted(([a], [b]) => a - b);
    for (const [minute] of used) this.#standing[minute] = 1;
    this.#standIn = standIn(used, this.#minutes, this.of.category);
    return this.#standIn;
  }

  /** The sums of trades; to be read only. */
  get sums(): TradeSums {
    return this.#sums;
  }

  /** Sums of trades and klines together. */
  get combined(): { readonly [of in 'volume' | 'notional' | 'squares']: Decimal } {
    const klines = this.standIn;
    return {
      volume: plus(this.#sums.volume, klines.volume),
      notional: plus(this.#sums.notional.decimal(), klines.notional),
      squares: plus(this.#sums.squares.decimal(), klines.squares),
    };
  }

  totals(tick: BinSize): DayTotals {
    return this.#sums.totals(tick);
  }

  /** Were trades left out whose time is said to be covered? */
  get hasRefused(): boolean {
    return this.#absurd > 0 || (this.#leftOut !== undefined && !isWithin(this.#leftOut, this.#joined));
  }

  get counts(): DayCounts {
    return {
      trades: this.#sums.trades,
      told: this.#sums.trades - this.#joinedTrades,
      covered: this.#covered,
      refused: this.#absurd + (this.#leftOut?.trades ?? 0),
      klines: this.#klines.size,
    };
  }

  /** Forgets all that was added: the whole day comes from one place. */
  #restart(): void {
    this.#sums = new TradeSums(this.of, this.#maxPrices);
    this.#minutes = new MinuteSums();
    this.#early = [];
    this.#joined = [];
    this.#unsplit.clear();
    this.#joinedTrades = 0;
    this.#absurd = 0;
    this.#leftOut = undefined;
  }

  #noteEdges(parts: readonly Span[], edges: readonly EdgeMinute[]): void {
    const partly = partlyCovered(parts);
    const known = new Set<number>();
    for (const { start, volume, notional } of edges) {
      if (!partly.includes(start) || known.has(start)) continue;
      known.add(start);
      this.#minutes.addSums(this.#minuteOf(start), volume, notional);
    }
    for (const start of partly) if (!known.has(start)) this.#unsplit.add(start);
  }

  #takeOutEarly(parts: readonly Span[]): void {
    const left: DayTrade[] = [];
    for (const trade of this.#early) {
      if (!holds(parts, trade.timestamp)) {
        left.push(trade);
        continue;
      }
      this.#sums.remove(trade);
      this.#minutes.add(this.#minuteOf(trade.timestamp), trade.price, trade.qty, -1);
    }
    this.#early = left;
  }

  #remember({ timestamp, price, qty, side, id }: DayTrade): boolean {
    if (this.#early.length >= MAX_EARLY) {
      this.leaveOut(leftOutAt(timestamp));
      return false;
    }
    this.#early.push({ timestamp, price, qty, side, id });
    return true;
  }

  /** Something else than one trade. */
  #changed(): void {
    this.#byTrades = undefined;
    this.#byKlines = undefined;
    this.#standIn = undefined;
    this.version += 1;
  }

  #minuteOf(timestamp: number): number {
    return Math.floor((timestamp - this.start) / MINUTE_MS);
  }
}
