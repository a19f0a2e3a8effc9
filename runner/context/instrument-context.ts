/**
 * Everything that is known about one symbol of one market: its topics, tape, candles, last price and ticker.
 */
import type { KlineEvent, TickerEvent, TradeEvent } from '../../shared/events/market-events.ts';
import type { GapEvent } from '../../shared/events/process-events.ts';
import type { Instrument, Interval } from '../../shared/market.ts';
import type { MonoMs, UnixMs } from '../../shared/time.ts';
import { isAbsurd } from '../intake/absurd-time.ts';
import { isLive, isOlder } from '../intake/trade-order.ts';
import type { Candle, Timeframe } from './candle.ts';
import type { Shortable } from './candle-budget.ts';
import { CandleSeries } from './candles.ts';
import { type ContextSettings, usualContextSettings } from './context-settings.ts';
import { KlineSeries } from './kline-series.ts';
import { Tape } from './tape.ts';
import type { TopicFeed } from './topic-feed.ts';
import { TradeNumbers } from './trade-numbers.ts';

/** Price and matching engine time (ms) of the newest live trade whose time is possible. */
export type LastPrice = { readonly price: number; readonly timestamp: number };

/** The candles of one interval, and the topic that brings them. */
export type KlineFeed = { readonly feed: TopicFeed; readonly series: KlineSeries };

export class InstrumentContext {
  readonly instrument: Instrument;
  readonly #tapeCapacity: number;
  readonly #onCandle: (candle: Candle) => void;
  readonly #settings: ContextSettings;
  #tape: Tape;
  #numbers: TradeNumbers;
  #oneMinute: CandleSeries;
  #fiveMinutes: CandleSeries;
  /** At most a few topics per symbol: searching a short list is faster than building a key. */
  readonly #feeds: TopicFeed[] = [];
  #trades: TopicFeed | undefined;
  /** The exchange's candles, by interval. */
  readonly #klines: KlineFeed[] = [];
  #ticker: TickerEvent | undefined;
  #lastTrade: TradeEvent | undefined;

  constructor(
    instrument: Instrument,
    tapeCapacity: number,
    onCandle: (candle: Candle) => void,
    settings: ContextSettings = usualContextSettings,
  ) {
    this.instrument = { category: instrument.category, symbol: instrument.symbol };
    this.#tapeCapacity = tapeCapacity;
    this.#onCandle = onCandle;
    this.#settings = settings;
    this.#tape = new Tape(tapeCapacity);
    this.#numbers = new TradeNumbers(this.instrument, settings);
    this.#oneMinute = new CandleSeries(this.instrument, '1m', onCandle);
    this.#fiveMinutes = new CandleSeries(this.instrument, '5m', onCandle);
  }

  get tape(): Tape {
    return this.#tape;
  }

  get candles(): Readonly<Record<Timeframe, CandleSeries>> {
    return { '1m': this.#oneMinute, '5m': this.#fiveMinutes };
  }

  /** What is reckoned from its trades; undefined when they are not wanted. */
  get numbers(): TradeNumbers | undefined {
    return this.#trades === undefined ? undefined : this.#numbers;
  }

  addFeed(feed: TopicFeed): void {
    this.#feeds.push(feed);
    if (feed.topic.channel === 'trades') this.#trades = feed;
    if (feed.topic.channel === 'kline') this.#klines.push({ feed, series: new KlineSeries() });
  }

  removeFeed(feed: TopicFeed): void {
    const index = this.#feeds.indexOf(feed);
    if (index !== -1) this.#feeds.splice(index, 1);
    if (this.#trades === feed) this.#forgetTrades();
    if (feed.topic.channel === 'ticker') this.#ticker = undefined;
    const kline = this.#klines.findIndex((one) => one.feed === feed);
    if (kline !== -1) this.#klines.splice(kline, 1);
  }

  /**
   * Nobody sees what trades while the topic is not wanted, and no gap tells of it: were it wanted again, a tape, a row of
   * candles or a sum that goes on from here would claim that nothing had traded.
   */
  #forgetTrades(): void {
    this.#trades = undefined;
    this.#lastTrade = undefined;
    this.#tape = new Tape(this.#tapeCapacity);
    this.#numbers = new TradeNumbers(this.instrument, this.#settings);
    this.#oneMinute = new CandleSeries(this.instrument, '1m', this.#onCandle);
    this.#fiveMinutes = new CandleSeries(this.instrument, '5m', this.#onCandle);
  }

  get feedCount(): number {
    return this.#feeds.length;
  }

  /** Answers false when trades of this symbol are not wanted. */
  onTrade(trade: TradeEvent, now: MonoMs, nowMs: UnixMs, exchangeNow: UnixMs): boolean {
    if (this.#trades === undefined) return false;
    this.tape.push(trade);
    this.#oneMinute.add(trade, exchangeNow);
    this.#fiveMinutes.add(trade, exchangeNow);
    if (isLive(trade)) {
      this.#trades.seen(now);
      this.#notePrice(trade, nowMs);
    }
    return true;
  }

  /** The last whole ticker. */
  get ticker(): TickerEvent | undefined {
    return this.#ticker;
  }

  /** Answers false when the ticker of this symbol is not wanted. */
  onTicker(event: TickerEvent, now: MonoMs): boolean {
    const feed = this.feedOf('ticker');
    if (feed === undefined) return false;
    feed.seen(now);
    if (this.#ticker !== undefined && event.last_price !== this.#ticker.last_price)
      this.#trades?.priceMoved(now);
    this.#ticker = event;
    return true;
  }

  /** The exchange's candles of one interval; undefined when they are not wanted. */
  klines(interval: Interval): KlineFeed | undefined {
    return this.#klines.find(({ feed }) => (feed.topic.interval ?? '1') === interval);
  }

  /** `repeated`: it is known already, and nobody is to be told. */
  onKline(event: KlineEvent, now: MonoMs): 'taken' | 'repeated' | 'unwanted' {
    const known = this.klines(event.interval);
    if (known === undefined) return 'unwanted';
    known.feed.seen(now);
    return known.series.take(event) ? 'taken' : 'repeated';
  }

  /** Everything that counts against the budget of candles. */
  get candleSeries(): readonly Shortable[] {
    return [this.#oneMinute, this.#fiveMinutes, ...this.#klines.map(({ series }) => series)];
  }

  /** The topic of the trades; undefined when they are not wanted. */
  get tradesFeed(): TopicFeed | undefined {
    return this.#trades;
  }

  onGap(gap: GapEvent): void {
    if (gap.channel !== 'trades' || this.#trades === undefined) return;
    this.#oneMinute.gap(gap);
    this.#fiveMinutes.gap(gap);
    this.#numbers.onGap(gap);
  }

  advance(exchangeNow: UnixMs): void {
    this.#oneMinute.advance(exchangeNow);
    this.#fiveMinutes.advance(exchangeNow);
  }

  /** The book of one depth; without a depth the one that was configured first. */
  depthFeed(depth: number | undefined): TopicFeed | undefined {
    for (const feed of this.#feeds) {
      if (feed.book !== undefined && (depth === undefined || (feed.topic.depth ?? 50) === depth)) return feed;
    }
    return undefined;
  }

  feedOf(channel: 'ticker' | 'liquidation'): TopicFeed | undefined {
    return this.#feeds.find((feed) => feed.topic.channel === channel);
  }

  get lastPrice(): LastPrice | undefined {
    return this.#lastTrade;
  }

  /** A late trade does not turn the price back, and one with an impossible time would hold it for ever. */
  #notePrice(trade: TradeEvent, nowMs: UnixMs): void {
    if (isAbsurd(trade.timestamp, nowMs)) return;
    if (this.#lastTrade === undefined || !isOlder(trade, this.#lastTrade)) this.#lastTrade = trade;
  }
}
