/**
 * Trades and books become rows of a hftbacktest feed: which kind, which side, which two times.
 *
 * A row has no flag yet of who sees it: that is decided when all rows are in order (event-order.ts). Here, and in what follows
 * from here, times are nanoseconds, as bigint: 1.7e18 is beyond 2^53.
 *
 * The receipt of an event is `received_at`. Where it tells none (stored trades, files of the exchange's archive: nobody received
 * them) the caller's latency makes one: time of the matching engine plus that latency.
 */
import type { TowlineEvent } from '../../../shared/events/event.ts';
import { type EventRow, eventFlags, eventKinds } from '../../../shared/hftbacktest.ts';
import type { Category, Level, Side } from '../../../shared/market.ts';
import { FeedError } from './failures.ts';

/** What of a trade a row is made from; TradeEvent is one. */
export type FeedTrade = {
  readonly type: 'trade';
  readonly category: Category;
  readonly symbol: string;
  readonly timestamp: number;
  readonly received_at?: number | undefined;
  readonly price: number;
  readonly qty: number;
  readonly side: Side;
  readonly block?: boolean | undefined;
  readonly origin?: 'live' | 'healed' | 'archive' | undefined;
};

/** What of a book a row is made from; DepthEvent is one. */
export type FeedBook = {
  readonly type: 'depth';
  readonly category: Category;
  readonly symbol: string;
  readonly timestamp: number;
  readonly sent_at?: number | undefined;
  readonly received_at?: number | undefined;
  readonly action?: 'snapshot' | 'delta' | undefined;
  readonly depth?: number | undefined;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};

/** Any event of a connector: what is neither a trade nor a book is passed over. */
export type FeedEvent = FeedTrade | FeedBook | { readonly type: OtherType };
type OtherType = Exclude<TowlineEvent['type'], 'trade' | 'depth'>;

export type FeedRules = {
  /** When a book happened: when the matching engine made it (the clock of the trades), or when the exchange sent it. */
  readonly bookTime: 'matched' | 'sent';
  /**
   * What a snapshot removes of each side: all of it, as the exchange asks for, or what is not worse than its worst price, so that levels beyond
   * its range stay. A side without levels is removed as a whole by both.
   */
  readonly clear: 'side' | 'range';
  /** Block trades are agreed upon off the book; hftbacktest would let them fill resting orders. */
  readonly blockTrades: 'leave_out' | 'keep';
  /** When a healed trade was received: when it was healed, or as if it had not been missed (by the latency). */
  readonly healedTrades: 'as_received' | 'as_matched';
};

export const usualRules: FeedRules = {
  bookTime: 'matched',
  clear: 'side',
  blockTrades: 'leave_out',
  healedTrades: 'as_received',
};

/** As hftbacktest's own converter of recorded Bybit frames has it. */
export const upstreamRules: FeedRules = {
  bookTime: 'sent',
  clear: 'range',
  blockTrades: 'keep',
  healedTrades: 'as_received',
};

export type FeedChoice = {
  readonly category: Category;
  readonly symbol: string;
  /** Which of the instrument's books, by its levels; one that does not say is taken, too. Null: trades alone. */
  readonly depth: number | null;
  /** From the matching engine to us, ns, for what tells no receipt; null when every event tells one. */
  readonly latency: bigint | null;
  readonly rules?: Partial<FeedRules>;
};

/** Takes one row: side and kind, the two times in ns, price and quantity. The other three fields of a row are 0. */
export type PutRow = (ev: bigint, exchTs: bigint, localTs: bigint, px: number, qty: number) => void;

const NS_OF_MS = 1_000_000n;
const NS_OF_MICRO = 1_000n;
const { buy, sell } = eventFlags;
/** A price that is no number clears a whole side. */
const WHOLE_SIDE = Number.NaN;

/** Maps the events of one instrument, and counts what became of them. */
export class FeedMapper {
  /** Events that became rows, and those of the instrument that were left out on purpose. */
  readonly counts = { trades: 0, books: 0, block_trades: 0, other_books: 0 };
  readonly #choice: FeedChoice;
  readonly #rules: FeedRules;

  constructor(choice: FeedChoice) {
    if (choice.latency !== null && choice.latency < 0n)
      throw new FeedError(
        'latency_wrong',
        `the latency is ${choice.latency} ns: nothing is received before it happens; give 0 or more`,
      );
    this.#choice = choice;
    this.#rules = { ...usualRules, ...choice.rules };
  }

  /**
   * Puts the rows of an event; none when it is not of the chosen instrument or book. `receivedNs` stands for its receipt where that is known
   * to the nanosecond. Throws FeedError local_time_missing.
   */
  map(event: FeedEvent, put: PutRow, receivedNs?: bigint): void {
    if (event.type === 'trade') this.#trade(event, put, receivedNs);
    else if (event.type === 'depth') this.#book(event, put, receivedNs);
  }

  #trade(trade: FeedTrade, put: PutRow, receivedNs: bigint | undefined): void {
    if (!this.#isOurs(trade)) return;
    if (trade.block === true && this.#rules.blockTrades === 'leave_out') {
      this.counts.block_trades += 1;
      return;
    }
    const matched = BigInt(trade.timestamp) * NS_OF_MS;
    const isAsMatched = trade.origin === 'healed' && this.#rules.healedTrades === 'as_matched';
    const local = receivedNs ?? this.#receipt(trade, matched, isAsMatched ? undefined : trade.received_at);
    put((trade.side === 'buy' ? buy : sell) | eventKinds.trade, matched, local, trade.price, trade.qty);
    this.counts.trades += 1;
  }

  #book(book: FeedBook, put: PutRow, receivedNs: bigint | undefined): void {
    const { depth } = this.#choice;
    if (!this.#isOurs(book)) return;
    if (depth === null || (book.depth !== undefined && book.depth !== depth)) {
      this.counts.other_books += 1;
      return;
    }
    const matched = BigInt(book.timestamp) * NS_OF_MS;
    const exch =
      this.#rules.bookTime === 'sent' && book.sent_at !== undefined
        ? BigInt(book.sent_at) * NS_OF_MS
        : matched;
    const local = receivedNs ?? this.#receipt(book, matched, book.received_at);
    // Absent means snapshot: minimal connectors tell nothing else.
    const isSnapshot = book.action !== 'delta';
    this.#side(book.bids, buy, isSnapshot, exch, local, put);
    this.#side(book.asks, sell, isSnapshot, exch, local, put);
    this.counts.books += 1;
  }

  #side(
    levels: readonly Level[],
    side: bigint,
    isSnapshot: boolean,
    exch: bigint,
    local: bigint,
    put: PutRow,
  ): void {
    if (isSnapshot) {
      const bound = this.#rules.clear === 'range' ? worstOf(levels, side === buy) : WHOLE_SIDE;
      put(side | eventKinds.depth_clear, exch, local, bound, 0);
    }
    const ev = side | (isSnapshot ? eventKinds.depth_snapshot : eventKinds.depth);
    for (const [price, qty] of levels) put(ev, exch, local, price, qty);
  }

  #isOurs(event: FeedTrade | FeedBook): boolean {
    return event.symbol === this.#choice.symbol && event.category === this.#choice.category;
  }

  #receipt(event: FeedTrade | FeedBook, matched: bigint, receivedAt: number | undefined): bigint {
    if (receivedAt !== undefined) return BigInt(receivedAt) * NS_OF_MICRO;
    if (this.#choice.latency !== null) return matched + this.#choice.latency;
    throw new FeedError(
      'local_time_missing',
      `a ${event.type === 'trade' ? 'trade' : 'book'} of ${event.category}:${event.symbol} at ${event.timestamp} ms tells no receipt. ` +
        'Give a latency (ns) to make one from the time of the exchange',
    );
  }
}

/** The price of a side that is farthest from the other side. */
function worstOf(levels: readonly Level[], isBid: boolean): number {
  let worst = WHOLE_SIDE;
  for (const [price] of levels) {
    if (Number.isNaN(worst) || (isBid ? price < worst : price > worst)) worst = price;
  }
  return worst;
}

/** The row as a value, for few rows. */
export function feedRow(ev: bigint, exchTs: bigint, localTs: bigint, px: number, qty: number): EventRow {
  return { ev, exch_ts: exchTs, local_ts: localTs, px, qty, order_id: 0n, ival: 0n, fval: 0 };
}
