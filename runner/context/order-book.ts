/**
 * The price levels of one stream of one symbol, or the knowledge that they are not known.
 *
 *            snapshot         delta                     invalidate
 *   empty    valid, invalid   ignored                   invalid
 *   valid    valid, invalid   valid, dropped, invalid   invalid
 *   invalid  valid, invalid   ignored                   invalid
 *
 * A book that is wrong once stays wrong until the next snapshot, so then its levels are thrown away at once. A frame counts
 * as a whole: within one the best bid may stand above the best ask for a moment (bybit-payload-traps.md, 10).
 */
import type { DepthEvent } from '../../shared/events/market-events.ts';
import type { Level } from '../../shared/market.ts';
import { BookSide } from './book-side.ts';

/** More levels than this on one side are not kept, whatever the child claims its depth to be. */
const MAX_DEPTH = 2_000;

export type BookBreak = 'book_gap' | 'book_crossed';

/** What one event did to the book. */
export type BookChange = 'replaced' | 'changed' | 'duplicate' | 'ignored' | BookBreak;

export type BookState =
  | { readonly kind: 'empty' }
  | { readonly kind: 'valid' }
  | { readonly kind: 'invalid'; readonly reason: string };

/** What can be copied of a book. */
export type CopiedBook = Pick<OrderBook, 'seq' | 'lastUpdateId'> & {
  readonly bids: Pick<BookSide, 'copyTo'>;
  readonly asks: Pick<BookSide, 'copyTo'>;
};

/** Hears of each state of one book that is true; undefined: the book broke, and what came before is another story. */
export type BookWatcher = (book: CopiedBook | undefined) => void;

const EMPTY: BookState = { kind: 'empty' };
const VALID: BookState = { kind: 'valid' };

export class OrderBook {
  readonly #depth: number;
  readonly #bids = new BookSide('buy');
  readonly #asks = new BookSide('sell');
  #state: BookState = EMPTY;
  #lastUpdateId: number | undefined;
  #timestamp: number | undefined;
  #seq: number | undefined;
  #watcher: BookWatcher | undefined;

  constructor(depth: number) {
    this.#depth = Math.min(depth, MAX_DEPTH);
  }

  /** Applies a whole frame. An event without `action` is a snapshot. */
  apply(event: DepthEvent): BookChange {
    if (event.action !== 'delta') {
      this.#bids.replace(event.bids);
      this.#asks.replace(event.asks);
      this.#state = VALID;
      return this.#settle(event, 'replaced');
    }
    if (this.#state.kind !== 'valid' || this.#lastUpdateId === undefined) return 'ignored';
    // What is old has an old time, too; else the exchange counts anew and we did not see its snapshot.
    if (event.last_update_id <= this.#lastUpdateId && event.timestamp <= (this.#timestamp ?? 0))
      return 'duplicate';
    // Each delta has the next update id (bybit-v5.md 3.2).
    if (event.last_update_id !== this.#lastUpdateId + 1) {
      return this.#break('book_gap', `update ${event.last_update_id} came after ${this.#lastUpdateId}`);
    }
    this.#bids.apply(event.bids);
    this.#asks.apply(event.asks);
    return this.#settle(event, 'changed');
  }

  /** What is known is no longer true: a disconnect, a resync, a dead child. Only a snapshot makes the book valid again. */
  invalidate(reason: string): void {
    this.#state = { kind: 'invalid', reason };
    this.#bids.clear();
    this.#asks.clear();
    this.#watcher?.(undefined);
  }

  /** From now on `watcher` hears of each state, the present one first; there is one at most. */
  watch(watcher: BookWatcher): void {
    this.#watcher = watcher;
    if (this.#state.kind === 'valid') watcher(this);
  }

  unwatch(): void {
    this.#watcher = undefined;
  }

  get state(): BookState {
    return this.#state;
  }

  /** Of the last frame that was applied; undefined before the first. */
  get lastUpdateId(): number | undefined {
    return this.#lastUpdateId;
  }

  /** Matching engine time of the last frame that was applied, ms; undefined before the first. */
  get timestamp(): number | undefined {
    return this.#timestamp;
  }

  /** Sequence of the matching engine of the last frame that was applied; undefined where the connector does not say it. */
  get seq(): number | undefined {
    return this.#seq;
  }

  get bids(): Pick<BookSide, 'size' | 'bestPrice' | 'bestQty' | 'copyTo'> {
    return this.#bids;
  }

  get asks(): Pick<BookSide, 'size' | 'bestPrice' | 'bestQty' | 'copyTo'> {
    return this.#asks;
  }

  /** Copies of the best levels of both sides, best first. */
  top(levels: number): { readonly bids: readonly Level[]; readonly asks: readonly Level[] } {
    return { bids: this.#bids.top(levels), asks: this.#asks.top(levels) };
  }

  #settle(event: DepthEvent, change: 'replaced' | 'changed'): BookChange {
    this.#bids.trim(this.#depth);
    this.#asks.trim(this.#depth);
    this.#lastUpdateId = event.last_update_id;
    this.#timestamp = event.timestamp;
    this.#seq = event.seq;
    const bid = this.#bids.bestPrice;
    const ask = this.#asks.bestPrice;
    if (bid !== undefined && ask !== undefined && bid >= ask) {
      return this.#break('book_crossed', `the best bid ${bid} is not below the best ask ${ask}`);
    }
    this.#watcher?.(this);
    return change;
  }

  #break(code: BookBreak, what: string): BookChange {
    this.invalidate(`${code}: ${what}`);
    return code;
  }
}
