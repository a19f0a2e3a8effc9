/**
 * The verb `stream`: pools of public sockets of each category on one side, lines on the other.
 *
 * Commands say what is wanted; the pools find out; the outbox tells.
 */

import { PROTOCOL_VERSION, type UnnumberedEvent } from '../shared/events/event.ts';
import type { Category, Environment, Topic } from '../shared/market.ts';
import type { Policy } from '../shared/policy.ts';
import type { Clock, Millis, Random } from '../shared/time.ts';
import { CommandDesk } from './command-desk.ts';
import { type Admission, ConnectionBudget, type ConnectionLog } from './connection-budget.ts';
import { type Flight, type RecordedFrame, watchedSocket } from './flight/tap.ts';
import type { LineRoom } from './outbox/line-bytes.ts';
import { Outbox } from './outbox.ts';
import { ProcessMeter, type ProcessReading } from './process-meter.ts';
import { ClockReport } from './rest/clock-report.ts';
import { Healing } from './rest/healing.ts';
import type { MarketRest } from './rest/market-rest.ts';
import { NewestTrades } from './rest/newest-trades.ts';
import { ErrorThrottle } from './session/error-throttle.ts';
import { Market } from './session/market.ts';
import type { SocketEvents, SocketPort, StampedSocketEvents } from './session/sockets/socket-port.ts';
import type { Resume } from './session/trades/trade-line-types.ts';
import { resumeOf } from './stream-commands.ts';

export type { SocketEvents, SocketPort };

export type StreamPorts = {
  readonly clock: Clock;
  readonly random: Random;
  readonly socket: (category: Category, events: SocketEvents, socket: number) => SocketPort;
  /** What connections were opened of late, by all processes that share it. */
  readonly connectionLog: ConnectionLog;
  /** The exchange's REST interface; without it commands that need it are refused, and the clock is known by frames alone. */
  readonly rest?: MarketRest | undefined;
  readonly writeLine: (line: string) => void;
  /** Where lines go that are bytes already; without it they are written as strings. */
  readonly lineRoom?: LineRoom | undefined;
  readonly isBlocked: () => boolean;
  readonly readProcess: () => ProcessReading;
  /** Every frame, with its receipt, as it came or went; for `--record`. */
  readonly record: ((entry: RecordedFrame) => void) | undefined;
  /** The flight recorder: what it hears, how much it holds, and how it is written out. */
  readonly flight?: Flight | undefined;
  /** The stream has ended itself on command. */
  readonly onShutdown: () => void;
};

export type StreamConfig = {
  readonly environment: Environment;
  readonly defaultCategory: Category;
  readonly urls: Readonly<Record<Category, string>>;
  readonly policy: Policy;
  /** Sockets for each topic; 1 when it is left out. */
  readonly redundancy?: number;
  readonly pid: number;
  /** Makes gap ids unique among processes. */
  readonly nonce: string;
};

export class Stream {
  readonly #config: StreamConfig;
  readonly #ports: StreamPorts;
  readonly #outbox: Outbox;
  readonly #meter: ProcessMeter;
  readonly #desk: CommandDesk;
  readonly #markets = new Map<Category, Market>();
  readonly #budget: ConnectionBudget;
  readonly #errors: ErrorThrottle;
  readonly #clockReport: ClockReport;
  /** Undefined where nobody can be asked. */
  readonly #healing: Healing | undefined;
  readonly #newest: NewestTrades | undefined;
  #nextBeatAt = 0;
  #stopped = false;

  constructor(config: StreamConfig, ports: StreamPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#meter = new ProcessMeter(ports.readProcess());
    this.#clockReport = new ClockReport(config.policy.clock, ports.clock, ports.rest, (now) =>
      this.#healing?.answers(now),
    );
    const { budget, reconnectSpreadMs } = config.policy.connection;
    this.#budget = new ConnectionBudget({ ...budget, spreadMs: reconnectSpreadMs }, ports.connectionLog);
    this.#errors = new ErrorThrottle(config.policy.errorEveryMs, (event) => this.#emit(event));
    const { healing, errorEveryMs, maxQueueBytes } = config.policy;
    this.#healing =
      ports.rest &&
      new Healing(healing, errorEveryMs, {
        rest: ports.rest,
        clock: ports.clock,
        emit: (event) => this.#emit(event),
        isOverloaded: () => this.#outbox.bytes > maxQueueBytes / 2,
        hurry: (now) => {
          for (const market of this.#markets.values()) market.hurry(now);
        },
      });
    const { rest, clock } = ports;
    this.#newest = rest && new NewestTrades(config.policy.silenceCheck, { rest, clock });
    this.#desk = new CommandDesk(config.defaultCategory, {
      emit: (event) => this.#emit(event),
      nowMs: ports.clock.unixMs,
      isActive: (topic) => this.#market(topic.category).isActive(topic),
      want: (topic, goesOn) => this.subscribe(topic, resumeOf(goesOn, ports.clock)),
      unwant: (topic) => this.#market(topic.category).unwant(topic),
      stats: () => ({
        ...this.#vitals(),
        written: this.#outbox.counts.written,
        ...ports.flight?.stats(),
      }),
      dump: ports.flight?.dump,
      shutdown: () => {
        this.stop('told to shut down');
        ports.onShutdown();
      },
      asked: ports.rest && {
        rest: ports.rest,
        emitInTurn: (event) => this.#outbox.offerInTurn(event),
        isOverloaded: () => this.#outbox.bytes > config.policy.maxQueueBytes,
      },
    });
    this.#outbox = new Outbox(config.nonce, config.policy.maxQueueBytes, {
      write: ports.writeLine,
      lineRoom: ports.lineRoom,
      isBlocked: ports.isBlocked,
      refetch: (topic) => this.#markets.get(topic.category)?.refetch(topic),
      nowMs: ports.clock.unixMs,
    });
  }

  /** Says that commands are taken from now on. */
  start(): void {
    const { environment, pid } = this.#config;
    const at = this.#ports.clock.unixMs();
    const ready = {
      status: 'ready',
      scope: 'process',
      connector: 'bybit',
      protocol: PROTOCOL_VERSION,
    } as const;
    this.#emit({ type: 'status', ...ready, environment, clock: 'live', pid, at });
    this.#nextBeatAt = this.#ports.clock.monoMs() + this.#config.policy.heartbeatEveryMs;
  }

  /** `resume`: where an earlier connector had ended with it. */
  subscribe(topic: Topic, resume?: Resume): void {
    this.#market(topic.category).want(topic, resume);
  }

  /** A value that came in on stdin. */
  command(value: unknown): void {
    this.#ports.flight?.note('command', this.#ports.clock.unixMicros(), { value });
    this.#desk.take(value);
  }

  /** A line on stdin that could not even be read. */
  badCommand(reason: string): void {
    this.#desk.bad += 1;
    this.#desk.unreadable(reason);
  }

  drained(): void {
    this.#outbox.drained();
  }

  tick(): void {
    if (this.#stopped) return;
    this.#ports.clock.unixMicros(); // the clock looks for a sleep of the machine when it is read; frames may not come
    for (const market of this.#markets.values()) market.tick();
    const now = this.#ports.clock.monoMs();
    this.#clockReport.tick(now);
    this.#healing?.tick(now);
    if (now < this.#nextBeatAt) return;
    this.#nextBeatAt = now + this.#config.policy.heartbeatEveryMs;
    this.#heartbeat();
  }

  /** The machine slept or its clock was set: what the sockets held meanwhile cannot be trusted. */
  slept(driftMs: number): void {
    this.#clockReport.forget();
    const reason = `the wall clock moved by ${Math.round(driftMs)} ms against the monotonic clock`;
    for (const market of this.#markets.values()) market.lost('machine_slept', reason);
  }

  stop(reason: string): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#emit({
      type: 'status',
      status: 'stopping',
      scope: 'process',
      at: this.#ports.clock.unixMs(),
      reason,
    });
    this.#desk.stop();
    for (const market of this.#markets.values()) market.stop();
  }

  /** True when every line has left the queue. */
  get isFlushed(): boolean {
    return this.#outbox.lines === 0;
  }

  #market(category: Category): Market {
    const known = this.#markets.get(category);
    if (known !== undefined) return known;
    const { policy, nonce, urls, redundancy = 1 } = this.#config;
    const { clock, random } = this.#ports;
    const market = new Market(
      { category, url: urls[category], policy, redundancy, name: `${nonce}-${category}` },
      {
        clock,
        random,
        socket: (socket, events) => this.#socket(category, socket, events),
        admit: (again) => this.#admit(category, again),
        emit: (event) => this.#emit(event),
        settled: (outcome) => this.#desk.settled(outcome),
        clockOffset: this.#clockReport.frames,
        readRecent: this.#healing?.readRecent,
        hasRoom: this.#outbox.hasRoom,
        fetchKlines: this.#healing?.fetchKlines,
        askNewest: this.#newest?.of(category),
        askList: this.#newest?.lists(category),
      },
    );
    this.#markets.set(category, market);
    return market;
  }

  /** A socket; what passes it is stamped, and written down. */
  #socket(category: Category, socket: number, events: StampedSocketEvents): SocketPort {
    const { clock, record, flight, socket: openSocket } = this.#ports;
    const { environment } = this.#config;
    return watchedSocket(
      { clock, record, flight, open: (heard) => openSocket(category, heard, socket) },
      { category, socket, environment },
      events,
    );
  }

  #admit(category: Category, again: boolean): Millis {
    const { clock } = this.#ports;
    const { host } = new URL(this.#config.urls[category]);
    const admission = this.#budget.admit(host, again, clock.unixMs(), clock.monoMs());
    if (admission.opened !== undefined) this.#tellSpent(category, host, admission);
    return admission.waitMs;
  }

  #tellSpent(category: Category, host: string, { opened, waitMs }: Admission): void {
    const { windowMs } = this.#config.policy.connection.budget;
    const error =
      `${opened} connections to ${host} were opened within ${Math.round(windowMs / 1_000)} s, and the exchange shuts an ` +
      `address out at 500 in 300 s: the next one waits ${Math.ceil(waitMs / 1_000)} s. See why connections are lost (errors before this one)`;
    const at = this.#ports.clock.unixMs();
    const code = 'connection_budget';
    this.#errors.emit(
      { type: 'error', error, code, retryable: true, at, category },
      this.#ports.clock.monoMs(),
    );
  }

  #heartbeat(): void {
    const now = this.#ports.clock.monoMs();
    const markets = [...this.#markets.values()];
    this.#emit({
      type: 'status',
      status: 'heartbeat',
      scope: 'process',
      connector: 'bybit',
      at: this.#ports.clock.unixMs(),
      ...this.#vitals(),
      ...this.#clockReport.fields(now),
      sockets: markets.flatMap((market) => market.socketReports()),
      topics: markets.flatMap((market) => market.topicReports(now)).slice(0, 5_000),
    });
  }

  #vitals() {
    const { droppedDepth } = this.#outbox.counts;
    let droppedTrades = 0;
    for (const market of this.#markets.values()) droppedTrades += market.droppedTrades;
    return {
      ...this.#meter.measure(this.#ports.readProcess()),
      queue_lines: this.#outbox.lines,
      queue_bytes: this.#outbox.bytes,
      dropped_depth: droppedDepth,
      dropped_trades: droppedTrades,
      bad_lines: this.#desk.bad,
      ...this.#newest?.vitals(),
    };
  }

  #emit(event: UnnumberedEvent): void {
    if (event.type !== 'trade' && event.type !== 'depth')
      this.#ports.flight?.told(this.#ports.clock.unixMicros(), event);
    this.#outbox.offer(event);
  }
}
