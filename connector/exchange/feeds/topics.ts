/**
 * Everything that can be subscribed, with what hangs on it.
 *
 * A feed is one market with its channels; a topic is one name of one category's socket. Trades and books exist from the
 * start; the other topics of a market are made when somebody first asks for one, because a whole market has thousands.
 */
import type { Interval } from '../market/candles.ts';
import { isInterval } from '../market/candles.ts';
import { ExecutionStore } from '../market/execution-store.ts';
import type { Category, Instrument } from '../market/instruments.ts';
import type { Execution, Market } from '../market/market.ts';
import type { Random } from '../market/random.ts';
import type { Liquidation } from '../market/statistics.ts';
import { Statistics } from '../market/statistics.ts';
import { contractIdsOf } from '../market/trade-ids.ts';
import type { LogBudget } from '../past/lived-log.ts';
import { LivedLog } from '../past/lived-log.ts';
import type { PastOptions, SumsCache } from '../past/market-past.ts';
import { MarketPast } from '../past/market-past.ts';
import type { Connection } from './connections.ts';
import { DEPTHS, DepthChannel } from './depth-channel.ts';

/** What every topic has; `frames` counts the frames made while somebody listened. */
interface TopicBase {
  readonly category: Category;
  readonly name: string;
  readonly instrument: Instrument;
  readonly feed: Feed;
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

/** One interval of a market's candles. `openStart` (ms since 1970) is the candle that is being pushed. */
export interface KlineTopic extends TopicBase {
  readonly kind: 'kline';
  readonly interval: Interval;
  openStart: number;
  /** Volume of that candle when it was last pushed, lots; it grows with every execution. */
  sentVolume: number;
  dueAt: number;
  /** When the closed candle is told, while that is pending. */
  closeDueAt: number | undefined;
}

/** The ticker of a market: the texts last published, in the order of their names. */
export interface TickerTopic extends TopicBase {
  readonly kind: 'ticker';
  values: readonly string[];
  cs: number;
  dueAt: number;
}

/** The liquidations of a market; `pending` waits for the next batch. */
export interface LiquidationTopic extends TopicBase {
  readonly kind: 'liquidations';
  pending: Liquidation[];
  dueAt: number;
}

/** Topics whose frames come by the clock, also when `--rate` drives the market. */
export type TimedTopic = KlineTopic | TickerTopic | LiquidationTopic;

export type Topic = TradeTopic | DepthTopic | TimedTopic;

/** Push intervals of the depths, ms (bybit-v5.md 3.2). */
const INTERVAL_MS: Record<(typeof DEPTHS)[number], number> = { 1: 10, 50: 20, 200: 100, 1000: 200 };

/** What a feed is made with: times in ms since 1970; budget and sums are those of all markets together. */
export interface FeedOptions {
  readonly seed: string;
  readonly now: number;
  readonly executionsKept: number;
  readonly past: Pick<PastOptions, 'tradesPerDay' | 'launchedAt'>;
  readonly budget: LogBudget;
  readonly sums: SumsCache;
}

/** One market, its trades so far, and its topics. Update ids start anywhere, as they do on the real exchange. */
export class Feed {
  readonly instrument: Instrument;
  readonly market: Market;
  readonly executions: ExecutionStore;
  readonly statistics: Statistics;
  readonly past: MarketPast;
  readonly trades: TradeTopic;
  readonly depths: readonly DepthTopic[];
  /** The topics of klines, tickers and liquidations that were ever asked for, by name. */
  readonly timed = new Map<string, TimedTopic>();
  /** Those of them that have subscribers. */
  heardTimed: readonly TimedTopic[] = [];
  /** Undefined while it trades; otherwise when it was delisted, ms since 1970. */
  closedAt: number | undefined = undefined;
  /** Steps since the last book frame, for modes that make a frame every so many steps. */
  stepsSinceFrame = 0;
  /** How busy the market is at the moment: 1 is its own average. */
  bustle = 1;
  /** Is it one of those that `--rate` drives at the moment? */
  isDriven = false;

  constructor(
    market: Market,
    random: Random,
    { seed, now, executionsKept, past, budget, sums }: FeedOptions,
  ) {
    const { instrument } = market;
    const { category, symbol, basePrice } = instrument;
    this.instrument = instrument;
    this.market = market;
    this.executions = new ExecutionStore(executionsKept);
    this.statistics = new Statistics(instrument, seed, now);
    const log = new LivedLog(budget, basePrice, contractIdsOf(category, symbol, seed));
    const parts = { log, live: this.statistics.candles, cache: sums };
    this.past = new MarketPast(instrument, { ...past, seed, bornAt: now, seqAtBirth: market.seq }, parts);
    this.trades = { ...baseOf(this, `publicTrade.${instrument.symbol}`), kind: 'trades', pending: [] };
    this.depths = DEPTHS.map(
      (depth): DepthTopic => ({
        ...baseOf(this, `orderbook.${depth}.${instrument.symbol}`),
        kind: 'depth',
        channel: new DepthChannel(market, depth, 10_000_000 + random.below(90_000_000)),
        intervalMs: INTERVAL_MS[depth],
        dueAt: 0,
        sentAt: 0,
      }),
    );
  }
}

function baseOf(feed: Feed, name: string): TopicBase {
  const { instrument } = feed;
  return { category: instrument.category, name, instrument, feed, subscribers: new Set(), frames: 0 };
}

/** The symbol that a topic's name ends with. */
export function symbolOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** The topic of this name; undefined when the market has none of it. */
export function topicOf(feed: Feed, name: string): Topic | undefined {
  if (feed.trades.name === name) return feed.trades;
  const depth = feed.depths.find((topic) => topic.name === name);
  if (depth !== undefined) return depth;
  const known = feed.timed.get(name);
  if (known !== undefined) return known;
  const made = timedTopic(feed, name);
  if (made !== undefined) feed.timed.set(name, made);
  return made;
}

/** All topics of a feed that exist so far. */
export function topicsOf(feed: Feed): readonly Topic[] {
  return [feed.trades, ...feed.depths, ...feed.timed.values()];
}

/** Does anybody listen to the trades or the books of this market? */
export function hasSubscribers(feed: Feed): boolean {
  return feed.trades.subscribers.size > 0 || feed.depths.some((topic) => topic.subscribers.size > 0);
}

/** Spot has no liquidations; the names of the intervals are exact, and so is the number of dots. */
function timedTopic(feed: Feed, name: string): TimedTopic | undefined {
  const { symbol, category } = feed.instrument;
  const channel = name.slice(0, name.length - symbol.length - 1);
  if (name !== `${channel}.${symbol}`) return undefined;
  if (channel === 'tickers') return { ...baseOf(feed, name), kind: 'ticker', values: [], cs: 0, dueAt: 0 };
  if (channel === 'allLiquidation' && category !== 'spot')
    return { ...baseOf(feed, name), kind: 'liquidations', pending: [], dueAt: 0 };
  const interval = channel.startsWith('kline.') ? channel.slice('kline.'.length) : '';
  if (!isInterval(interval)) return undefined;
  return {
    ...baseOf(feed, name),
    kind: 'kline',
    interval,
    openStart: 0,
    sentVolume: -1,
    dueAt: 0,
    closeDueAt: undefined,
  };
}
