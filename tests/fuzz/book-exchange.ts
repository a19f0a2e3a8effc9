/** An exchange that keeps one book and tells of it, well or badly: the truth that served books are held against. */
import type { Level } from '../../shared/market.ts';
import type { Dice } from './scale.ts';

/** One frame of a book. `epoch` is known to the oracle alone: update ids begin anew with it. */
export type BookFrameSent = {
  readonly action: 'snapshot' | 'delta';
  readonly u: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  /** Matching engine time, ms. */
  readonly at: number;
  readonly epoch: number;
};

type Side = Map<number, number>;

const T0 = 1_750_000_000_000;
/** Prices of bids are 1 to 20 ticks of 0.5, those of asks 21 to 40. */
const TICKS = 20;

export class BookExchange {
  readonly #dice: Dice;
  readonly #bids: Side = new Map();
  readonly #asks: Side = new Map();
  #u = 1_000;
  #epoch = 0;
  #at = T0;

  constructor(dice: Dice) {
    this.#dice = dice;
    this.#fill();
  }

  /** All levels as they are now. */
  snapshot(): BookFrameSent {
    const bids = [...this.#bids].toSorted(([one], [other]) => other - one);
    const asks = [...this.#asks].toSorted(([one], [other]) => one - other);
    // The exchange sorts its levels; who reads them must not rely on it.
    if (this.#dice.oneIn(8)) bids.reverse();
    return this.#frame('snapshot', bids, asks);
  }

  /** Some levels change. */
  delta(): BookFrameSent {
    this.#step();
    return this.#frame('delta', this.#change(this.#bids, 1), this.#change(this.#asks, 1 + TICKS));
  }

  /** One side, or both, are taken away. */
  emptied(): BookFrameSent {
    this.#step();
    const bids = this.#dice.oneIn(2) ? this.#clear(this.#bids) : [];
    return this.#frame(
      'delta',
      bids,
      bids.length === 0 || this.#dice.oneIn(2) ? this.#clear(this.#asks) : [],
    );
  }

  /** A frame that is wrong in itself: after it the best bid is not below the best ask. The book of the exchange stays right. */
  crossed(): BookFrameSent {
    this.#step();
    const price = (TICKS + this.#dice.below(2)) / 2;
    return this.#frame('delta', [[price, 1]], [[price, 2]]);
  }

  /** The service starts anew: another book, update ids from 1. */
  restart(): void {
    this.#step();
    this.#epoch += 1;
    this.#u = 1;
    this.#fill();
  }

  #step(): void {
    this.#u += 1;
    this.#at += 1 + this.#dice.below(20);
  }

  #frame(action: 'snapshot' | 'delta', bids: readonly Level[], asks: readonly Level[]): BookFrameSent {
    return { action, u: this.#u, bids, asks, at: this.#at, epoch: this.#epoch };
  }

  #fill(): void {
    this.#bids.clear();
    this.#asks.clear();
    for (let count = this.#dice.below(8); count > 0; count -= 1) {
      this.#change(this.#bids, 1);
      this.#change(this.#asks, 1 + TICKS);
    }
  }

  #change(side: Side, lowest: number): Level[] {
    const changes: Level[] = [];
    for (let count = this.#dice.below(4); count > 0; count -= 1) {
      const price = (lowest + this.#dice.below(TICKS)) / 2;
      const qty = this.#dice.below(4) / 4;
      if (qty === 0) side.delete(price);
      else side.set(price, qty);
      changes.push([price, qty]);
    }
    return changes;
  }

  #clear(side: Side): Level[] {
    const gone = [...side.keys()].map((price): Level => [price, 0]);
    side.clear();
    return gone;
  }
}

/** What a reader who misses nothing knows; undefined while the frames that came do not tell it. As plain as possible. */
export class NaiveBook {
  #known: { bids: Side; asks: Side; u: number; epoch: number } | undefined;

  /** A frame that came for the first time. Repetitions of old ones must not be given. */
  take({ action, u, epoch, bids, asks }: BookFrameSent): void {
    if (action === 'snapshot') this.#known = { bids: new Map(), asks: new Map(), u, epoch };
    const known = this.#known;
    if (known === undefined) return;
    if (action === 'delta' && (u !== known.u + 1 || epoch !== known.epoch)) return this.forget();
    known.u = u;
    for (const [side, levels] of [
      [known.bids, bids],
      [known.asks, asks],
    ] as const) {
      for (const [price, qty] of levels) {
        if (qty === 0) side.delete(price);
        else side.set(price, qty);
      }
    }
    if (Math.max(...known.bids.keys()) >= Math.min(...known.asks.keys())) this.forget();
  }

  forget(): void {
    this.#known = undefined;
  }

  get updateId(): number | undefined {
    return this.#known?.u;
  }

  /** All levels, best first; undefined when the book cannot be known. */
  top(): { readonly bids: readonly Level[]; readonly asks: readonly Level[] } | undefined {
    if (this.#known === undefined) return undefined;
    return {
      bids: [...this.#known.bids].toSorted(([one], [other]) => other - one),
      asks: [...this.#known.asks].toSorted(([one], [other]) => one - other),
    };
  }
}
