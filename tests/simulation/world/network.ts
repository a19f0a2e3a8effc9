/**
 * The network between the connector and the exchange: it takes time, it breaks, it never reorders a stream.
 *
 * Each connection has two directions with a delay of their own; a stall holds everything back and then lets it go in its
 * order, as TCP does. A cut ends both sides. A connection that is half open is dead at the far end and looks alive here:
 * nothing comes any more, and nobody says so.
 */

import type { Exchange } from '../../../connector/exchange/exchange.ts';
import type { Connection, Sockets } from '../../../connector/exchange/feeds/connections.ts';
import type { Random } from '../../../connector/exchange/market/random.ts';
import type { Rest, HttpAnswer as ServedAnswer } from '../../../connector/exchange/rest/rest.ts';
import type { HttpAnswer } from '../../../connector/rest/request.ts';
import type { SocketEvents, SocketPort } from '../../../connector/session/sockets/socket-port.ts';
import type { Category } from '../../../shared/market.ts';
import type { Clock, Millis } from '../../../shared/time.ts';
import type { Process } from './process.ts';
import type { VirtualTime } from './time.ts';

/** One way of one connection. Arrivals keep their order. */
class Direction {
  readonly #time: VirtualTime;
  readonly #network: Network;
  #lastAt = 0;

  constructor(time: VirtualTime, network: Network) {
    this.#time = time;
    this.#network = network;
  }

  carry(arrive: () => void): void {
    const at = Math.max(this.#lastAt, this.#network.arrivalAt(this.#time.now));
    this.#lastAt = at;
    this.#time.at(at, arrive);
  }
}

/** One connection between a client's socket and the exchange. */
class Link {
  isOpen = false;
  isOver = false;
  /** Nothing passes any more, and neither side is told. */
  isDead = false;
  connection: Connection | undefined;
  readonly up: Direction;
  readonly down: Direction;

  readonly category: Category;
  readonly process: Process;
  readonly events: SocketEvents;
  /** Of raced sockets. */
  readonly side: number;

  constructor(
    { time, network }: { readonly time: VirtualTime; readonly network: Network },
    category: Category,
    process: Process,
    events: SocketEvents,
    socket: number,
  ) {
    this.category = category;
    this.side = socket % 2;
    this.process = process;
    this.events = events;
    this.up = new Direction(time, network);
    this.down = new Direction(time, network);
  }
}

export class Network implements Sockets {
  /** Which way, how long: the rest comes from dice. */
  baseLatencyMs = 20;
  jitterMs = 10;
  readonly counts = { opened: 0, cut: 0, refused: 0, asked: 0 };
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #handshakeTimeoutMs: Millis;
  readonly #links = new Set<Link>();
  readonly #byConnection = new Map<Connection, Link>();
  #exchange: Exchange | undefined;
  #rest: Rest | undefined;
  #stalledUntil = 0;
  #refusedUntil = 0;
  #restDownUntil = 0;
  #leftOut = { start: '', side: 0, count: 0 };
  /** For those who want to see the witnesses wake up: what becomes of a text on its way to the client; undefined loses it. */
  tamper: ((text: string) => string | undefined) | undefined;
  /** Called after each text that reached the exchange. */
  onReceived: () => void = () => undefined;

  constructor(time: VirtualTime, random: Random, handshakeTimeoutMs: Millis) {
    this.#time = time;
    this.#random = random;
    this.#handshakeTimeoutMs = handshakeTimeoutMs;
  }

  /** Who is at the other end. */
  attach(exchange: Exchange, rest: Rest): void {
    this.#exchange = exchange;
    this.#rest = rest;
  }

  arrivalAt(now: Millis): Millis {
    const latency = this.baseLatencyMs + this.#random.exponential() * this.jitterMs;
    return Math.max(now, this.#stalledUntil) + latency;
  }

  /** Everything takes much longer for a while. */
  slow(ms: Millis): void {
    this.baseLatencyMs = 600;
    this.jitterMs = 400;
    this.#time.after(ms, () => {
      this.baseLatencyMs = 20;
      this.jitterMs = 10;
    });
  }

  /** Nothing passes for a while; connections survive it. */
  stall(ms: Millis): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#time.now + ms);
  }

  /** New connections are refused for a while. */
  refuse(ms: Millis): void {
    this.#refusedUntil = Math.max(this.#refusedUntil, this.#time.now + ms);
  }

  /** Questions over HTTP get no answer for a while. */
  silenceRest(ms: Millis): void {
    this.#restDownUntil = Math.max(this.#restDownUntil, this.#time.now + ms);
  }

  /** Resets connections of a market, or of all; of raced ones those of a side, or both. */
  cut(category: Category | undefined, side?: number): void {
    for (const link of this.#linksOf(category, side)) this.#cut(link, 'read ECONNRESET');
  }

  /** The far end forgets the connections of a market; this one is not told. */
  halfOpen(category: Category | undefined, side?: number): void {
    for (const link of this.#linksOf(category, side)) {
      if (!link.isOpen) continue;
      link.isDead = true;
      this.#leave(link);
    }
  }

  /** Of raced connections those of one side bring so many frames of a topic less. */
  leaveOut(topic: string, side: number, count: number): void {
    this.#leftOut = { start: `{"topic":"${topic}"`, side, count };
  }

  #linksOf(category: Category | undefined, side: number | undefined): readonly Link[] {
    return [...this.#links].filter(
      (link) =>
        (category === undefined || link.category === category) && (side === undefined || link.side === side),
    );
  }

  #isLeftOut({ side }: Link, text: string): boolean {
    const { count, start, side: struck } = this.#leftOut;
    if (count === 0 || side !== struck || !text.startsWith(start)) return false;
    this.#leftOut.count -= 1;
    return true;
  }

  /** A place for one socket of a process; opening a new one silences the former for good. */
  socket(category: Category, process: Process, events: SocketEvents, socket: number): SocketPort {
    let link: Link | undefined;
    const close = (): void => {
      const closed = link;
      link = undefined;
      if (closed !== undefined) this.#closedByClient(closed);
    };
    return {
      open: () => {
        close();
        link = new Link({ time: this.#time, network: this }, category, process, events, socket);
        this.#links.add(link);
        this.#dial(link);
      },
      send: (text) => {
        const over = link;
        if (over?.isOpen === true && !over.isOver) over.up.carry(() => this.#received(over, text));
      },
      close,
    };
  }

  /** A process ended: the system closes its connections. */
  processEnded(process: Process): void {
    for (const link of [...this.#links]) if (link.process === process) this.#closedByClient(link);
  }

  /** One GET of a process. Answers after its way there and back, or never. */
  get(process: Process, clock: Clock, target: string, timeoutMs: Millis): Promise<HttpAnswer> {
    this.counts.asked += 1;
    const sentAt = clock.unixMicros();
    const sentMono = clock.monoMs();
    const settled = Promise.withResolvers<HttpAnswer>();
    let isOver = false;
    const finish = (task: () => void): void => {
      if (isOver) return;
      isOver = true;
      process.run(task);
      this.#time.settle();
    };
    this.#time.after(timeoutMs, () =>
      finish(() => settled.reject(new Error(`no answer within ${timeoutMs} ms`))),
    );
    if (this.#time.now < this.#refusedUntil) {
      this.#time.after(this.baseLatencyMs, () =>
        finish(() =>
          settled.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })),
        ),
      );
      return settled.promise;
    }
    this.#time.at(this.arrivalAt(this.#time.now), () => {
      if (this.#time.now < this.#restDownUntil) return;
      const answer = this.#serve(target);
      this.#time.at(this.arrivalAt(this.#time.now + (answer.delayMs ?? 0)), () =>
        finish(() => {
          if (answer.cutAfter !== undefined) {
            settled.reject(new Error('other side closed'));
            return;
          }
          settled.resolve({
            status: answer.status,
            headers: Object.fromEntries(
              Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value]),
            ),
            body: answer.body,
            sentAt,
            receivedAt: clock.unixMicros(),
            tookMs: clock.monoMs() - sentMono,
          });
        }),
      );
    });
    return settled.promise;
  }

  // What follows is the exchange's side.

  readonly send = (to: Iterable<Connection>, text: string): void => {
    const carried = this.tamper === undefined ? text : this.tamper(text);
    if (carried === undefined) return;
    for (const connection of to) {
      const link = this.#byConnection.get(connection);
      if (link === undefined || link.isDead || this.#isLeftOut(link, carried)) continue;
      link.down.carry(() => {
        if (link.isOver || link.isDead) return;
        link.process.run(() => {
          if (!link.isOver) link.events.onFrame(carried);
        });
      });
    }
  };

  readonly terminate = (connection: Connection): void => {
    const link = this.#byConnection.get(connection);
    if (link !== undefined) this.#cut(link, 'read ECONNRESET');
  };

  readonly close = (connection: Connection, code: number, reason: string): void => {
    const link = this.#byConnection.get(connection);
    if (link === undefined) return;
    const words = `closed by the other side, code ${code}${reason === '' ? '' : `, ${reason}`}`;
    link.down.carry(() => this.#lost(link, words));
    this.#leave(link);
  };

  #dial(link: Link): void {
    this.#time.after(this.#handshakeTimeoutMs, () => {
      if (!link.isOpen) this.#failed(link, 'Opening handshake has timed out');
    });
    link.up.carry(() => {
      if (link.isOver || this.#exchange === undefined) return;
      if (
        this.#time.now < this.#refusedUntil ||
        this.#exchange.faults.refusalOf(link.category) !== undefined
      ) {
        this.counts.refused += 1;
        link.down.carry(() => this.#failed(link, 'nothing listens there (ECONNREFUSED)'));
        return;
      }
      this.counts.opened += 1;
      link.connection = this.#exchange.connect(link.category);
      this.#byConnection.set(link.connection, link);
      link.down.carry(() => {
        if (link.isOver || link.isDead) return;
        link.isOpen = true;
        link.process.run(() => {
          if (!link.isOver) link.events.onOpen();
        });
      });
    });
  }

  #received(link: Link, text: string): void {
    const { connection } = link;
    if (link.isDead || connection === undefined || !this.#byConnection.has(connection)) return;
    this.#exchange?.receive(connection, text, this.#moment());
    this.onReceived();
  }

  #serve(target: string): ServedAnswer {
    const url = new URL(target, 'http://exchange');
    const request = {
      method: 'GET',
      path: url.pathname,
      query: url.searchParams,
      address: '127.0.0.1',
      body: '',
    };
    if (this.#rest === undefined) throw new Error('the network has no exchange');
    return this.#rest.answer(request, this.#moment());
  }

  #moment() {
    return { unix: Math.floor(this.#time.trueWall), mono: this.#time.now };
  }

  #cut(link: Link, reason: string): void {
    this.counts.cut += 1;
    this.#leave(link);
    if (!link.isDead) this.#time.after(0.1, () => this.#lost(link, reason));
  }

  #lost(link: Link, reason: string): void {
    if (link.isOver) return;
    this.#links.delete(link);
    link.process.run(() => {
      if (link.isOver) return;
      link.isOver = true;
      if (link.isOpen) link.events.onLost('socket_lost', reason);
      else link.events.onLost('connect_failed', reason);
    });
  }

  #failed(link: Link, reason: string): void {
    if (link.isOver) return;
    this.#links.delete(link);
    link.process.run(() => {
      if (link.isOver || link.isOpen) return;
      link.isOver = true;
      this.#leave(link);
      link.events.onLost('connect_failed', reason);
    });
  }

  #closedByClient(link: Link): void {
    if (link.isOver) return;
    link.isOver = true;
    this.#links.delete(link);
    link.up.carry(() => this.#leave(link));
  }

  /** The exchange's end of a connection is closed. */
  #leave(link: Link): void {
    const { connection } = link;
    if (connection === undefined || !this.#byConnection.delete(connection)) return;
    this.#exchange?.disconnect(connection);
  }
}
