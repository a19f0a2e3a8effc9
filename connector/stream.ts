/**
 * The verb `stream`: sessions with the public sockets of each category on one side, lines on the other.
 *
 * Commands say what is wanted; sessions find out; the outbox tells. Every command with an id gets exactly one reply: at once
 * for what we know, and for a subscription when the exchange has answered.
 */

import type { ErrorCode } from '../shared/errors.ts';
import { PROTOCOL_VERSION, type UnnumberedEvent } from '../shared/events/event.ts';
import type { Category, Environment, Topic } from '../shared/market.ts';
import { topicKey } from '../shared/market.ts';
import type { Policy } from '../shared/policy.ts';
import type { Clock, Random, UnixMicros } from '../shared/time.ts';
import { decodeCommand } from '../shared/wire.ts';
import { Outbox } from './outbox.ts';
import { ProcessMeter, type ProcessReading } from './process-meter.ts';
import { Session } from './session/session.ts';
import type { Outcome } from './session/subscriptions.ts';
import { type Command, decodeStreamTopic } from './stream-commands.ts';

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

export type RecordedFrame = {
  readonly t: 'connect' | 'send' | 'recv';
  readonly at: UnixMicros;
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

type Waiting = { readonly id: string; readonly wish: 'subscribe' | 'unsubscribe' };

export class Stream {
  readonly #config: StreamConfig;
  readonly #ports: StreamPorts;
  readonly #outbox: Outbox;
  readonly #meter: ProcessMeter;
  readonly #sessions = new Map<Category, Session>();
  readonly #waiting = new Map<string, Waiting[]>();
  #badCommands = 0;
  #nextBeatAt = 0;
  #stopped = false;

  constructor(config: StreamConfig, ports: StreamPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#meter = new ProcessMeter(ports.readProcess());
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

  subscribe(topic: Topic): boolean {
    return this.#session(topic.category).want(topic);
  }

  /** A value that came in on stdin. */
  command(value: unknown): void {
    const decoded = decodeCommand(value);
    if (!decoded.ok) {
      this.#badCommands += 1;
      const id = idOf(value);
      if (id !== undefined) this.#reply(id, decoded.failure);
      else this.badCommand(decoded.failure.message, decoded.failure.code);
      return;
    }
    this.#obey(decoded.value);
  }

  /** A line on stdin that could not even be read. */
  badCommand(reason: string, code: ErrorCode = 'bad_command'): void {
    this.#emit({
      type: 'error',
      error: `command: ${reason}`,
      code,
      retryable: false,
      at: this.#ports.clock.unixMs(),
    });
  }

  drained(): void {
    this.#outbox.drained();
  }

  tick(): void {
    if (this.#stopped) return;
    for (const session of this.#sessions.values()) session.tick();
    const now = this.#ports.clock.monoMs();
    if (now < this.#nextBeatAt) return;
    this.#nextBeatAt = now + this.#config.policy.heartbeatEveryMs;
    this.#heartbeat();
  }

  /** The machine slept or its clock was set: what the sockets held meanwhile cannot be trusted. */
  slept(driftMs: number): void {
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
    for (const session of this.#sessions.values()) session.stop();
  }

  /** True when every line has left the queue. */
  get isFlushed(): boolean {
    return this.#outbox.lines === 0;
  }

  #obey(command: Command): void {
    const id = command.id === undefined ? undefined : String(command.id);
    switch (command.command) {
      case 'ping':
        return this.#reply(id, undefined);
      case 'stats':
        return this.#reply(id, undefined, { ...this.#vitals(), written: this.#outbox.counts.written });
      case 'shutdown':
        this.#reply(id, undefined);
        this.stop('told to shut down');
        return this.#ports.onShutdown();
      case 'subscribe':
      case 'unsubscribe':
        return this.#wish(command, id);
    }
  }

  #wish(command: Extract<Command, { command: 'subscribe' | 'unsubscribe' }>, id: string | undefined): void {
    const decoded = decodeStreamTopic(command, this.#config.defaultCategory);
    if (!decoded.ok) return this.#reply(id, decoded.failure);
    const topic = decoded.value;
    const session = this.#session(topic.category);
    if (command.command === 'unsubscribe') {
      this.#supersede(topic, 'subscribe');
      this.#await(topic, id, 'unsubscribe');
      return session.unwant(topic);
    }
    this.#supersede(topic, 'unsubscribe');
    if (session.isActive(topic)) return this.#reply(id, undefined);
    this.#await(topic, id, 'subscribe');
    if (!session.want(topic)) {
      const message =
        'this connection has no room for more topics (the exchange takes 21,000 characters of topics)';
      this.#settle({ kind: 'refused', topic, message });
    }
  }

  #await(topic: Topic, id: string | undefined, wish: Waiting['wish']): void {
    if (id === undefined) return;
    const key = topicKey(topic);
    const list = this.#waiting.get(key);
    if (list === undefined) this.#waiting.set(key, [{ id, wish }]);
    else list.push({ id, wish });
  }

  /** An opposite wish came: the earlier commands get their one answer now. */
  #supersede(topic: Topic, wish: Waiting['wish']): void {
    const key = topicKey(topic);
    const list = this.#waiting.get(key) ?? [];
    for (const { id } of list.filter((waiting) => waiting.wish === wish)) {
      this.#reply(id, { code: 'bad_command', message: 'superseded by a later command for the same topic' });
    }
    this.#waiting.set(
      key,
      list.filter((waiting) => waiting.wish !== wish),
    );
  }

  #settle(outcome: Outcome): void {
    if (outcome.kind === 'unanswered') return;
    const key = topicKey(outcome.topic);
    const list = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    for (const { id, wish } of list) {
      if (outcome.kind === 'refused') this.#reply(id, { code: 'topic_refused', message: outcome.message });
      else if (outcome.kind === 'unsubscribed' && wish === 'subscribe') this.#await(outcome.topic, id, wish);
      else this.#reply(id, undefined);
    }
  }

  #reply(
    id: string | undefined,
    failure: { code: ErrorCode; message: string } | undefined,
    data?: Record<string, unknown>,
  ): void {
    if (id === undefined) {
      if (failure !== undefined) this.badCommand(failure.message, failure.code);
      return;
    }
    if (failure !== undefined)
      this.#emit({ type: 'reply', id, ok: false, error: failure.message, code: failure.code });
    else this.#emit({ type: 'reply', id, ok: true, ...(data === undefined ? {} : { data }) });
  }

  #session(category: Category): Session {
    const known = this.#sessions.get(category);
    if (known !== undefined) return known;
    const { clock, random, record } = this.#ports;
    const stamp = (t: RecordedFrame['t'], frame?: string): void =>
      record?.(frame === undefined ? { t, at: clock.unixMicros() } : { t, at: clock.unixMicros(), frame });
    const socket = this.#ports.socket(category, {
      onOpen: () => {
        stamp('connect');
        session.opened();
      },
      onFrame: (text) => {
        const at = clock.unixMicros();
        record?.({ t: 'recv', at, frame: text });
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
          stamp('send', text);
          socket.send(text);
        },
        emit: (event) => this.#emit(event),
        settled: (outcome) => this.#settle(outcome),
      },
    );
    this.#sessions.set(category, session);
    return session;
  }

  #heartbeat(): void {
    const now = this.#ports.clock.monoMs();
    const sessions = [...this.#sessions.values()];
    this.#emit({
      type: 'status',
      status: 'heartbeat',
      scope: 'process',
      connector: 'bybit',
      at: this.#ports.clock.unixMs(),
      ...this.#vitals(),
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
      bad_lines: this.#badCommands,
    };
  }

  #emit(event: UnnumberedEvent): void {
    this.#outbox.offer(event);
  }
}

function idOf(value: unknown): string | undefined {
  const id: unknown = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
  return typeof id === 'string' || typeof id === 'number' ? String(id).slice(0, 200) : undefined;
}
