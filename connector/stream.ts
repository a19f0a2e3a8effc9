/**
 * The verb `stream`: sessions with the public sockets of each category on one side, lines on the other.
 *
 * Commands say what is wanted; sessions find out; the outbox tells.
 */

import type { ErrorCode } from '../shared/errors.ts';
import { PROTOCOL_VERSION, type UnnumberedEvent } from '../shared/events/event.ts';
import type { Category, Environment, Topic } from '../shared/market.ts';
import type { Policy } from '../shared/policy.ts';
import type { Clock, Random, UnixMicros } from '../shared/time.ts';
import { CommandDesk } from './command-desk.ts';
import { Outbox } from './outbox.ts';
import { ProcessMeter, type ProcessReading } from './process-meter.ts';
import { ClockOffset } from './session/clock-offset.ts';
import { Session } from './session/session.ts';

/** One socket, opened and closed by a session. */
export type SocketPort = {
  readonly open: (url: string) => void;
  readonly send: (text: string) => void;
  readonly close: () => void;
};
export type SocketEvents = {
  readonly onOpen: () => void;
  readonly onFrame: (text: string) => void;
  readonly onLost: (code: ErrorCode, reason: string) => void;
};

export type StreamPorts = {
  readonly clock: Clock;
  readonly random: Random;
  readonly socket: (category: Category, events: SocketEvents) => SocketPort;
  readonly writeLine: (line: string) => void;
  readonly isBlocked: () => boolean;
  readonly readProcess: () => ProcessReading;
  /** Every frame, with its receipt, as it came or went; for `--record`. */
  readonly record: ((entry: RecordedFrame) => void) | undefined;
  /** The stream has ended itself on command. */
  readonly onShutdown: () => void;
};

/** One line of a recording. `environment` stands on `connect` lines. */
export type RecordedFrame = {
  readonly t: 'connect' | 'send' | 'recv';
  readonly at: UnixMicros;
  readonly category: Category;
  readonly environment?: Environment;
  readonly frame?: string;
};

export type StreamConfig = {
  readonly environment: Environment;
  readonly defaultCategory: Category;
  readonly urls: Readonly<Record<Category, string>>;
  readonly policy: Policy;
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
  readonly #sessions = new Map<Category, Session>();
  readonly #clockOffset: ClockOffset;
  #nextBeatAt = 0;
  #stopped = false;

  constructor(config: StreamConfig, ports: StreamPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#meter = new ProcessMeter(ports.readProcess());
    this.#clockOffset = new ClockOffset(config.policy.clock.offsetWindowMs);
    this.#desk = new CommandDesk(config.defaultCategory, {
      emit: (event) => this.#emit(event),
      nowMs: ports.clock.unixMs,
      isActive: (topic) => this.#session(topic.category).isActive(topic),
      want: (topic) => this.subscribe(topic),
      unwant: (topic) => this.#session(topic.category).unwant(topic),
      stats: () => ({ ...this.#vitals(), written: this.#outbox.counts.written }),
      shutdown: () => {
        this.stop('told to shut down');
        ports.onShutdown();
      },
    });
    this.#outbox = new Outbox(config.nonce, config.policy.maxQueueBytes, {
      write: ports.writeLine,
      isBlocked: ports.isBlocked,
      refetch: (topic) => this.#sessions.get(topic.category)?.refetch(topic),
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

  subscribe(topic: Topic): void {
    this.#session(topic.category).want(topic);
  }

  /** A value that came in on stdin. */
  command(value: unknown): void {
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
    for (const session of this.#sessions.values()) session.tick();
    const now = this.#ports.clock.monoMs();
    if (now < this.#nextBeatAt) return;
    this.#nextBeatAt = now + this.#config.policy.heartbeatEveryMs;
    this.#heartbeat();
  }

  /** The machine slept or its clock was set: what the sockets held meanwhile cannot be trusted. */
  slept(driftMs: number): void {
    this.#clockOffset.forget();
    for (const session of this.#sessions.values()) {
      session.lost(
        'machine_slept',
        `the wall clock moved by ${Math.round(driftMs)} ms against the monotonic clock`,
      );
    }
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
    for (const session of this.#sessions.values()) session.stop();
  }

  /** True when every line has left the queue. */
  get isFlushed(): boolean {
    return this.#outbox.lines === 0;
  }

  #session(category: Category): Session {
    const known = this.#sessions.get(category);
    if (known !== undefined) return known;
    const { clock, random, record } = this.#ports;
    const { environment } = this.#config;
    const socket = this.#ports.socket(category, {
      onOpen: () => {
        record?.({ t: 'connect', at: clock.unixMicros(), category, environment });
        session.opened();
      },
      onFrame: (text) => {
        const at = clock.unixMicros();
        record?.({ t: 'recv', at, category, frame: text });
        session.received(text, at);
      },
      onLost: (code, reason) => session.lost(code, reason),
    });
    const session = new Session(
      {
        category,
        url: this.#config.urls[category],
        policy: this.#config.policy,
        name: `${this.#config.nonce}-${category}`,
      },
      {
        clock,
        random,
        open: socket.open,
        close: socket.close,
        send: (text) => {
          record?.({ t: 'send', at: clock.unixMicros(), category, frame: text });
          socket.send(text);
        },
        emit: (event) => this.#emit(event),
        settled: (outcome) => this.#desk.settled(outcome),
        clockOffset: this.#clockOffset,
      },
    );
    this.#sessions.set(category, session);
    return session;
  }

  #heartbeat(): void {
    const now = this.#ports.clock.monoMs();
    const sessions = [...this.#sessions.values()];
    const offset = this.#clockOffset.read(now);
    this.#emit({
      type: 'status',
      status: 'heartbeat',
      scope: 'process',
      connector: 'bybit',
      at: this.#ports.clock.unixMs(),
      ...this.#vitals(),
      ...(offset === undefined ? {} : { clock_offset_ms: offset }),
      sockets: sessions.map((session) => session.socketReport()),
      topics: sessions.flatMap((session) => session.topicReports(now)).slice(0, 5_000),
    });
  }

  #vitals() {
    const { droppedDepth, droppedTrades } = this.#outbox.counts;
    return {
      ...this.#meter.measure(this.#ports.readProcess()),
      queue_lines: this.#outbox.lines,
      queue_bytes: this.#outbox.bytes,
      dropped_depth: droppedDepth,
      dropped_trades: droppedTrades,
      bad_lines: this.#desk.bad,
    };
  }

  #emit(event: UnnumberedEvent): void {
    this.#outbox.offer(event);
  }
}
