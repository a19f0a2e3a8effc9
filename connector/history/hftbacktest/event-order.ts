/**
 * The order that hftbacktest demands: rows that the exchange side sees stand by the time of the exchange, rows that the local side sees by
 * the time of receipt. Where one order cannot serve both, a row is told twice: to the exchange side at its place, and to the local
 * side at its own (upstream's correct_event_order; the rules are those of its validate_event_order).
 *
 * Rows come in the order of telling, which is nearly right. How late a row can be is measured first (FeedMeasure); then no row has to wait
 * longer than that, and however long the feed is, only the rows of that span are in memory.
 *
 * Of rows with one exchange time the trades come first, or the queue before a resting order would shrink twice: by the trade, and by the change of
 * the level that the trade caused. Otherwise rows of one time stay as they came.
 */
import { eventFlags, eventKinds } from '../../../shared/hftbacktest.ts';
import { FeedError } from './failures.ts';
import type { PutRow } from './feed-rows.ts';
import { Lane } from './lane.ts';

/** How far rows are out of order, in ns. */
export type Lateness = {
  /** The most by which a row is earlier than one before it, by the time of the exchange and by that of receipt. */
  readonly exch: bigint;
  readonly local: bigint;
};

/** What has to be known of all rows before the first can be written. */
export class FeedMeasure {
  rows = 0;
  #leastLatency: bigint | undefined;
  #newest: { exch: bigint; local: bigint } | undefined;
  #late = { exch: 0n, local: 0n };

  add(exchTs: bigint, localTs: bigint): void {
    this.rows += 1;
    const latency = localTs - exchTs;
    if (this.#leastLatency === undefined || latency < this.#leastLatency) this.#leastLatency = latency;
    this.#newest ??= { exch: exchTs, local: localTs };
    const { exch, local } = this.#newest;
    if (exchTs >= exch) this.#newest.exch = exchTs;
    else if (exch - exchTs > this.#late.exch) this.#late.exch = exch - exchTs;
    if (localTs >= local) this.#newest.local = localTs;
    else if (local - localTs > this.#late.local) this.#late.local = local - localTs;
  }

  get lateness(): Lateness {
    return { ...this.#late };
  }

  /** Receipt less exchange, the least of all rows; undefined without rows. Negative when the clocks differ. */
  get leastLatency(): bigint | undefined {
    return this.#leastLatency;
  }

  /**
   * What is to be added to each receipt, so that none is before its event (upstream's correct_local_timestamp): nothing unless some
   * latency is negative; then as much as makes the least one `baseLatency`.
   */
  shift(baseLatency: bigint): bigint {
    const least = this.#leastLatency ?? 0n;
    return least < 0n ? baseLatency - least : 0n;
  }
}

type Waiting = {
  readonly ev: bigint;
  readonly exchTs: bigint;
  readonly localTs: bigint;
  readonly px: number;
  readonly qty: number;
  /** Counts rows as they came. */
  readonly place: number;
};

const { exch: EXCH, local: LOCAL } = eventFlags;
const KIND = 0xffn;

export class EventOrder {
  readonly #exch: Lane<Waiting>;
  readonly #local: Lane<Waiting>;
  readonly #waitingMax: number;
  #places = 0;

  /** `waitingMax`: so many rows may be in memory; one more throws FeedError too_far_out_of_order. */
  constructor(lateness: Lateness, waitingMax: number) {
    this.#exch = new Lane((row) => row.exchTs, isBeforeAtExchange, lateness.exch);
    this.#local = new Lane((row) => row.localTs, isBeforeAtReceipt, lateness.local);
    this.#waitingMax = waitingMax;
  }

  /** A row without flags of who sees it. */
  add(ev: bigint, exchTs: bigint, localTs: bigint, px: number, qty: number): void {
    const row = { ev, exchTs, localTs, px, qty, place: this.#places };
    this.#places += 1;
    this.#exch.add(row);
    this.#local.add(row);
    if (this.waiting > this.#waitingMax) {
      throw new FeedError(
        'too_far_out_of_order',
        `more than ${this.#waitingMax} rows would have to wait in memory for one that is told late. Healed trades may be the cause: ` +
          'take them as matched (healedTrades), choose a shorter span, or allow more (waitingMax)',
      );
    }
  }

  /** All rows were added: nothing waits for others any more. */
  end(): void {
    this.#exch.end();
    this.#local.end();
  }

  /** Rows in memory. */
  get waiting(): number {
    return Math.max(this.#exch.size, this.#local.size);
  }

  /** Puts the next row; false when it is not known yet, or there is none. */
  next(put: PutRow): boolean {
    const exch = this.#exch.head;
    const local = this.#local.head;
    if (exch !== undefined && local !== undefined) {
      if (exch === local) return this.#tell(put, exch, EXCH | LOCAL);
      const isExchFirst = isEarlierAtExchange(exch, local) ?? exch.localTs < local.localTs;
      return isExchFirst ? this.#tell(put, exch, EXCH) : this.#tell(put, local, LOCAL);
    }
    if (exch !== undefined && this.#local.isDone) return this.#tell(put, exch, EXCH);
    if (local !== undefined && this.#exch.isDone) return this.#tell(put, local, LOCAL);
    return false;
  }

  #tell(put: PutRow, row: Waiting, flags: bigint): true {
    if ((flags & EXCH) !== 0n) this.#exch.shift();
    if ((flags & LOCAL) !== 0n) this.#local.shift();
    put(row.ev | flags, row.exchTs, row.localTs, row.px, row.qty);
    return true;
  }
}

/** By time, then trades first; undefined when both are alike in this. */
function isEarlierAtExchange(a: Waiting, b: Waiting): boolean | undefined {
  if (a.exchTs !== b.exchTs) return a.exchTs < b.exchTs;
  const isTrade = (a.ev & KIND) === eventKinds.trade;
  return isTrade === ((b.ev & KIND) === eventKinds.trade) ? undefined : isTrade;
}

function isBeforeAtExchange(a: Waiting, b: Waiting): boolean {
  return isEarlierAtExchange(a, b) ?? a.place < b.place;
}

function isBeforeAtReceipt(a: Waiting, b: Waiting): boolean {
  return a.localTs === b.localTs ? a.place < b.place : a.localTs < b.localTs;
}

/** Which rule of upstream's validate_event_order the rows break; undefined when none. Fed row by row. */
export class OrderCheck {
  #exch: bigint | undefined;
  #local: bigint | undefined;

  /** The side whose rows go backwards with this one. */
  add(ev: bigint, exchTs: bigint, localTs: bigint): 'exchange' | 'local' | undefined {
    if ((ev & EXCH) !== 0n) {
      if (this.#exch !== undefined && exchTs < this.#exch) return 'exchange';
      this.#exch = exchTs;
    }
    if ((ev & LOCAL) !== 0n) {
      if (this.#local !== undefined && localTs < this.#local) return 'local';
      this.#local = localTs;
    }
    return undefined;
  }
}
