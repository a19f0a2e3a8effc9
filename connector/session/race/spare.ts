/**
 * What the socket that is not listened to keeps ready of one topic, so that it can take over at once.
 *
 * Books and tickers are never merged: each socket has a state of its own. Events of the spare that are newer than what was
 * told wait, so that nothing is left out when it takes over.
 */
import type { LiquidationEvent, TickerEvent } from '../../../shared/events/market-events.ts';

/** Where what was told stands among the events of its topic. The event itself would keep the memory of its frame. */
export type Place = {
  readonly timestamp: number;
  readonly received_at?: number | undefined;
  /** Only of books. */
  readonly seq?: number | undefined;
};

/** Told, one after the other, when the spare takes over; `isWhole`: nothing is missing before the first of them. */
export type TakeOver<E> = { readonly events: readonly E[]; readonly isWhole: boolean };

/**
 * How far a spare is, compared with what was told last. `none`: it has nothing. `behind`: what it has is older, so its socket is slow
 * or mute. `level`: it knows as much, and nothing new. `ready`: it can take over now.
 */
export type Standing = 'none' | 'behind' | 'level' | 'ready';

export type Spare<E> = {
  /** `last` is the newest that was told. */
  readonly standing: (last: Place | undefined) => Standing;
  /** Its socket brought this. */
  readonly hold: (event: E) => void;
  /** This was told, of another socket. */
  readonly told: (event: E, place: Place) => void;
  /** `last` is the newest that was told. */
  readonly takeOver: (last: Place | undefined) => TakeOver<E>;
  /** It has taken over; `wasTold` is asked of all that its socket brings from now on. */
  readonly tookOver: () => void;
  /** Its socket brings late what another one had brought, and what was told then. */
  readonly wasTold?: (event: E) => boolean;
  /** What it holds does not join what will come. */
  readonly clear: () => void;
};

/** Events that wait; beyond, the oldest is folded into the state, and what it said alone would be missing. */
export const MOST_WAITING = 256;

/** The newest ticker, which is whole by itself: nothing of a state is missing when a newer one is told. */
export class SpareTicker implements Spare<TickerEvent> {
  #newest: TickerEvent | undefined;

  standing(): Standing {
    return this.#newest === undefined ? 'none' : 'ready';
  }

  hold(event: TickerEvent): void {
    this.#newest = event;
  }

  told(): void {}

  takeOver(last: Place | undefined): TakeOver<TickerEvent> {
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
  readonly isSince: (last: Place | undefined) => boolean;
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

  standing(): Standing {
    return this.#up.isUp() ? 'ready' : 'none';
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

  takeOver(last: Place | undefined): TakeOver<LiquidationEvent> {
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
