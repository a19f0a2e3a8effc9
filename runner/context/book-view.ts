/**
 * A book as it may be shown: its levels together with whether they are true.
 *
 * A book is valid when it has its snapshot and passed every check since, and its topic flows over a living connection.
 */
import type { Category, Level } from '../../shared/market.ts';
import type { TopicFeed } from './topic-feed.ts';

export type BookView = {
  /** `depth.50:linear:BTCUSDT` */
  readonly key: string;
  readonly symbol: string;
  readonly category: Category;
  readonly depth: number;
  readonly valid: boolean;
  /** Why it is not valid. */
  readonly reason: string | null;
  /** Matching engine time of the last update, ms; null before the first. */
  readonly time: number | null;
  readonly last_update_id: number | null;
  /** Best first. Empty when the levels are not known; the last known ones when only the flow has stopped. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};

/** The best prices; null where the side is empty or the book is not valid. */
export type BookTop = {
  readonly valid: boolean;
  readonly timestamp: number | null;
  readonly bid: number | null;
  readonly bid_qty: number | null;
  readonly ask: number | null;
  readonly ask_qty: number | null;
};

/** `distrust` says why the topic or its connection is not to be believed, if it is not. */
export function bookView(feed: TopicFeed, levels: number, distrust: string | undefined): BookView {
  const { topic, book } = feed;
  const reason = whyUnknown(feed) ?? distrust ?? null;
  return {
    key: feed.key,
    symbol: topic.symbol,
    category: topic.category,
    depth: topic.depth ?? 50,
    valid: reason === null,
    reason,
    time: book?.timestamp ?? null,
    last_update_id: book?.lastUpdateId ?? null,
    ...(book?.top(levels) ?? { bids: [], asks: [] }),
  };
}

export function bookTop(feed: TopicFeed, trusted: boolean): BookTop {
  const { book } = feed;
  const valid = trusted && book?.state.kind === 'valid';
  return {
    valid,
    timestamp: book?.timestamp ?? null,
    bid: valid ? (book.bids.bestPrice ?? null) : null,
    bid_qty: valid ? (book.bids.bestQty ?? null) : null,
    ask: valid ? (book.asks.bestPrice ?? null) : null,
    ask_qty: valid ? (book.asks.bestQty ?? null) : null,
  };
}

/** Why the levels themselves are not known. */
function whyUnknown({ book }: TopicFeed): string | undefined {
  if (book === undefined || book.state.kind === 'empty') return 'no snapshot yet';
  return book.state.kind === 'invalid' ? book.state.reason : undefined;
}
