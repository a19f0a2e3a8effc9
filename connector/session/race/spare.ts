/**
 * What the socket that is not listened to keeps ready of one topic, so that it can take over at once.
 *
 * Books and tickers are never merged: each socket has a state of its own. Events of the spare that are newer than what was
 * told wait, so that nothing is left out when it takes over.
 */
import type { DepthEvent, LiquidationEvent, TickerEvent } from '../../../shared/events/market-events.ts';

/** Told, one after the other, when the spare takes over; `isWhole`: nothing is missing before the first of them. */
export type TakeOver<E> = { readonly events: readonly E[]; readonly isWhole: boolean };

export type Spare<E> = {
  /** It can take over. */
  readonly isReady: boolean;
  /** Its socket brought this. */
  readonly hold: (event: E) => void;
  /** This was told, of another socket. */
  readonly told: (event: E) => void;
  /** `last` is the newest that was told. */
  readonly takeOver: (last: E | undefined) => TakeOver<E>;
  /** It has taken over; `wasTold` is asked of all that its socket brings from now on. */
  readonly tookOver: () => void;
  /** Its socket brings late what another one had brought, and what was told then. */
  readonly wasTold?: (event: E) => boolean;
  /** What it holds does not join what will come. */
  readonly clear: () => void;
};

/** Events that wait; beyond, the oldest is folded into the state, and what it said alone would be missing. */
const MOST_WAITING = 256;

type Level = readonly [price: number, qty: number];

/** A whole book, up to the newest update that was told, and the updates since. */
export class SpareBook implements Spare<DepthEvent> {
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  /** The update up to which the levels stand. */
  #base: DepthEvent | undefined;
  #waiting: DepthEvent[] = [];
  /** The newest update that was told. */
  #told: DepthEvent | undefined;

  get isReady(): boolean {
    return this.#base !== undefined;
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

  told(event: DepthEvent): void {
    this.#told = event;
    if (this.#waiting.length === 0) return;
    const newer = this.#waiting.findIndex((waiting) => isAfter(waiting, event));
    this.#foldFirst(newer < 0 ? this.#waiting.length : newer);
  }

  takeOver(last: DepthEvent | undefined): TakeOver<DepthEvent> {
    const base = this.#base;
    if (base === undefined) return { events: [], isWhole: false };
    const depth = base.depth ?? this.#bids.size;
    // Field by field: what was cut out of a frame is empty when it is spread.
    const snapshot: DepthEvent = {
      type: 'depth',
      category: base.category,
      symbol: base.symbol,
      depth: base.depth,
      timestamp: base.timestamp,
      sent_at: base.sent_at,
      received_at: base.received_at,
      last_update_id: base.last_update_id,
      seq: base.seq,
      action: 'snapshot',
      bids: [...this.#bids].sort(([one], [other]) => other - one).slice(0, depth),
      asks: [...this.#asks].sort(([one], [other]) => one - other).slice(0, depth),
    };
    const events = [snapshot, ...this.#waiting];
    return { events, isWhole: last === undefined || !isAfter(base, last) };
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
    this.#base = event;
  }
}

function set(side: Map<number, number>, levels: readonly Level[]): void {
  for (const [price, qty] of levels) {
    if (qty === 0) side.delete(price);
    else side.set(price, qty);
  }
}

/** Is `a` newer than `b`? The sequence is the matching engine's and comparable over sockets; update ids are not. */
function isAfter(a: DepthEvent, b: DepthEvent): boolean {
  return a.seq !== undefined && b.seq !== undefined ? a.seq > b.seq : a.timestamp > b.timestamp;
}

/** The newest ticker, which is whole by itself: nothing of a state is missing when a newer one is told. */
export class SpareTicker implements Spare<TickerEvent> {
  #newest: TickerEvent | undefined;

  get isReady(): boolean {
    return this.#newest !== undefined;
  }

  hold(event: TickerEvent): void {
    this.#newest = event;
  }

  told(): void {}

  takeOver(last: TickerEvent | undefined): TakeOver<TickerEvent> {
    const newest = this.#newest;
    const isNews = newest !== undefined && (last === undefined || newest.timestamp > last.timestamp);
    return { events: isNews ? [newest] : [], isWhole: true };
  }

  tookOver(): void {
    this.clear();
  }

  clear(): void {
    this.#newest = undefined;
  }
}

/** When the exchange acknowledged the topic on a socket. */
export type LiquidationsUp = {
  readonly isUp: () => boolean;
  /** It was before this one, or so long ago that the other socket had surely not been lost yet. */
  readonly isSince: (last: LiquidationEvent | undefined) => boolean;
};

/**
 * Liquidations have no id, and two of them may be alike. Each that was told is crossed out once for each socket that brought it;
 * what the spare brought and nobody told waits.
 */
export class SpareLiquidations implements Spare<LiquidationEvent> {
  readonly #up: LiquidationsUp;
  #waiting: LiquidationEvent[] = [];
  /** Told, and not yet brought by this socket. */
  #owed: string[] = [];
  #wasFull = false;

  constructor(up: LiquidationsUp) {
    this.#up = up;
  }

  get isReady(): boolean {
    return this.#up.isUp();
  }

  hold(event: LiquidationEvent): void {
    if (this.wasTold(event)) return;
    this.#waiting.push(event);
    if (this.#waiting.length <= MOST_WAITING) return;
    this.#waiting.shift();
    this.#wasFull = true;
  }

  told(event: LiquidationEvent): void {
    // What is told while the socket is away it will never bring.
    if (!this.#up.isUp()) return;
    const name = nameOf(event);
    const place = this.#waiting.findIndex((waiting) => nameOf(waiting) === name);
    if (place >= 0) {
      // What waits before it was brought by this socket alone, or will still be told.
      this.#waiting.splice(place, 1);
      return;
    }
    this.#owed.push(name);
    if (this.#owed.length > MOST_WAITING) this.#owed.shift();
  }

  wasTold(event: LiquidationEvent): boolean {
    const place = this.#owed.indexOf(nameOf(event));
    if (place >= 0) this.#owed.splice(place, 1);
    return place >= 0;
  }

  takeOver(last: LiquidationEvent | undefined): TakeOver<LiquidationEvent> {
    return { events: this.#waiting, isWhole: !this.#wasFull && this.#up.isSince(last) };
  }

  tookOver(): void {
    this.#waiting = [];
    this.#wasFull = false;
  }

  clear(): void {
    this.#waiting = [];
    this.#owed = [];
    this.#wasFull = false;
  }
}

function nameOf({ timestamp, price, qty, position }: LiquidationEvent): string {
  return `${timestamp}:${price}:${qty}:${position}`;
}
