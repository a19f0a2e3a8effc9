/**
 * The cumulative volume delta: what takers bought less what they sold, since the last reset.
 *
 * It begins anew at each multiple of CVD_RESET_SECONDS of the exchange's clock (counted from 1970, so with 3,600 on the hour, and the
 * same in every run), and by hand. A trade belongs to the period in which it happened, whenever it is told: a late or healed one
 * changes a closed period. Reading changes nothing, so that a clock that was set wrong for a moment costs no history.
 */
import { type Millis, type UnixMs, unixMs } from '../../../shared/time.ts';
import { FlowRows } from './flow-rows.ts';
import { type FlowSums, flowSums, type IsWhole } from './flow-sums.ts';
import type { Quantity } from './sum-pairs.ts';

/** Closed periods that are kept: a week of hours. Those that were ended by hand count, too. */
export const CVD_PERIODS_KEPT = 168;

export type CvdView = FlowSums & {
  /** Buying less selling since `reset_time`. The same as `volume_delta`, by the name that its readers know. */
  readonly cvd: number;
  /** Exchange time, ms. */
  readonly reset_time: UnixMs;
  readonly seconds_since_reset: number;
};

/** A period that is over: from `reset_time` up to `end_time`, which is not part of it. */
export type CvdPeriod = FlowSums & {
  readonly cvd: number;
  readonly reset_time: UnixMs;
  readonly end_time: UnixMs;
};

export class Cvd {
  readonly #length: Millis;
  readonly #isWhole: IsWhole;
  /** A row a period without holes, by its beginning in ms; the last one is the present one, or before it when nothing traded since. */
  readonly rows = new FlowRows(CVD_PERIODS_KEPT + 1);
  #newest = 0;

  /** `length`: CVD_RESET_SECONDS in ms. `isWhole` says where something is missing. */
  constructor(length: Millis, isWhole: IsWhole) {
    this.#length = length;
    this.#isWhole = isWhole;
  }

  /** Adds a trade, in whatever order they come; one older than all periods that are kept changes nothing. */
  add(timestamp: number, isBuy: boolean, qty: Quantity): void {
    if (timestamp > this.#newest) this.#newest = timestamp;
    const index = this.#rowFor(timestamp);
    if (index !== -1) this.rows.add(index, isBuy, qty);
  }

  /**
   * Begins anew by hand. `now`: exchange time. Where trades were told that are ahead of that clock, it is just after them: what
   * was counted before the reset stays before it. Answers when it was; twice at one moment is once.
   */
  reset(now: UnixMs): UnixMs {
    const at = Math.max(now, this.#newest + 1, this.rows.keyAt(this.rows.length - 1) ?? 0);
    const index = this.#rowFor(at);
    if (this.rows.keyAt(index) !== at) this.rows.insert(index + 1, at);
    return unixMs(at);
  }

  view(now: UnixMs): CvdView {
    const last = this.rows.length - 1;
    const lastKey = this.rows.keyAt(last) ?? 0;
    const end = Math.max(now, this.#newest, lastKey);
    const start = this.#startOf(end);
    const isThere = lastKey >= start;
    const from = isThere ? lastKey : start;
    const total = isThere ? this.rows.total(last, last + 1) : undefined;
    const sums = flowSums(total, this.#isWhole(from, end));
    return {
      cvd: sums.volume_delta,
      reset_time: unixMs(from),
      seconds_since_reset: (end - from) / 1_000,
      ...sums,
    };
  }

  /** The periods that are over, newest first; those in which nothing traded are told, too. */
  history(limit: number, now: UnixMs): readonly CvdPeriod[] {
    const periods: CvdPeriod[] = [];
    const most = Math.min(limit, CVD_PERIODS_KEPT);
    let index = this.rows.length - 1;
    if (index < 0) return periods;
    const lastKey = this.rows.keyAt(index) ?? 0;
    let end = this.#startOf(Math.max(now, this.#newest, lastKey));
    for (; end > lastKey + this.#length && periods.length < most; end -= this.#length)
      periods.push(this.#period(end - this.#length, end, undefined));
    // The present period is not over.
    if (end <= lastKey) {
      end = lastKey;
      index -= 1;
    }
    for (; index >= 0 && periods.length < most; index -= 1) {
      const from = this.rows.keyAt(index) ?? 0;
      periods.push(this.#period(from, end, index));
      end = from;
    }
    return periods;
  }

  /** `index`: of its row; undefined when nothing traded. */
  #period(from: number, end: number, index: number | undefined): CvdPeriod {
    const total = index === undefined ? undefined : this.rows.total(index, index + 1);
    const told = flowSums(total, this.#isWhole(from, end - 1));
    return { cvd: told.volume_delta, reset_time: unixMs(from), end_time: unixMs(end), ...told };
  }

  /** The index of the period that holds this time, made when it is not there; -1 when it is older than all that can be kept. */
  #rowFor(timestamp: number): number {
    const index = this.rows.indexOf(timestamp);
    const start = this.#startOf(timestamp);
    const key = this.rows.keyAt(index);
    if (key !== undefined && key >= start) return index;
    if (this.rows.length === 0) return this.rows.insert(0, start);
    return key === undefined ? this.#extendBack(start) : this.#extendTo(start, key);
  }

  /** Periods without trades between have a row each. */
  #extendTo(start: number, lastKey: number): number {
    const next = Math.max(this.#startOf(lastKey) + this.#length, start - CVD_PERIODS_KEPT * this.#length);
    for (let at = next; at <= start; at += this.#length) this.rows.insert(this.rows.length, at);
    return this.rows.length - 1;
  }

  /** Makes room for a trade that is older than all periods, as far as there is any. */
  #extendBack(start: number): number {
    const firstKey = this.rows.keyAt(0) ?? 0;
    const missing = Math.ceil((firstKey - start) / this.#length);
    if (this.rows.length + missing > this.rows.capacity) return -1;
    for (let back = missing - 1; back >= 0; back -= 1) this.rows.insert(0, start + back * this.#length);
    return 0;
  }

  #startOf(timestamp: number): number {
    return timestamp - (timestamp % this.#length);
  }
}
