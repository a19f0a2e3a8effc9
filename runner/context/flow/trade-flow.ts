/**
 * The flow of one instrument's trades: cumulative volume delta and the delta of the last seconds.
 *
 * Memory: some 30 bytes for each second of the last hour in which something traded, at most 120 KB, and 7 KB for the history of the
 * CVD; a symbol that does not trade takes 1 KB. 600 symbols that all trade in each second of an hour take 77 MB, with trades in a
 * tenth of the seconds 14 MB.
 */

import { DAY_MS } from '../../../shared/day-totals.ts';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import type { GapEvent } from '../../../shared/events/process-events.ts';
import { DecimalReader, shortestDecimal } from '../../../shared/exact/decimal.ts';
import { isWithin } from '../../../shared/spans.ts';
import type { Millis, UnixMs } from '../../../shared/time.ts';
import { isAbsurd } from '../../intake/absurd-time.ts';
import { isLive } from '../../intake/trade-order.ts';
import { LiveCoverage } from '../day/live-coverage.ts';
import { Cvd, type CvdPeriod, type CvdView } from './cvd.ts';
import type { IsWhole } from './flow-sums.ts';
import { VolumeDelta, type VolumeDeltaBlock, type VolumeDeltaView } from './volume-delta.ts';

/** Seconds with trades of impossible times that are remembered, the newest: a clock that is wrong for longer is seen in /health. */
const MAX_REFUSED = 1_000;

export class TradeFlow {
  readonly #reader = new DecimalReader();
  /** Its own: the CVD looks further back than the levels of a day. */
  readonly #seen = new LiveCoverage();
  /** Seconds of trades that were left out. */
  readonly #refused = new Set<number>();
  readonly #isWhole: IsWhole = (from, to) => this.#isAdded(from, to);
  readonly #cvd: Cvd;
  readonly #delta = new VolumeDelta(this.#isWhole);

  /** `cvdResetMs`: CVD_RESET_SECONDS in ms. */
  constructor(cvdResetMs: Millis) {
    this.#cvd = new Cvd(cvdResetMs, this.#isWhole);
  }

  /** Memory of what is summed. */
  get bytes(): number {
    return this.#cvd.rows.bytes + this.#delta.rows.bytes;
  }

  /** Adds a trade, live, late, healed or from the archive, each once. One whose time is impossible is left out. */
  add(trade: TradeEvent, exchangeNow: UnixMs): void {
    const { timestamp } = trade;
    if (isAbsurd(timestamp, exchangeNow)) {
      // Either the trade has a wrong time or we have, after our clock was set back: then what is now lacks it.
      if (Math.abs(timestamp - exchangeNow) < DAY_MS) this.#refuse(timestamp);
      return;
    }
    const qty = this.#reader.read(trade.qty) ? this.#reader : shortestDecimal(trade.qty);
    const isBuy = trade.side === 'buy';
    if (isLive(trade)) this.#seen.seen(timestamp);
    this.#cvd.add(timestamp, isBuy, qty);
    this.#delta.add(timestamp, isBuy, qty);
  }

  /** A gap of this instrument's trades was opened, got its end, or was healed. */
  gap(gap: GapEvent): void {
    this.#seen.gap(gap);
  }

  cvd(now: UnixMs): CvdView {
    return this.#cvd.view(now);
  }

  /** The periods that are over, newest first. */
  cvdHistory(limit: number, now: UnixMs): readonly CvdPeriod[] {
    return this.#cvd.history(limit, now);
  }

  /** Begins the CVD anew by hand; answers when that was, exchange time. The next reset by the clock comes at its time. */
  resetCvd(now: UnixMs): UnixMs {
    return this.#cvd.reset(now);
  }

  /** Of the last `period` seconds: a whole number from 1 to 3,600. */
  volumeDelta(period: number, now: UnixMs): VolumeDeltaView {
    return this.#delta.view(period, now);
  }

  /** Blocks of `period` seconds of the past hour, newest first. */
  volumeDeltaHistory(period: number, limit: number, now: UnixMs): readonly VolumeDeltaBlock[] {
    return this.#delta.history(period, limit, now);
  }

  #isAdded(from: number, to: number): boolean {
    for (const second of this.#refused) if (second >= from - 999 && second <= to) return false;
    return isWithin({ from, to: to + 1 }, this.#seen.spans);
  }

  #refuse(timestamp: number): void {
    this.#refused.add(timestamp - (timestamp % 1_000));
    const [oldest] = this.#refused;
    if (this.#refused.size > MAX_REFUSED && oldest !== undefined) this.#refused.delete(oldest);
  }
}
