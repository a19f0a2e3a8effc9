/**
 * All sockets of one market: topics come in, and each is given to one session, on which it stays.
 *
 * The sessions know nothing of each other. The pool gives them their topics and their numbers, looks whether the others move
 * while one is silent, and closes those that carry nothing any more. Raced sockets are several pools of one market that are
 * given the same topics; each needs numbers of its own then.
 */
import type { ErrorCode } from '../../../shared/errors.ts';
import type { UnnumberedEvent } from '../../../shared/events/event.ts';
import type { SocketReport, TopicReport } from '../../../shared/events/process-events.ts';
import type { Category, Topic } from '../../../shared/market.ts';
import type { Policy } from '../../../shared/policy.ts';
import { after, type Clock, type Millis, type MonoMs, type Random } from '../../../shared/time.ts';
import { socketLimits } from '../../bybit/requests.ts';
import { bybitTopic } from '../../bybit/topics.ts';
import { Session } from '../session.ts';
import type { SessionPorts } from '../session-ports.ts';
import { outcomeEvent } from '../subscriptions/outcome-event.ts';
import type { Outcome } from '../subscriptions/subscriptions.ts';
import type { Resume } from '../trades/trade-line-types.ts';
import { MAX_SOCKETS, TopicPlaces } from './socket-pool-places.ts';
import type { SocketPort, StampedSocketEvents } from './socket-port.ts';

export type SocketPoolPorts = {
  readonly clock: Clock;
  readonly random: Random;
  /** A place for the socket of this number. */
  readonly socket: (socket: number, events: StampedSocketEvents) => SocketPort;
  /** May a connection be opened now? 0, or after how many milliseconds to ask again. */
  readonly admit: (again: boolean) => Millis;
  readonly emit: (event: UnnumberedEvent) => void;
  readonly settled: (outcome: Outcome) => void;
  readonly clockOffset: SessionPorts['clockOffset'];
  readonly lines?: SessionPorts['lines'];
  readonly fetchKlines?: SessionPorts['fetchKlines'];
  readonly askNewest?: SessionPorts['askNewest'];
};

export type SocketPoolConfig = {
  readonly category: Category;
  readonly url: string;
  readonly policy: Policy;
  /** Unique among all pools and processes; gap ids begin with it. */
  readonly name: string;
  /** Where several pools race in one market: its sockets are numbered `first`, `first + step`, and so on. */
  readonly numbers?: { readonly first: number; readonly step: number };
};

type Member = { readonly session: Session; idleUntil: MonoMs | undefined };

export class SocketPool {
  readonly #config: SocketPoolConfig;
  readonly #ports: SocketPoolPorts;
  readonly #places: TopicPlaces;
  readonly #members = new Map<number, Member>();

  constructor(config: SocketPoolConfig, ports: SocketPoolPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#places = new TopicPlaces(socketLimits[config.category].argsLength);
  }

  /** A topic is wanted from now on. Refused when all sockets are full. */
  want(topic: Topic, resume?: Resume): void {
    const socket = this.#places.take(bybitTopic(topic), topic.symbol);
    if (socket !== undefined) return this.#member(socket).session.want(topic, resume);
    const { argsLength } = socketLimits[topic.category];
    const message = `the ${MAX_SOCKETS} connections of ${topic.category} are full (${argsLength} characters of topics each); give other topics up first`;
    this.#tell({ kind: 'refused', topic, message });
  }

  unwant(topic: Topic): void {
    const session = this.#sessionOf(topic);
    if (session !== undefined) return session.unwant(topic);
    this.#tell({ kind: 'unsubscribed', topic });
  }

  /** True when the exchange has acknowledged the topic on the present connection. */
  isActive(topic: Topic): boolean {
    return this.#sessionOf(topic)?.isActive(topic) ?? false;
  }

  /** Fetches one book anew: its deltas were dropped on the way to a slow reader. */
  refetch(topic: Topic): void {
    this.#sessionOf(topic)?.refetch(topic);
  }

  /**
   * Looks at every deadline; to be called every `policy.tickEveryMs`. `companionDataAt` is when another pool, which is given the same
   * topics, gave data last.
   */
  tick(companionDataAt?: MonoMs): void {
    for (const [socket, { session }] of this.#members)
      session.tick(later(this.#newestDataBeside(socket), companionDataAt));
    this.#closeIdle(this.#ports.clock.monoMs());
  }

  /** When a data frame came last on any of its sockets. */
  get dataAt(): MonoMs | undefined {
    return this.#newestDataBeside(undefined);
  }

  /** All connections are given up at once. */
  lost(code: ErrorCode, reason: string): void {
    for (const { session } of this.#members.values()) session.lost(code, reason);
  }

  stop(): void {
    for (const { session } of this.#members.values()) session.stop();
  }

  topicReports(now: MonoMs): readonly TopicReport[] {
    return [...this.#members.values()].flatMap(({ session }) => session.topicReports(now));
  }

  socketReports(): readonly SocketReport[] {
    return [...this.#members.values()].map(({ session }) => session.socketReport());
  }

  #sessionOf(topic: Topic): Session | undefined {
    const place = this.#places.get(bybitTopic(topic));
    return place === undefined ? undefined : this.#members.get(place.socket)?.session;
  }

  #member(place: number): Member {
    const known = this.#members.get(place);
    if (known !== undefined) return known;
    const { first, step } = this.#config.numbers ?? { first: 0, step: 1 };
    const socket = first + place * step;
    const port = this.#ports.socket(socket, {
      onOpen: () => session.opened(),
      onFrame: (frame, receivedAt) => session.received(frame, receivedAt),
      onLost: (code, reason) => session.lost(code, reason),
    });
    const { clock, random, admit, emit, clockOffset, lines, fetchKlines, askNewest } = this.#ports;
    const { name, category, url, policy } = this.#config;
    const session = new Session(
      { category, url, policy, socket, name: `${name}-${socket}` },
      {
        clock,
        random,
        admit,
        open: port.open,
        close: port.close,
        send: port.send,
        // Every status says which socket it speaks of, so that a reader knows a topic's socket before its first data.
        emit: (event) => emit(event.type === 'status' ? { ...event, socket } : event),
        settled: (outcome) => this.#settled(outcome),
        clockOffset,
        lines,
        fetchKlines,
        askNewest,
      },
    );
    const member = { session, idleUntil: undefined };
    this.#members.set(place, member);
    return member;
  }

  #settled(outcome: Outcome): void {
    if (outcome.kind === 'unsubscribed') this.#places.free(bybitTopic(outcome.topic));
    this.#ports.settled(outcome);
  }

  /** How a wish ended of which no socket needs to know. */
  #tell(outcome: Exclude<Outcome, { kind: 'unanswered' }>): void {
    this.#ports.emit(outcomeEvent(outcome, this.#ports.clock.unixMs()));
    this.#ports.settled(outcome);
  }

  #newestDataBeside(socket: number | undefined): MonoMs | undefined {
    let newest: MonoMs | undefined;
    for (const [other, { session }] of this.#members)
      if (other !== socket) newest = later(newest, session.dataAt);
    return newest;
  }

  /** A socket that carries nothing is closed after a while: the next topic may come soon. */
  #closeIdle(now: MonoMs): void {
    for (const [socket, member] of this.#members) {
      if (!this.#places.isEmpty(socket)) member.idleUntil = undefined;
      else if (member.idleUntil === undefined)
        member.idleUntil = after(now, this.#config.policy.connection.idleCloseMs);
      else if (now >= member.idleUntil) this.#close(socket, member.session);
    }
  }

  #close(socket: number, session: Session): void {
    session.retire('it carries no topic any more');
    this.#members.delete(socket);
    this.#places.retire(socket);
  }
}

function later(one: MonoMs | undefined, other: MonoMs | undefined): MonoMs | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one > other ? one : other;
}
