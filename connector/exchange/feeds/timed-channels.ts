/**
 * Candles, tickers and liquidations: what is pushed by the clock while somebody listens.
 *
 * A candle is pushed every second in which it changed, and told closed 0.1 to 0.6 s after its end: with the new one in a
 * second row on contracts, in a second frame on spot. Ticker: every 100 ms (spot 50 ms) when something changed. Liquidations:
 * gathered for 500 ms. Sources: bybit-v5.md 3.5 to 3.7, bybit-payload-traps.md 23, 24.
 */
import { intervalStart, nextStart, opening } from '../market/candles.ts';
import type { Random } from '../market/random.ts';
import type { Moment } from '../moment.ts';
import { klineFrame, klineRow, liquidationFrame, tickerFrame } from './channel-frames.ts';
import { tickerValues } from './ticker.ts';
import type { Feed, KlineTopic, LiquidationTopic, TickerTopic, TimedTopic } from './topics.ts';

/** Sends a frame of a topic to its subscribers; how many frames that made. */
export type SendFrame = (topic: TimedTopic, text: string, now: Moment) => number;

const KLINE_MS = 1000;
const CLOSE_AFTER_MS = { least: 100, spread: 500 } as const;
const TICKER_MS = { spot: 50, contract: 100 } as const;
const LIQUIDATION_MS = 500;
/** Candles that one turn closes of a topic at most; a machine that slept skips the rest. */
const CLOSES_MOST = 60;

/** Decides what is due of a market's timed topics. */
export class TimedChannels {
  private readonly send: SendFrame;
  private readonly random: Random;

  constructor(send: SendFrame, random: Random) {
    this.send = send;
    this.random = random;
  }

  /** Sends what is due, or with `isFlush` all that changed; how many frames that made. */
  whatIsDue(feed: Feed, now: Moment, isFlush = false): number {
    let frames = 0;
    for (const topic of feed.heardTimed) {
      switch (topic.kind) {
        case 'kline':
          frames += this.kline(topic, now, isFlush);
          break;
        case 'ticker':
          frames += this.ticker(topic, now, isFlush);
          break;
        case 'liquidations':
          frames += this.liquidations(topic, now, isFlush);
          break;
      }
    }
    return frames;
  }

  /** A new subscriber's first frame: the candle or the ticker as the others have it. Liquidations have no past. */
  firstFrame(topic: TimedTopic, now: Moment): string | undefined {
    const isFirst = topic.subscribers.size === 0;
    switch (topic.kind) {
      case 'kline': {
        const { candles } = topic.feed.statistics;
        candles.roll(now.unix);
        if (isFirst) {
          topic.openStart = intervalStart(topic.interval, candles.openStart);
          topic.closeDueAt = undefined;
          topic.dueAt = now.mono + KLINE_MS;
        }
        const candle = topic.feed.past.candle(topic.interval, topic.openStart);
        if (candle === undefined) return undefined;
        if (isFirst) topic.sentVolume = candle.volume;
        return klineFrame(topic.name, [klineRow(topic.instrument, topic.interval, candle, false)], now.unix);
      }
      case 'ticker':
        if (isFirst) this.refresh(topic, now);
        return this.tickerSnapshot(topic, now);
      case 'liquidations':
        if (isFirst) topic.pending = [];
        return undefined;
    }
  }

  /** The whole ticker as last published. */
  tickerSnapshot(topic: TickerTopic, now: Moment): string | undefined {
    return tickerFrame(topic.name, topic.instrument, topic.values, undefined, topic.cs, now.unix);
  }

  private kline(topic: KlineTopic, now: Moment, isFlush: boolean): number {
    const { candles } = topic.feed.statistics;
    candles.roll(now.unix);
    const current = intervalStart(topic.interval, candles.openStart);
    if (current > topic.openStart) {
      topic.closeDueAt ??= now.mono + CLOSE_AFTER_MS.least + this.random.below(CLOSE_AFTER_MS.spread);
      return now.mono < topic.closeDueAt ? 0 : this.close(topic, current, now);
    }
    if (now.mono < topic.dueAt && !isFlush) return 0;
    topic.dueAt = now.mono + KLINE_MS;
    const candle = topic.feed.past.candle(topic.interval, topic.openStart);
    if (candle === undefined || candle.volume === topic.sentVolume) return 0;
    topic.sentVolume = candle.volume;
    const row = klineRow(topic.instrument, topic.interval, candle, false);
    return this.send(topic, klineFrame(topic.name, [row], now.unix), now);
  }

  private close(topic: KlineTopic, current: number, now: Moment): number {
    const { name, instrument, interval } = topic;
    let frames = 0;
    for (let count = 0; topic.openStart < current && count < CLOSES_MOST; count += 1) {
      const closed = topic.feed.past.candle(interval, topic.openStart);
      topic.openStart = nextStart(interval, topic.openStart);
      if (closed === undefined) continue;
      const last = klineRow(instrument, interval, closed, true);
      const fresh = klineRow(instrument, interval, opening(topic.openStart, closed.close), false);
      if (instrument.category === 'spot') {
        frames += this.send(topic, klineFrame(name, [last], now.unix), now);
        frames += this.send(topic, klineFrame(name, [fresh], now.unix), now);
      } else frames += this.send(topic, klineFrame(name, [last, fresh], now.unix), now);
    }
    topic.openStart = current;
    topic.closeDueAt = undefined;
    topic.sentVolume = 0;
    topic.dueAt = now.mono + KLINE_MS;
    return frames;
  }

  private ticker(topic: TickerTopic, now: Moment, isFlush: boolean): number {
    if (now.mono < topic.dueAt && !isFlush) return 0;
    const before = topic.values;
    this.refresh(topic, now);
    const text = tickerFrame(topic.name, topic.instrument, topic.values, before, topic.cs, now.unix);
    if (text === undefined) return 0;
    if (topic.instrument.category !== 'spot') return this.send(topic, text, now);
    return this.send(topic, this.tickerSnapshot(topic, now) ?? text, now);
  }

  private refresh(topic: TickerTopic, now: Moment): void {
    topic.dueAt = now.mono + (topic.instrument.category === 'spot' ? TICKER_MS.spot : TICKER_MS.contract);
    topic.values = tickerValues(topic.feed, now.unix);
    topic.cs = topic.feed.market.seq;
  }

  private liquidations(topic: LiquidationTopic, now: Moment, isFlush: boolean): number {
    if (topic.pending.length === 0 || (now.mono < topic.dueAt && !isFlush)) return 0;
    topic.dueAt = now.mono + LIQUIDATION_MS;
    const list = topic.pending;
    topic.pending = [];
    return this.send(topic, liquidationFrame(topic.name, topic.instrument, list, now.unix), now);
  }
}
