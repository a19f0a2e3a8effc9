/** The book of the socket that is not listened to: whole, and up to the newest update that its socket brought. */
import type { DepthEvent } from '../../../shared/events/market-events.ts';
import { MOST_WAITING, type Place, type Spare, type Standing, type TakeOver } from './spare.ts';

type Level = readonly [price: number, qty: number];

/** What stays of an update that was folded in. The update itself would keep the memory of its frame. */
type Head = Omit<DepthEvent, 'action' | 'bids' | 'asks'>;

/** The sequence is taken to have begun anew where the time of the matching engine says the contrary by more than this. */
const BEGAN_ANEW_MS = 10_000;

/** A whole book, up to the newest update that was told, and the updates since. */
export class SpareBook implements Spare<DepthEvent> {
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  /** The update up to which the levels stand. */
  #base: Head | undefined;
  #waiting: DepthEvent[] = [];
  /** The newest update that was told. */
  #told: Place | undefined;

  standing(last: Place | undefined): Standing {
    const newest = this.#waiting.at(-1) ?? this.#base;
    if (newest === undefined) return 'none';
    if (last === undefined || isAfter(newest, last)) return 'ready';
    return isAfter(last, newest) ? 'behind' : 'level';
  }

  hold(event: DepthEvent): void {
    if (event.action !== 'delta') {
      this.clear();
      this.#fold(event);
    } else if (this.#base !== undefined && this.#isTold(event)) {
      this.#fold(event);
    } else if (this.#base !== undefined) {
      this.#waiting.push(event);
      if (this.#waiting.length > MOST_WAITING) this.#foldFirst(1);
    }
  }

  told(_event: DepthEvent, place: Place): void {
    this.#told = place;
    if (this.#waiting.length === 0) return;
    const newer = this.#waiting.findIndex((waiting) => isAfter(waiting, place));
    this.#foldFirst(newer < 0 ? this.#waiting.length : newer);
  }

  takeOver(last: Place | undefined): TakeOver<DepthEvent> {
    if (this.#base === undefined) return { events: [], isWhole: false };
    const isWhole = last === undefined || !isAfter(this.#base, last);
    // What was told is never taken back: the first update that is newer is part of the snapshot then.
    if (last !== undefined && isAfter(last, this.#base)) this.#foldFirst(1);
    const { base, depth } = { base: this.#base, depth: this.#base.depth ?? this.#bids.size };
    const snapshot: DepthEvent = {
      ...base,
      action: 'snapshot',
      bids: [...this.#bids].sort(([one], [other]) => other - one).slice(0, depth),
      asks: [...this.#asks].sort(([one], [other]) => one - other).slice(0, depth),
    };
    return { events: [snapshot, ...this.#waiting], isWhole };
  }

  tookOver(): void {
    this.clear();
  }

  clear(): void {
    this.#bids.clear();
    this.#asks.clear();
    this.#base = undefined;
    this.#waiting = [];
  }

  #isTold(event: DepthEvent): boolean {
    return this.#told !== undefined && !isAfter(event, this.#told);
  }

  #foldFirst(count: number): void {
    for (const event of this.#waiting.splice(0, count)) this.#fold(event);
  }

  #fold(event: DepthEvent): void {
    set(this.#bids, event.bids);
    set(this.#asks, event.asks);
    this.#base = headOf(event);
  }
}

/** Field by field: what was cut out of a frame is empty when it is spread. */
function headOf(event: DepthEvent): Head {
  return {
    type: event.type,
    category: event.category,
    symbol: event.symbol,
    depth: event.depth,
    timestamp: event.timestamp,
    sent_at: event.sent_at,
    received_at: event.received_at,
    last_update_id: event.last_update_id,
    seq: event.seq,
  };
}

function set(side: Map<number, number>, levels: readonly Level[]): void {
  for (const [price, qty] of levels) {
    if (qty === 0) side.delete(price);
    else side.set(price, qty);
  }
}

/**
 * Is `a` newer than `b`? The sequence is the matching engine's and comparable over sockets; update ids are not. Of one that began
 * anew the times tell, so that a socket that goes on after it is not waited for as one that is behind.
 */
function isAfter(a: Place, b: Place): boolean {
  if (a.seq === undefined || b.seq === undefined) return a.timestamp > b.timestamp;
  const bySequence = a.seq > b.seq;
  if (Math.abs(a.timestamp - b.timestamp) <= BEGAN_ANEW_MS) return bySequence;
  return a.timestamp > b.timestamp;
}
