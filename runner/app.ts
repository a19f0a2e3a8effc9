/**
 * The way of an event through the runner, on one screen: line -> intake -> gaps -> state -> strategies -> whoever watches.
 *
 * State first, then what reads it. Everything here is synchronous from the line to the state; slow outsiders take copies.
 */
import type { TowlineEvent } from '../shared/events/event.ts';
import type { OrdinaryEvent } from '../shared/events/ordinary-lines.ts';
import type { StatusEvent } from '../shared/events/process-events.ts';
import type { Instrument, Topic } from '../shared/market.ts';
import type { Span } from '../shared/spans.ts';
import type { MonoMs, UnixMs } from '../shared/time.ts';
import type { LiveListener, LiveSection } from './api/ports.ts';
import { AppBooks } from './app-books.ts';
import { appContext } from './app-context.ts';
import { appIntake } from './app-intake.ts';
import { appLedger, appSubscriber } from './app-ledger.ts';
import type { AppConfig, AppPorts } from './app-ports.ts';
import { AppSilence } from './app-silence.ts';
import { AppWatchers } from './app-watchers.ts';
import type { Context } from './context/context.ts';
import { InstrumentList } from './instrument-list.ts';
import { GapBook } from './intake/gaps.ts';
import type { Intake } from './intake/intake.ts';
import type { GapLedger } from './ledger/gap-ledger.ts';
import { ChildView } from './observe/child-view.ts';
import { eventLogger } from './observe/event-log.ts';
import { Meters } from './observe/meters.ts';
import { RateMeter } from './observe/rate-meter.ts';
import type { StrategyEngine } from './strategy/engine.ts';
import type { Subscriber } from './subscriber.ts';
import type { Death } from './supervisor/deaths.ts';

export class App {
  readonly config: AppConfig;
  readonly intake: Intake;
  readonly gaps: GapBook;
  readonly ledger: GapLedger;
  readonly context: Context;
  readonly child: ChildView;
  readonly subscriber: Subscriber;
  readonly books: AppBooks;
  readonly silence: AppSilence;
  readonly watchers: AppWatchers;
  /** Receipt of the last valid line of any child. */
  lastLineAt: UnixMs | null = null;
  readonly meters: Meters;
  readonly rates = { trades: new RateMeter(), depth: new RateMeter() };
  readonly #ports: AppPorts;
  #strategies: StrategyEngine | undefined;
  readonly #logEvent: (event: TowlineEvent) => void;
  #generation = 0;
  readonly #instruments: InstrumentList;
  #isReady = false;
  #isStopping = false;

  constructor(config: AppConfig, ports: AppPorts) {
    this.config = config;
    this.#instruments = new InstrumentList(config.instruments);
    this.#ports = ports;
    this.watchers = new AppWatchers(ports.clock.unixMs);
    this.meters = new Meters(ports.clock);
    this.#logEvent = eventLogger(ports.log, ports.clock.monoMs);
    this.intake = appIntake(
      config,
      ports,
      () => this.#generation,
      (line) => this.#miss(line),
    );
    this.gaps = new GapBook(config.nonce);
    this.ledger = appLedger(this, ports);
    this.child = new ChildView(config.bufferSize, () => this.context.clockOffsetMs);
    this.subscriber = appSubscriber(this.gaps, ports);
    this.context = appContext(config, {
      ...ports,
      watchers: this.watchers,
      onBookBroken: (topic, code, reason) => this.books.broken(topic, code, reason),
      onCandle: (candle) => this.#strategies?.onCandle(candle, ports.clock.monoMs()),
    });
    this.books = new AppBooks(config, {
      ...ports,
      context: () => this.context,
      subscriber: this.subscriber,
      healthChanged: () => this.watchers.healthChanged(),
    });
    this.silence = new AppSilence(config.policy, {
      ...ports,
      context: () => this.context,
      subscriber: this.subscriber,
      replaceChild: (message) => ports.replaceChild?.(this.#generation, message),
      live: (kind, text) => this.watchers.live(kind, text),
    });
    for (const topic of config.topics) this.#follow(topic);
  }

  /** The strategies read the context, so they come after it. */
  attachStrategies(engine: StrategyEngine): void {
    this.#strategies = engine;
    this.meters.handOver = engine.handOver;
    engine.start(this.#ports.clock.monoMs());
  }

  childStarted(generation: number): void {
    this.#generation = generation;
    this.#isReady = false;
    this.intake.childStarted(generation);
    this.child.started();
    this.watchers.live('started', `child ${generation} was started`);
  }

  /** One line of the child. */
  onLine(line: string, generation: number): void {
    const nowMs = this.#ports.clock.unixMs();
    const event = this.intake.accept(line, generation, nowMs);
    if (event === undefined) return;
    this.lastLineAt = nowMs;
    if (event.type === 'status') this.#lookForReady(event, generation);
    const gap =
      event.type === 'gap' ? this.gaps.onGap(event, generation) : this.gaps.onEvent(event, generation);
    if (gap !== undefined) this.dispatch(gap);
    if (event.type !== 'gap') this.dispatch(event);
  }

  /** Trades and book updates of one read, which came at one moment. */
  onOrdinary(events: readonly OrdinaryEvent[], generation: number): void {
    const nowMs = this.#ports.clock.unixMs();
    const now = this.#ports.clock.monoMs();
    this.intake.signOfLife(generation);
    for (const event of events) {
      if (!this.intake.acceptRead(event, generation, nowMs)) continue;
      this.lastLineAt = nowMs;
      const gap = this.gaps.onEvent(event, generation);
      if (gap !== undefined) this.dispatch(gap);
      this.#dispatch(event, now, nowMs);
    }
  }

  /** An event that is true and new: state first, then everybody who reads it, unless nobody asked for it. */
  dispatch(event: TowlineEvent): void {
    this.#dispatch(event, this.#ports.clock.monoMs(), this.#ports.clock.unixMs());
  }

  #dispatch(event: TowlineEvent, now: MonoMs, nowMs: UnixMs): void {
    this.meters.onEvent(event, now);
    if (!this.context.apply(event, now, nowMs)) return;
    this.#strategies?.onEvent(event, now);
    this.#logEvent(event);
    this.#ports.flight?.heard(event);
    this.#ports.recorder?.heard(event, nowMs);
    switch (event.type) {
      case 'trade':
        this.rates.trades.add(now);
        this.child.trade(event);
        return this.watchers.tell('trades', event);
      case 'depth':
        this.rates.depth.add(now);
        return this.watchers.tell('book', event);
      case 'gap':
        this.ledger.gap(event);
        return this.watchers.tell('gaps', event);
      case 'reply':
        if (this.books.replied(event, now)) return;
        for (const answer of this.subscriber.replied(event)) this.dispatch(answer);
        return this.#ports.symbols?.replied(event);
      case 'status':
        this.child.status(event);
        this.subscriber.heard(event);
        this.silence.heard(event, now);
        this.ledger.told(event);
        this.gaps.granted(event, nowMs, now);
        return this.watchers.healthChanged();
      case 'error':
        this.child.error();
        this.silence.heard(event, now);
        this.#ports.symbols?.erred(event);
        return this.watchers.healthChanged();
      case 'ticker':
      case 'liquidation':
        return this.watchers.tell(event.type === 'ticker' ? 'ticker' : 'liquidations', event);
      case 'book_check':
        return this.books.check(event, now);
      case 'instrument':
        return this.#ports.symbols?.told(event);
      case 'kline':
      case 'progress':
      case 'execution':
      case 'order':
      case 'position':
      case 'wallet':
        return;
    }
  }

  /** The child ended; its last line was read. */
  childEnded(generation: number, death: Death): void {
    const nowMs = this.#ports.clock.unixMs();
    this.#isReady = false;
    this.intake.childEnded(generation);
    // Nobody will be there to miss anything when the runner itself is going.
    if (!this.#isStopping) for (const gap of this.gaps.childEnded(generation, nowMs)) this.dispatch(gap);
    this.ledger.childEnded();
    this.context.childEnded();
    this.silence.childEnded();
    this.#strategies?.childEnded(this.#ports.clock.monoMs());
    this.child.ended();
    this.subscriber.childEnded();
    this.books.childEnded();
    this.watchers.live(death.asked ? 'stopped' : 'died', death.message);
  }

  /** Everything that is listened to: the configured instruments first, in their order. */
  instruments(): readonly Instrument[] {
    return this.#instruments.all();
  }

  /** A topic more, while running. */
  want(topic: Topic): void {
    this.context.want(topic);
    this.#follow(topic);
    if (this.#isReady) this.subscriber.subscribe(topic);
  }

  /** A topic less. What the child has told of it and is still on its way here counts as unwanted. */
  unwant(topic: Topic): void {
    this.context.unwant(topic);
    if (this.context.instrument(topic) === undefined) this.#instruments.remove(topic);
    this.subscriber.unwant(topic);
    this.books.forget(topic);
    this.ledger.unfollow(topic);
    this.#ports.recorder?.unwanted(topic);
    const given = this.gaps.release(topic);
    if (given !== undefined) this.dispatch(given);
  }

  #follow(topic: Topic): void {
    this.#instruments.add(topic);
    this.subscriber.want(topic);
    this.gaps.follow(topic);
  }

  /** The archive's files of these spans are on this machine: what of the ledger lies in them is closed. Answers how many gaps. */
  closeByArchive(instrument: Instrument, spans: readonly Span[]): number {
    const closed = this.gaps.closeByArchive(instrument, spans);
    for (const gap of closed) this.dispatch(gap);
    return closed.length;
  }

  /** The runner is about to stop its child for good. */
  stopping(): void {
    this.#isStopping = true;
  }

  /** Our wall clock moved otherwise than time passed. */
  clockJumped(): void {
    this.context.clockJumped();
  }

  tick(): void {
    const nowMs = this.#ports.clock.unixMs();
    const now = this.#ports.clock.monoMs();
    this.context.advance(now, nowMs);
    this.silence.tick(now);
    this.ledger.tick();
    this.books.tick(now, this.#isReady && this.context.clock === 'live');
    this.#strategies?.tick(now, this.context.exchangeNow(nowMs));
    this.watchers.tellTurnedBooks(this.instruments(), (of) => this.context.topOf(of, now)?.valid ?? false);
  }

  subscribe(listener: LiveListener): () => void {
    return this.watchers.add(listener);
  }

  /** For whoever watches: something of this section has changed. */
  tell(section: LiveSection): void {
    if (section === 'health') this.watchers.healthChanged();
    else this.watchers.tell(section);
  }

  /** A line could not be read, or lines are missing. */
  #miss(line: string | undefined): void {
    const { clock } = this.#ports;
    for (const gap of this.gaps.unread(line, clock.unixMs(), clock.monoMs())) this.dispatch(gap);
  }

  #lookForReady(event: StatusEvent, generation: number): void {
    const { status } = event;
    // A foreign connector may only ever say "connected" (DESIGN 7.1); that counts as ready.
    if (this.#isReady || generation !== this.#generation || (status !== 'ready' && status !== 'connected'))
      return;
    this.#isReady = true;
    this.#ports.announcedReady(generation);
    this.watchers.live('ready', `child ${generation} is ready`);
    // Only now may it be known whose ledger it is; what it says of earlier runs belongs into the question.
    this.ledger.told(event);
    if (this.ledger.isAwaited) this.subscriber.hold();
    else this.subscriber.subscribeAll();
  }
}
