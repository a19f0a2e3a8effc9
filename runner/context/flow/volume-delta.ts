/**
 * Buying less selling over the last 1 to 3,600 seconds.
 *
 * What was traded is summed by the second in which it happened, so a trade costs constant time and a late or healed one goes where it
 * belongs. A window of n seconds is the present second, as far as it has come, and the n - 1 before it. "Present" is the exchange's
 * clock, or the newest trade when that is ahead.
 */
import { type UnixMs, unixMs } from '../../../shared/time.ts';
import { FlowRows } from './flow-rows.ts';
import { type FlowSums, flowSums, type IsWhole } from './flow-sums.ts';
import type { Quantity } from './sum-pairs.ts';

/** The longest window, in seconds. */
export const MAX_PERIOD_S = 3_600;

export type VolumeDeltaView = FlowSums & {
  /** Seconds. */
  readonly period: number;
  /** The beginning of the window, exchange time, ms. */
  readonly start_time: UnixMs;
  /** Its end, exchange time, ms: now, or of a block of the past its last millisecond. */
  readonly timestamp: UnixMs;
};

/** One of the blocks of equal length into which the past hour is cut. */
export type VolumeDeltaBlock = VolumeDeltaView & {
  /** False for the newest one while it lasts. */
  readonly closed: boolean;
};

export class VolumeDelta {
  readonly #isWhole: IsWhole;
  /** A row a second in which something traded, by that second. */
  readonly rows = new FlowRows(MAX_PERIOD_S);
  #newest = 0;

  /** `isWhole` says where something is missing. */
  constructor(isWhole: IsWhole) {
    this.#isWhole = isWhole;
  }

  /** Adds a trade, in whatever order they come; one that is over an hour older than the newest changes nothing. */
  add(timestamp: number, isBuy: boolean, qty: Quantity): void {
    if (timestamp > this.#newest) this.#newest = timestamp;
    const second = Math.floor(timestamp / 1_000);
    const oldest = Math.floor(this.#newest / 1_000) - MAX_PERIOD_S + 1;
    if (second < oldest) return;
    let index = this.rows.indexOf(second);
    if (this.rows.keyAt(index) !== second) {
      for (; (this.rows.keyAt(0) ?? oldest) < oldest; index -= 1) this.rows.forgetOldest();
      index = this.rows.insert(index + 1, second);
    }
    this.rows.add(index, isBuy, qty);
  }

  /** `period`: whole seconds, 1 to 3,600. */
  view(period: number, now: UnixMs): VolumeDeltaView {
    assertPeriod(period);
    const end = Math.max(now, this.#newest);
    const second = Math.floor(end / 1_000);
    return this.#between(second - period + 1, second, end, period);
  }

  /**
   * The past hour in blocks of `period` seconds, which begin at the multiples of it by the exchange's clock; newest first, at most
   * `limit`. Blocks in which nothing traded are told, too; one that began more than an hour ago is not.
   */
  history(period: number, limit: number, now: UnixMs): readonly VolumeDeltaBlock[] {
    assertPeriod(period);
    const end = Math.max(now, this.#newest);
    const second = Math.floor(end / 1_000);
    const oldest = second - MAX_PERIOD_S + 1;
    const blocks: VolumeDeltaBlock[] = [];
    let start = second - (second % period);
    for (; start >= oldest && blocks.length < limit; start -= period) {
      const closed = start + period <= second;
      const last = closed ? start + period - 1 : second;
      const at = closed ? (last + 1) * 1_000 - 1 : end;
      blocks.push({ ...this.#between(start, last, at, period), closed });
    }
    return blocks;
  }

  /** Seconds, both included. `end`: of the span, in ms. */
  #between(first: number, last: number, end: number, period: number): VolumeDeltaView {
    const total = this.rows.total(this.rows.indexOf(first - 1) + 1, this.rows.indexOf(last) + 1);
    const complete = this.#isWhole(first * 1_000, end);
    return {
      period,
      start_time: unixMs(first * 1_000),
      timestamp: unixMs(end),
      ...flowSums(total, complete),
    };
  }
}

function assertPeriod(period: number): void {
  if (!(Number.isInteger(period) && period >= 1 && period <= MAX_PERIOD_S))
    throw new RangeError(`period must be a whole number of seconds from 1 to ${MAX_PERIOD_S}, not ${period}`);
}
