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

const EMPTY: BookState = { kind: 'empty' };
const VALID: BookState = { kind: 'valid' };

export class OrderBook {
  readonly #depth: number;
  readonly #bids = new BookSide('buy');
  readonly #asks = new BookSide('sell');
  #state: BookState = EMPTY;
  #lastUpdateId: number | undefined;
  #timestamp: number | undefined;

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
    if (event.last_update_id <= this.#lastUpdateId) return 'duplicate';
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

  get bids(): Pick<BookSide, 'size' | 'bestPrice' | 'bestQty'> {
    return this.#bids;
  }

  get asks(): Pick<BookSide, 'size' | 'bestPrice' | 'bestQty'> {
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
    const bid = this.#bids.bestPrice;
    const ask = this.#asks.bestPrice;
    if (bid !== undefined && ask !== undefined && bid >= ask) {
      return this.#break('book_crossed', `the best bid ${bid} is not below the best ask ${ask}`);
    }
    return change;
  }

  #break(code: BookBreak, what: string): BookChange {
    this.invalidate(`${code}: ${what}`);
    return code;
  }
}
