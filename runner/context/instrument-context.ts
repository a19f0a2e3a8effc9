/**
 * Everything that is known about one symbol of one market: its topics, tape, candles and last price.
 */
import type { KlineEvent, TradeEvent } from '../../shared/events/market-events.ts';
import type { GapEvent } from '../../shared/events/process-events.ts';
import type { Instrument } from '../../shared/market.ts';
import type { MonoMs, UnixMs } from '../../shared/time.ts';
import { isAbsurd } from '../intake/absurd-time.ts';
import { isLive, isOlder } from '../intake/trade-order.ts';
import type { Candle, Timeframe } from './candle.ts';
import { CandleSeries } from './candles.ts';
import { Tape } from './tape.ts';
import type { TopicFeed } from './topic-feed.ts';

/** Price and matching engine time (ms) of the newest live trade whose time is possible. */
export type LastPrice = { readonly price: number; readonly timestamp: number };

export class InstrumentContext {
  readonly instrument: Instrument;
  readonly #tapeCapacity: number;
  readonly #onCandle: (candle: Candle) => void;
  #tape: Tape;
  #oneMinute: CandleSeries;
  #fiveMinutes: CandleSeries;
  /** At most a few topics per symbol: searching a short list is faster than building a key. */
  readonly #feeds: TopicFeed[] = [];
  #trades: TopicFeed | undefined;
  #lastTrade: TradeEvent | undefined;

  constructor(instrument: Instrument, tapeCapacity: number, onCandle: (candle: Candle) => void) {
    this.instrument = { category: instrument.category, symbol: instrument.symbol };
    this.#tapeCapacity = tapeCapacity;
    this.#onCandle = onCandle;
    this.#tape = new Tape(tapeCapacity);
    this.#oneMinute = new CandleSeries(this.instrument, '1m', onCandle);
    this.#fiveMinutes = new CandleSeries(this.instrument, '5m', onCandle);
  }

  get tape(): Tape {
    return this.#tape;
  }

  get candles(): Readonly<Record<Timeframe, CandleSeries>> {
    return { '1m': this.#oneMinute, '5m': this.#fiveMinutes };
  }

  addFeed(feed: TopicFeed): void {
    this.#feeds.push(feed);
    if (feed.topic.channel === 'trades') this.#trades = feed;
  }

  removeFeed(feed: TopicFeed): void {
    const index = this.#feeds.indexOf(feed);
    if (index !== -1) this.#feeds.splice(index, 1);
    if (this.#trades === feed) this.#forgetTrades();
  }

  /**
   * Nobody sees what trades while the topic is not wanted, and no gap tells of it: were it wanted again, a tape or a row of
   * candles that goes on from here would claim that nothing had traded.
   */
  #forgetTrades(): void {
    this.#trades = undefined;
    this.#lastTrade = undefined;
    this.#tape = new Tape(this.#tapeCapacity);
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

  onKline(event: KlineEvent, now: MonoMs): boolean {
    for (const feed of this.#feeds) {
      if (feed.topic.channel !== 'kline' || (feed.topic.interval ?? '1') !== event.interval) continue;
      feed.seen(now);
      return true;
    }
    return false;
  }

  onGap(gap: GapEvent): void {
    if (gap.channel !== 'trades' || this.#trades === undefined) return;
    this.#oneMinute.gap(gap);
    this.#fiveMinutes.gap(gap);
  }

  /** Trades are seen from this moment on (exchange time). */
  listeningSince(timestamp: number): void {
    this.#oneMinute.listeningSince(timestamp);
    this.#fiveMinutes.listeningSince(timestamp);
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
