/**
 * The simulated Bybit itself: markets, sockets and faults, without a socket, a clock or a file of its own.
 *
 * The driver in io/ tells it what happens (a socket opened, a text came, time passed) and lends it ports for what it
 * wants done. It is the other side of the dialect that connector/bybit/ speaks and shares no code with it, so that a
 * misunderstanding cannot hide on both sides at once.
 */

import { FaultBoard } from './faults/fault-board.ts';
import type { Connection, Sockets } from './feeds/connections.ts';
import { Delivery } from './feeds/delivery.ts';
import { Listing } from './feeds/listing.ts';
import type { Spread } from './feeds/pace.ts';
import { Pace } from './feeds/pace.ts';
import { Publisher } from './feeds/publisher.ts';
import type { Topic } from './feeds/topics.ts';
import { Feed } from './feeds/topics.ts';
import { executionsKept } from './market/execution-store.ts';
import type { Category, Instrument } from './market/instruments.ts';
import { INSTRUMENTS } from './market/instruments.ts';
import type { Journal } from './market/journal.ts';
import type { MarketStep } from './market/market.ts';
import { advance, createMarket, openMarket } from './market/market.ts';
import type { Random } from './market/random.ts';
import { createRandom } from './market/random.ts';
import type { Liquidation } from './market/statistics.ts';
import { syntheticInstruments } from './market/synthetic-instruments.ts';
import type { Moment } from './moment.ts';
import { LAUNCHED_AT, tradesOfDay } from './past/launch.ts';
import { LogBudget } from './past/lived-log.ts';
import { SumsCache } from './past/market-past.ts';
import type { KeyInfo } from './rest/signed.ts';
import { READ_ONLY_KEY } from './rest/signed.ts';
import { judgeRequest } from './socket/requests.ts';

/** How an exchange is made. `seed` decides markets and trade ids; a driver that is given none must choose a random one. */
export interface ExchangeOptions {
  readonly seed: string;
  /** Frames a second over all topics; undefined is natural mode. */
  readonly rate: number | undefined;
  readonly tradesPerFrame: number | undefined;
  /** Each price stays within so many ticks of its start; undefined: 4 % of it. */
  readonly bandTicks?: number | undefined;
  readonly stepsPerFrame: number;
  /** The usual markets, where a program needs others than everybody's. */
  readonly instruments?: readonly Instrument[];
  /** Made-up linear contracts beside the usual ones (and a tenth as many spot pairs, a fiftieth inverse contracts). */
  readonly symbols?: number | undefined;
  /** How `rate` is spread over the markets that are listened to; natural unless said otherwise. */
  readonly spread?: Spread | undefined;
  /** Multiplies every duration that Bybit's rules name. */
  readonly timeScale: number;
  /** Made-up trades of a day of linear BTCUSDT before the exchange was born, others in proportion; without it there is no past. */
  readonly historyTrades?: number | undefined;
  /** What the clock says at the birth, ms since 1970; the machine's time unless said otherwise. */
  readonly startAt?: number | undefined;
  /** How long after its end a day's archive file appears, ms; four hours unless said otherwise. */
  readonly archiveDelayMs?: number | undefined;
  /** The key that signed requests are answered for; without it none is. */
  readonly apiKey?: ApiKey | undefined;
  /** Bytes that the logs of executions may fill, all markets together. */
  readonly logBytes?: number | undefined;
}

/** A key as its owner has it. */
export interface ApiKey {
  readonly key: string;
  readonly secret: string;
}

/** What the exchange is lent. `journal` is undefined when no log is kept. */
export interface ExchangePorts {
  readonly sockets: Sockets;
  readonly journal: Journal | undefined;
}

/** On contract sockets the ack comes up to this much after the first snapshot, ms. */
const ACK_LATER_MOST_MS = 12;
/** Time that one turn makes up for at most, ms: a machine that slept does not replay the night. */
const TURN_MOST_MS = 250;
/** Logs of executions: some 35 million of them; the natural pace of the usual markets fills about 100 MiB a day. */
const LOG_MOST_BYTES = 256 * 1024 * 1024;
const ARCHIVE_DELAY_MS = 4 * 3_600_000;

export class Exchange {
  readonly options: ExchangeOptions;
  readonly listing = new Listing();
  readonly faults = new FaultBoard();
  readonly delivery: Delivery;
  readonly publisher: Publisher;
  readonly pace: Pace;
  readonly connections = new Set<Connection>();
  /** Sockets since the start, and why some of them ended. */
  readonly socketCounts = { opened: 0, refused: 0, dropped: 0, tooSlow: 0 };
  /** While true the markets stand still; everything else goes on. */
  isPaused = false;
  /** How long after its end a day's archive file appears, ms. */
  archiveDelayMs: number;
  /** What query-api says of the key. */
  keyInfo: KeyInfo = READ_ONLY_KEY;
  /** What all markets' logs of executions fill. */
  readonly logBudget: LogBudget;
  private readonly sums = new SumsCache();
  /** How far the clock was put forward on command, ms. */
  private advancedMs = 0;
  private readonly journal: Journal | undefined;
  private readonly random: Random;
  private lastTurn: number | undefined;

  constructor(options: ExchangeOptions, ports: ExchangePorts, now: Moment) {
    this.options = options;
    this.journal = ports.journal;
    this.archiveDelayMs = options.archiveDelayMs ?? ARCHIVE_DELAY_MS;
    this.logBudget = new LogBudget(options.logBytes ?? LOG_MOST_BYTES);
    this.advancedMs = options.startAt === undefined ? 0 : options.startAt - now.unix;
    this.random = createRandom(`${options.seed}/exchange`);
    this.pace = new Pace(options.rate, options.spread ?? 'natural', createRandom(`${options.seed}/pace`));
    this.delivery = new Delivery(ports.sockets, this.faults);
    this.publisher = new Publisher(this.delivery, this.faults, {
      timeScale: options.timeScale,
      random: createRandom(`${options.seed}/push`),
    });
    for (const instrument of [
      ...(options.instruments ?? INSTRUMENTS),
      ...syntheticInstruments(options.symbols ?? 0),
    ])
      this.list(instrument, this.ownTime(now).unix, LAUNCHED_AT[instrument.category]);
  }

  /** All markets, delisted ones too. */
  get feeds(): readonly Feed[] {
    return this.listing.feeds;
  }

  /** The clock as the exchange believes it: started where it was told to, put forward on command, put off by the fault `clock_skew`. */
  ownTime({ unix, mono }: Moment): Moment {
    return { unix: unix + this.advancedMs + this.faults.skewMs, mono };
  }

  /** Puts the clock forward; nothing happens in the time that is left out. */
  advanceClock(ms: number): void {
    this.advancedMs += ms;
  }

  /** Ends a market: Bybit calls it Closed, and its streams end. `at` is ms since 1970. */
  delist(feed: Feed, at: number): void {
    this.listing.setClosed(feed, at);
  }

  /** Lets a market that was delisted trade again. */
  relist(feed: Feed): void {
    this.listing.setClosed(feed, undefined);
  }

  /** Opens a new market; one that was launched earlier has a past. Both times are the exchange's own, ms since 1970. */
  list(instrument: Instrument, nowUnix: number, launchedAt = nowUnix): Feed {
    const { seed, tradesPerFrame, bandTicks, historyTrades = 0 } = this.options;
    const market = createMarket(instrument, { seed, tradesPerMatch: tradesPerFrame, bandTicks });
    const kept = executionsKept(this.options.symbols ?? 0);
    const feed = new Feed(market, this.random, {
      seed,
      now: nowUnix,
      executionsKept: kept,
      past: { launchedAt, tradesPerDay: tradesOfDay(instrument, historyTrades) },
      budget: this.logBudget,
      sums: this.sums,
    });
    this.listing.add(feed);
    for (const step of openMarket(market, nowUnix)) this.keep(feed, step);
    return feed;
  }

  /** A socket has opened on a category's path. */
  connect(category: Category): Connection {
    this.socketCounts.opened += 1;
    const id = this.socketCounts.opened;
    const tail = this.random.next().toString(36).padStart(7, '0').slice(0, 5);
    const head = (this.random.next().toString(36) + this.random.next().toString(36)).padEnd(14, '0');
    const connection = {
      id,
      category,
      connId: `${head}-${tail}`,
      topics: new Set<Topic>(),
      argsCharacters: 0,
    };
    this.connections.add(connection);
    if (this.faults.takeDeadOnArrival(category)) this.delivery.kill(connection);
    return connection;
  }

  /** A socket is gone. */
  disconnect(connection: Connection): void {
    this.connections.delete(connection);
    for (const topic of connection.topics) this.listing.unsubscribe(topic, connection);
    this.delivery.forget(connection);
  }

  /** A client's text has come. */
  receive(connection: Connection, text: string, clock: Moment): void {
    const now = this.ownTime(clock);
    const outcome = judgeRequest(connection, text, (name) => this.offeredTopic(connection.category, name));
    switch (outcome.kind) {
      case 'pong':
        this.delivery.pong(connection, outcome.reply);
        return;
      case 'refuse':
        this.delivery.ack(connection, outcome.reply, now.mono, now.mono);
        return;
      case 'subscribe':
        this.subscribe(connection, outcome.topics, outcome.reply, now);
        return;
      case 'unsubscribe':
        for (const topic of outcome.topics) this.listing.unsubscribe(topic, connection);
        this.delivery.ack(connection, outcome.reply, now.mono, now.mono);
        return;
    }
  }

  /** Time has passed: markets step, frames go out, what was held back is let go. */
  turn(clock: Moment): void {
    this.faults.expire(clock.mono);
    const now = this.ownTime(clock);
    const elapsed = Math.min(TURN_MOST_MS, now.mono - (this.lastTurn ?? now.mono));
    this.lastTurn = now.mono;
    const isDriven = this.pace.framesPerSecond !== undefined;
    const mayStep = !this.isPaused && this.journal?.isBehind() !== true;
    if (mayStep) this.pace.run(this.listing, elapsed, (feed) => this.step(feed, isDriven, now));
    for (const feed of this.listing.heard) {
      if (!isDriven || !feed.isDriven) this.publisher.whatIsDue(feed, now);
      this.pace.countFrames(this.publisher.byTheClock(feed, now));
    }
    this.delivery.release(now.mono);
  }

  /** Stops or starts the markets; when they stop, everybody gets what is still unpublished. */
  setPaused(paused: boolean, now: Moment): void {
    this.isPaused = paused;
    if (paused) for (const feed of this.listing.heard) this.publisher.flush(feed, now);
  }

  topic(category: Category, name: string): Topic | undefined {
    return this.listing.topic(category, name);
  }

  feed(category: string | undefined, symbol: string | undefined): Feed | undefined {
    return this.listing.feed(category, symbol);
  }

  private step(feed: Feed, isDriven: boolean, now: Moment): number {
    const step = advance(feed.market, now.unix);
    this.keep(feed, step);
    return isDriven ? this.publisher.afterStep(feed, this.options.stepsPerFrame, now) : 0;
  }

  private keep(feed: Feed, step: MarketStep): void {
    this.journal?.order(feed.instrument, step);
    for (const execution of step.executions) {
      feed.executions.add(execution);
      feed.past.log.add(execution);
      if (feed.trades.subscribers.size > 0) feed.trades.pending.push(execution);
      this.journal?.execution(feed.instrument, execution);
      const liquidation = feed.statistics.add(execution);
      if (liquidation !== undefined) this.keepLiquidation(feed, liquidation);
    }
  }

  private keepLiquidation(feed: Feed, liquidation: Liquidation): void {
    this.journal?.liquidation(feed.instrument, liquidation);
    for (const topic of feed.heardTimed) if (topic.kind === 'liquidations') topic.pending.push(liquidation);
  }

  private offeredTopic(category: Category, name: string): Topic | undefined {
    return this.faults.refusesTopic(category, name) ? undefined : this.topic(category, name);
  }

  /** Spot acknowledges first; contract sockets send the snapshot first, and a few deltas may follow before the ack. */
  private subscribe(connection: Connection, topics: readonly Topic[], reply: string, now: Moment): void {
    if (connection.category === 'spot') this.delivery.ack(connection, reply, now.mono, now.mono);
    for (const topic of topics) {
      this.publisher.firstFrame(topic, connection, now);
      this.listing.subscribe(topic, connection);
    }
    if (connection.category === 'spot') return;
    this.delivery.ack(connection, reply, now.mono + this.random.below(ACK_LATER_MOST_MS), now.mono);
  }
}
