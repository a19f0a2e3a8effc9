/** What of each book has left, for the beginning of a gap. Looked up for every update, so without building a key. */
import type { DepthEvent } from '../../shared/events/market-events.ts';
import type { GapBound } from '../../shared/events/process-events.ts';
import { type Category, type Depth, depths, type Topic } from '../../shared/market.ts';

export type BookPlace = {
  readonly topic: Topic & { readonly channel: 'depth'; readonly depth: Depth };
  /**
   * The last update that left, as numbers: its update id (NaN before the first), its time, its sequence (NaN where it has none).
   * The update itself would keep the text of its frame alive, of each book one, and a bound of each would cost more.
   */
  lastId: number;
  lastAt: number;
  lastSeq: number;
};

/** An update that waits, and what it will leave behind when it leaves. */
export type BookMark = {
  readonly place: BookPlace;
  readonly id: number;
  readonly at: number;
  readonly seq: number;
};

type Named = BookPlace & { readonly depth: number };

type BookName = {
  readonly category: Category;
  readonly symbol: string;
  readonly depth?: number | undefined;
};

export class BookPlaces {
  /** By symbol: its few books in all markets and depths. */
  readonly #bySymbol = new Map<string, Named[]>();

  of({ category, symbol, depth = 50 }: BookName): BookPlace {
    let books = this.#bySymbol.get(symbol);
    if (books === undefined) {
      books = [];
      this.#bySymbol.set(symbol, books);
    }
    for (let index = 0; index < books.length; index += 1) {
      const book = books[index];
      if (book?.depth === depth && book.topic.category === category) return book;
    }
    const known = depths.find((one) => one === depth) ?? 50;
    const place: Named = {
      topic: { channel: 'depth', category, symbol, depth: known },
      depth,
      lastId: Number.NaN,
      lastAt: 0,
      lastSeq: Number.NaN,
    };
    books.push(place);
    return place;
  }
}

/** An update has left. */
export function noteLeft(place: BookPlace, id: number, at: number, seq: number): void {
  place.lastId = id;
  place.lastAt = at;
  place.lastSeq = seq;
}

/** Where in its stream the last update that left stands; undefined before the first. */
export function boundOfLast({ lastId, lastAt, lastSeq }: BookPlace): GapBound | undefined {
  if (Number.isNaN(lastId)) return undefined;
  const bound = { id: String(lastId), timestamp: lastAt };
  return Number.isNaN(lastSeq) ? bound : { ...bound, seq: lastSeq };
}

/** Where in its stream an update of a book stands. */
export function boundOfUpdate({ last_update_id, timestamp, seq }: DepthEvent): GapBound {
  const id = String(last_update_id);
  return seq === undefined ? { id, timestamp } : { id, timestamp, seq };
}
