/**
 * What the channels beside trades and depth say: the exchange's own candles, tickers and liquidations.
 *
 * Of each only what may be shown: a ticker with whether it is true now, a candle in the making only while its topic flows.
 */
import type { KlineEvent, LiquidationEvent, TickerEvent } from '../../shared/events/market-events.ts';
import type { Instrument, Interval, Topic } from '../../shared/market.ts';
import type { MonoMs, UnixMs } from '../../shared/time.ts';
import { InstrumentMap } from '../intake/instrument-map.ts';
import { type ContextSettings, usualContextSettings } from './context-settings.ts';
import { LiquidationClusters, type LiquidationClustersView } from './flow/liquidation-clusters.ts';
import type { InstrumentContext } from './instrument-context.ts';
import type { Kline } from './kline-series.ts';
import { type TailLimits, Tails } from './tails.ts';
import { type TickerView, tickerView } from './ticker-view.ts';
import type { TopicFeed } from './topic-feed.ts';

/** Liquidations kept: hours of an ordinary market, minutes of a crash. */
const LIQUIDATIONS_KEPT: TailLimits = { each: 1_000, inAll: 20_000 };

/** What became of market data. `repeated`: they were known already, so nobody is to be told. */
export type Taken = 'taken' | 'repeated' | 'unwanted';

/** Klines as they may be shown: the closed ones newest first, and the one in the making. */
export type KlineView = { readonly closed: readonly Kline[]; readonly open: Kline | undefined };

export class OtherChannels {
  readonly #instruments: InstrumentMap<InstrumentContext>;
  readonly #whyNotTrusted: (feed: TopicFeed, now: MonoMs) => string | undefined;
  readonly #liquidations = new Tails<LiquidationEvent>(LIQUIDATIONS_KEPT);
  readonly #settings: ContextSettings;
  /** Made with the first liquidation of each instrument. */
  readonly #clusters = new InstrumentMap<LiquidationClusters>();
  /** Klines that were known already: closed ones told again, open ones that had closed. */
  repeatedKlines = 0;

  /** `instruments`: the context's own. `whyNotTrusted`: why a topic or its connection is not to be believed, if it is not. */
  constructor(
    instruments: InstrumentMap<InstrumentContext>,
    whyNotTrusted: (feed: TopicFeed, now: MonoMs) => string | undefined,
    settings: ContextSettings = usualContextSettings,
  ) {
    this.#instruments = instruments;
    this.#whyNotTrusted = whyNotTrusted;
    this.#settings = settings;
  }

  take(
    event: KlineEvent | TickerEvent | LiquidationEvent,
    instrument: InstrumentContext,
    now: MonoMs,
    exchangeNow: UnixMs,
  ): Taken {
    switch (event.type) {
      case 'kline':
        return this.#onKline(event, instrument, now);
      case 'ticker':
        return instrument.onTicker(event, now) ? 'taken' : 'unwanted';
      case 'liquidation':
        return this.#onLiquidation(event, instrument, now, exchangeNow);
    }
  }

  /** The topic is not wanted any more. Candles and ticker go with their feed. */
  forget(topic: Topic): void {
    if (topic.channel !== 'liquidation') return;
    this.#liquidations.forget(topic);
    this.#clusters.delete(topic);
  }

  /** The last ticker and whether it is true now; undefined when no ticker of this symbol is wanted. */
  tickerOf(instrument: Instrument, now: MonoMs): TickerView | undefined {
    const known = this.#instruments.get(instrument);
    const feed = known?.feedOf('ticker');
    if (known === undefined || feed === undefined) return undefined;
    return tickerView(feed.topic, known.ticker, feed.snapshotSeen, this.#whyNotTrusted(feed, now));
  }

  /** The exchange's candles, at most `limit`; undefined when this interval is not wanted. */
  klinesOf(instrument: Instrument, interval: Interval, limit: number, now: MonoMs): KlineView | undefined {
    const known = this.#instruments.get(instrument)?.klines(interval);
    if (known === undefined) return undefined;
    const { feed, series } = known;
    // The one in the making is "now", or nothing.
    const isNow = feed.snapshotSeen && this.#whyNotTrusted(feed, now) === undefined;
    const open = isNow ? series.open : undefined;
    return { open, closed: series.newestFirst(open === undefined ? limit : limit - 1) };
  }

  /** Newest first, in the order of their arrival; undefined when liquidations of this symbol are not wanted. */
  liquidationsOf(instrument: Instrument): Iterable<LiquidationEvent> | undefined {
    const isWanted = this.#instruments.get(instrument)?.feedOf('liquidation') !== undefined;
    return isWanted ? this.#liquidations.newestFirst(instrument) : undefined;
  }

  /** Where liquidations lie, and what of it is next to `price`; undefined when liquidations of this symbol are not wanted. */
  clustersOf(
    instrument: Instrument,
    price: number | undefined,
    exchangeNow: UnixMs,
  ): LiquidationClustersView | undefined {
    if (this.#instruments.get(instrument)?.feedOf('liquidation') === undefined) return undefined;
    return (this.#clusters.get(instrument) ?? this.#newClusters()).view(price, exchangeNow);
  }

  /** Exchange time of the newest event of a topic of these channels, ms; null before the first. */
  newestOf(topic: Topic): number | null {
    const known = this.#instruments.get(topic);
    if (topic.channel === 'kline') return known?.klines(topic.interval ?? '1')?.series.newestAt ?? null;
    if (topic.channel === 'ticker') return known?.ticker?.timestamp ?? null;
    return this.#liquidations.newest(topic)?.timestamp ?? null;
  }

  #onKline(event: KlineEvent, instrument: InstrumentContext, now: MonoMs): Taken {
    const taken = instrument.onKline(event, now);
    if (taken === 'repeated') this.repeatedKlines += 1;
    return taken;
  }

  #newClusters(): LiquidationClusters {
    return new LiquidationClusters(this.#settings.liquidationBinSize, this.#settings.liquidationMaxClusters);
  }

  #onLiquidation(
    event: LiquidationEvent,
    instrument: InstrumentContext,
    now: MonoMs,
    exchangeNow: UnixMs,
  ): Taken {
    const feed = instrument.feedOf('liquidation');
    if (feed === undefined) return 'unwanted';
    feed.seen(now);
    this.#liquidations.push(event);
    const clusters = this.#clusters.get(event) ?? this.#newClusters();
    this.#clusters.set(event, clusters);
    clusters.add(event, exchangeNow);
    return 'taken';
  }
}
