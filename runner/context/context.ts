/**
 * What the runner knows now: tapes, books, candles, prices, and how far each of them can be trusted.
 *
 * Events change it, questions read it. It decides nothing and waits for nothing. Time: `now` judges silence, `nowMs` is our
 * wall clock; candles run by the exchange's clock (exchange-clock.ts).
 */
import type { TowlineEvent } from '../../shared/events/event.ts';
import type { DepthEvent, MarketEvent, TradeEvent } from '../../shared/events/market-events.ts';
import type { GapEvent, StatusEvent } from '../../shared/events/process-events.ts';
import type { ClockKind, Environment, Instrument, Topic } from '../../shared/market.ts';
import type { Millis, MonoMs, UnixMs } from '../../shared/time.ts';
import { InstrumentMap } from '../intake/instrument-map.ts';
import { type BookTop, type BookView, bookTop, bookView } from './book-view.ts';
import type { Candle } from './candle.ts';
import { CANDLE_BUDGET, keepWithin, type Shortable } from './candle-budget.ts';
import { type ContextSettings, usualContextSettings } from './context-settings.ts';
import { ExchangeClock } from './exchange-clock.ts';
import { InstrumentContext } from './instrument-context.ts';
import { type Moment, momentOf, possibleNow } from './moment.ts';
import { Numbers, type NumbersPorts } from './numbers.ts';
import type { BookBreak } from './order-book.ts';
import { OtherChannels, type Taken } from './other-channels.ts';
import { TapeBudget } from './tape-budget.ts';
import type { TopicFeed, TopicView } from './topic-feed.ts';
import { type Connection, type FreshnessPolicies, TopicTable } from './topic-table.ts';

export type ContextOptions = {
  readonly wanted: readonly Topic[];
  readonly freshness: FreshnessPolicies;
  /** Trades kept per symbol (WEBSOCKET_BUFFER_SIZE). */
  readonly tapeCapacity: number;
  readonly tapeBudget?: number;
  /** Candles in memory over all symbols, our own and the exchange's. */
  readonly candleBudget?: number;
  readonly settings?: ContextSettings | undefined;
};

export type ContextPorts = NumbersPorts & {
  /** Our own check found a book wrong: called once per break, so that the topic can be subscribed anew. */
  readonly onBookBroken: (topic: Topic, code: BookBreak, reason: string) => void;
  /** A candle was closed, or a closed one was changed (higher revision). */
  readonly onCandle: (candle: Candle) => void;
};

export class Context {
  readonly #ports: ContextPorts;
  readonly #tapeCapacity: number;
  readonly #tapeBudget: TapeBudget;
  readonly #settings: ContextSettings;
  readonly #topics: TopicTable;
  readonly #instruments = new InstrumentMap<InstrumentContext>();
  readonly #candleBudget: number;
  /** Klines, tickers and liquidations. */
  readonly others: OtherChannels;
  /** What is reckoned from trades: levels of days, CVD, volume delta. */
  readonly numbers: Numbers;
  #unwanted = 0;
  #gapsTold = 0;
  readonly #clock = new ExchangeClock();
  #environment: Environment | undefined;
  #judgedAt: MonoMs | undefined;

  constructor(options: ContextOptions, ports: ContextPorts) {
    this.#ports = ports;
    this.#tapeCapacity = options.tapeCapacity;
    this.#tapeBudget = new TapeBudget(this.#instruments, options.tapeBudget);
    this.#settings = options.settings ?? usualContextSettings;
    this.#candleBudget = options.candleBudget ?? CANDLE_BUDGET;
    this.#topics = new TopicTable(options.freshness);
    const whyNotTrusted = (feed: TopicFeed, now: MonoMs) => this.#whyNotTrusted(feed, now);
    this.others = new OtherChannels(this.#instruments, whyNotTrusted, this.#settings);
    this.numbers = new Numbers(this.#instruments, ports);
    for (const topic of options.wanted) this.want(topic);
  }

  /**
   * Takes in one event that passed the intake. Answers false for data that nobody is to be told of: their topic is not
   * wanted, or they are known already.
   */
  apply(event: TowlineEvent, now: MonoMs, nowMs: UnixMs): boolean {
    switch (event.type) {
      case 'trade':
      case 'depth':
      case 'kline':
      case 'ticker':
      case 'liquidation':
        return this.#onMarketEvent(event, now, nowMs);
      case 'status':
        this.#onStatus(event, now);
        return true;
      case 'error':
        this.#topics.onError(event);
        return true;
      case 'gap':
        this.#onGap(event);
        return true;
      case 'reply':
      case 'progress':
      case 'instrument':
      case 'book_check':
      case 'execution':
      case 'order':
      case 'position':
      case 'wallet':
        return true;
    }
  }

  /** The child is gone: no connection, no book, no subscription outlives it. Tapes and candles do. */
  childEnded(): void {
    this.#topics.childEnded();
    this.#clock.forgetOffset();
  }

  /** Our wall clock was set, or the machine slept: what the child measured before is no longer true. */
  clockJumped(): void {
    this.#clock.forgetOffset();
  }

  /** Closes and issues the candles that are due. To be called a few times a second. */
  advance(now: MonoMs, nowMs: UnixMs): void {
    const proven = this.#clock.proven(now, nowMs);
    const series: Shortable[] = [];
    for (const instrument of this.#instruments.values()) {
      instrument.advance(proven);
      series.push(...instrument.candleSeries);
    }
    keepWithin(this.#candleBudget, series);
    this.numbers.advance(this.moment(now, nowMs).proven);
  }

  /** Adds a topic; one that is there already stays as it is. */
  want(topic: Topic): void {
    const feed = this.#topics.want(topic);
    if (feed === undefined) return;
    const instrument =
      this.#instruments.get(topic) ??
      new InstrumentContext(topic, this.#tapeCapacity, this.#ports.onCandle, this.#settings);
    instrument.addFeed(feed);
    this.#instruments.set(topic, instrument);
  }

  /** Removes a topic and what it brought: with the trades of a symbol its tape and candles; with the last topic the symbol. */
  unwant(topic: Topic): void {
    const feed = this.#topics.unwant(topic);
    const instrument = this.#instruments.get(topic);
    if (feed === undefined || instrument === undefined) return;
    const kept = instrument.tape.length;
    instrument.removeFeed(feed);
    this.#tapeBudget.changed(instrument, kept);
    this.others.forget(topic);
    if (instrument.feedCount === 0) this.#instruments.delete(topic);
  }

  /**
   * Judges the silence of all topics (TopicTable.judge). To be called a few times a second; when that comes later than
   * `stalledAfterMs`, we were asleep ourselves.
   */
  judge(now: MonoMs, stalledAfterMs: Millis): ReturnType<TopicTable['judge']> {
    const slept = this.#judgedAt !== undefined && now - this.#judgedAt > stalledAfterMs;
    this.#judgedAt = now;
    return this.#topics.judge(this.#clock.ofSilence(now), slept && this.#clock.kind === 'live');
  }

  /** Counts the changes of topics' phases and of the reasons for them. */
  get phaseChanges(): number {
    return this.#topics.changes;
  }

  /** Counts what was told of gaps, the same one each time that it changes. */
  get gapsTold(): number {
    return this.#gapsTold;
  }

  topics(now: MonoMs): readonly TopicView[] {
    return this.#topics.views(this.#clock.ofSilence(now));
  }

  connections(): readonly Connection[] {
    return this.#topics.connections();
  }

  instrument(instrument: Instrument): InstrumentContext | undefined {
    return this.#instruments.get(instrument);
  }

  /** The book as it may be shown, best levels first; undefined when no depth of this symbol is wanted. */
  bookOf(instrument: Instrument, levels: number, now: MonoMs, depth?: number): BookView | undefined {
    const feed = this.#instruments.get(instrument)?.depthFeed(depth);
    return feed === undefined ? undefined : bookView(feed, levels, this.#whyNotTrusted(feed, now));
  }

  /** The best bid and ask, for strategies; undefined when no depth of this symbol is wanted. */
  topOf(instrument: Instrument, now: MonoMs): BookTop | undefined {
    const feed = this.#instruments.get(instrument)?.depthFeed(undefined);
    return feed === undefined ? undefined : bookTop(feed, this.#whyNotTrusted(feed, now) === undefined);
  }

  /** All wanted books, without their levels. */
  books(now: MonoMs): readonly BookView[] {
    const feeds = this.#topics.feeds().filter((feed) => feed.book !== undefined);
    return feeds.map((feed) => bookView(feed, 0, this.#whyNotTrusted(feed, now)));
  }

  /** The exchange's time as far as we know it. */
  exchangeNow(nowMs: UnixMs): UnixMs {
    return this.#clock.now(nowMs);
  }

  /** The same with how much of it is proven: what the numbers are read with. */
  moment(now: MonoMs, nowMs: UnixMs): Moment {
    return momentOf(this.#clock, now, nowMs);
  }

  /** Our clock minus the exchange's as the present child's last heartbeat told it (docs/stdio-protocol.md); null while unknown. */
  get clockOffsetMs(): Millis | null {
    return this.#clock.offsetMs;
  }

  /** Where the present child's data come from; undefined before it said so. */
  get environment(): Environment | undefined {
    return this.#environment;
  }

  get clock(): ClockKind {
    return this.#clock.kind;
  }

  /** Market events of topics that nobody asked for: not kept. */
  get unwanted(): number {
    return this.#unwanted;
  }

  #onMarketEvent(event: MarketEvent, now: MonoMs, nowMs: UnixMs): boolean {
    const instrument = this.#instruments.get(event);
    this.#clock.heard(event.timestamp, now, nowMs);
    const seenAt = this.#clock.ofSilence(now);
    const taken = instrument === undefined ? 'unwanted' : this.#take(event, instrument, seenAt, nowMs);
    if (taken === 'unwanted') this.#unwanted += 1;
    else this.#topics.proveConnected(event.category, seenAt);
    return taken === 'taken';
  }

  #take(event: MarketEvent, instrument: InstrumentContext, now: MonoMs, nowMs: UnixMs): Taken {
    switch (event.type) {
      case 'trade':
        return takenIf(this.#onTrade(event, instrument, now, nowMs));
      case 'depth':
        return takenIf(this.#onDepth(event, instrument, now));
      case 'kline':
      case 'ticker':
      case 'liquidation':
        return this.others.take(event, instrument, now, possibleNow(this.#clock, nowMs));
    }
  }

  #onTrade(trade: TradeEvent, instrument: InstrumentContext, now: MonoMs, nowMs: UnixMs): boolean {
    const before = instrument.tape.length;
    if (!instrument.onTrade(trade, now, nowMs, this.exchangeNow(nowMs))) return false;
    instrument.numbers?.onTrade(trade, possibleNow(this.#clock, nowMs));
    this.#tapeBudget.changed(instrument, before);
    return true;
  }

  #onDepth(event: DepthEvent, instrument: InstrumentContext, now: MonoMs): boolean {
    const feed = instrument.depthFeed(event.depth);
    if (feed?.book === undefined) return false;
    const change = feed.book.apply(event);
    feed.seen(now);
    if (change === 'book_gap' || change === 'book_crossed') {
      const { state } = feed.book;
      this.#ports.onBookBroken(feed.topic, change, state.kind === 'invalid' ? state.reason : change);
    }
    return true;
  }

  #onStatus(event: StatusEvent, now: MonoMs): void {
    this.#clock.told(event);
    if (event.environment !== undefined) this.#environment = event.environment;
    this.#topics.onStatus(event, this.#clock.ofSilence(now));
  }

  #onGap(gap: GapEvent): void {
    this.#gapsTold += 1;
    this.#instruments.get(gap)?.onGap(gap);
  }

  #whyNotTrusted(feed: TopicFeed, now: MonoMs): string | undefined {
    return feed.distrust(this.#clock.ofSilence(now));
  }
}

function takenIf(isWanted: boolean): Taken {
  return isWanted ? 'taken' : 'unwanted';
}
