/**
 * Everything that can be subscribed, with what hangs on it.
 *
 * A feed is one market with its channels; a topic is one name of one category's socket. All topics exist from the start
 * (five a market), so an unknown name, a lower-case symbol or a withdrawn depth is simply not in the table.
 */
import type { Connection } from './connections.ts';
import { DEPTHS, DepthChannel } from './depth-channel.ts';
import { ExecutionStore } from './execution-store.ts';
import type { Category, Instrument } from './instruments.ts';
import type { Execution, Market } from './market.ts';
import type { Random } from './random.ts';

/** One market, its trades so far, and its topics. */
export interface Feed {
  readonly instrument: Instrument;
  readonly market: Market;
  readonly executions: ExecutionStore;
  readonly trades: TradeTopic;
  readonly depths: readonly DepthTopic[];
  /** Steps since the last book frame, for modes that make a frame every so many steps. */
  stepsSinceFrame: number;
  /** How busy the market is at the moment: 1 is its own average. */
  bustle: number;
}

/** What every topic has; `frames` counts the frames made while somebody listened. */
interface TopicBase {
  readonly category: Category;
  readonly name: string;
  readonly instrument: Instrument;
  readonly subscribers: Set<Connection>;
  frames: number;
}

/** The public trades of a market; `pending` waits for the next frame. */
export interface TradeTopic extends TopicBase {
  readonly kind: 'trades';
  pending: Execution[];
}

/** One depth of a market's book; times are of the monotonic clock, ms. */
export interface DepthTopic extends TopicBase {
  readonly kind: 'depth';
  readonly channel: DepthChannel;
  readonly intervalMs: number;
  dueAt: number;
  sentAt: number;
}

export type Topic = TradeTopic | DepthTopic;

/** Push intervals of the depths, ms (bybit-v5.md 3.2). */
const INTERVAL_MS: Record<(typeof DEPTHS)[number], number> = { 1: 10, 50: 20, 200: 100, 1000: 200 };

/** Builds the feed of a market; update ids start anywhere, as they do on the real exchange. */
export function createFeed(market: Market, random: Random): Feed {
  const { instrument } = market;
  const base = () => ({
    category: instrument.category,
    instrument,
    subscribers: new Set<Connection>(),
    frames: 0,
  });
  return {
    instrument,
    market,
    executions: new ExecutionStore(),
    trades: { ...base(), kind: 'trades', name: `publicTrade.${instrument.symbol}`, pending: [] },
    depths: DEPTHS.map((depth) => ({
      ...base(),
      kind: 'depth',
      name: `orderbook.${depth}.${instrument.symbol}`,
      channel: new DepthChannel(market, depth, 10_000_000 + random.below(90_000_000)),
      intervalMs: INTERVAL_MS[depth],
      dueAt: 0,
      sentAt: 0,
    })),
    stepsSinceFrame: 0,
    bustle: 1,
  };
}

/** All topics of a feed. */
export function topicsOf(feed: Feed): readonly Topic[] {
  return [feed.trades, ...feed.depths];
}

/** Does anybody listen to this market? */
export function hasSubscribers(feed: Feed): boolean {
  return feed.trades.subscribers.size > 0 || feed.depths.some((topic) => topic.subscribers.size > 0);
}
