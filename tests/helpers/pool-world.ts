/** A pool of sockets with an exchange behind it that keeps Bybit's rules: a virtual clock, and faults on command. */
import assert from 'node:assert/strict';
import { socketLimits } from '../../connector/bybit/requests.ts';
import { ClockOffset } from '../../connector/session/sockets/clock-offset.ts';
import { SocketPool } from '../../connector/session/sockets/socket-pool.ts';
import type { StampedSocketEvents } from '../../connector/session/sockets/socket-port.ts';
import type { Outcome } from '../../connector/session/subscriptions/subscriptions.ts';
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import type { Category } from '../../shared/market.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { VirtualClock } from './virtual-clock.ts';

type Request = { readonly req_id: string; readonly op: string; readonly args?: readonly string[] };

/** The exchange's end of one socket. */
export class FarSocket {
  readonly number: number;
  readonly events: StampedSocketEvents;
  state: 'closed' | 'connecting' | 'open' = 'closed';
  readonly subscribed = new Set<string>();
  readonly waiting: Request[] = [];
  opens = 0;
  openedAt: number[] = [];

  constructor(number: number, events: StampedSocketEvents) {
    this.number = number;
    this.events = events;
  }

  drop(): void {
    this.state = 'closed';
    this.subscribed.clear();
    this.waiting.length = 0;
  }
}

export class PoolWorld {
  readonly clock = new VirtualClock();
  readonly sockets: FarSocket[] = [];
  readonly events: UnnumberedEvent[] = [];
  readonly outcomes: Outcome[] = [];
  readonly pool: SocketPool;
  readonly #category: Category;
  /** Topics whose symbol begins with this are unknown to the exchange. */
  readonly badPrefix = 'NOPE';
  namesTopics = true;
  admitAfterMs = 0;

  constructor(category: Category = 'linear') {
    this.#category = category;
    this.pool = new SocketPool(
      { category, url: `ws://test/${category}`, policy: scaledPolicy(1), name: 'p' },
      {
        clock: this.clock,
        random: () => 0.5,
        admit: () => this.admitAfterMs,
        socket: (number, events) => this.#socket(number, events),
        emit: (event) => this.events.push(event),
        settled: (outcome) => this.outcomes.push(outcome),
        clockOffset: new ClockOffset(60_000),
      },
    );
  }

  /** Lets connecting sockets open and answers everything; `each` runs before every tick. */
  pass(ms: number, each: () => void = () => undefined): this {
    for (let passed = 0; passed < ms; passed += 100) {
      this.clock.advance(100);
      this.serve();
      each();
      this.pool.tick();
    }
    return this;
  }

  serve(): void {
    for (const socket of this.sockets) {
      this.open(socket);
      while (socket.waiting.length > 0) this.answer(socket);
    }
  }

  open(socket: FarSocket): void {
    if (socket.state !== 'connecting') return;
    socket.state = 'open';
    socket.events.onOpen();
  }

  lose(socket: FarSocket): void {
    if (socket.state === 'closed') return;
    socket.drop();
    socket.events.onLost('socket_lost', 'reset');
  }

  /** Answers the oldest request of a socket; not at all when the answer is to be lost. */
  answer(socket: FarSocket, isLost = false): void {
    const request = socket.waiting.shift();
    if (request === undefined) return;
    const { req_id, op, args = [] } = request;
    if (op === 'ping') return this.frame(socket, { success: true, ret_msg: 'pong', req_id, op });
    const refusal = op === 'subscribe' ? this.#refusal(socket, args) : undefined;
    if (refusal === undefined) {
      for (const name of args) if (op === 'subscribe') socket.subscribed.add(name);
      for (const name of args) if (op === 'unsubscribe') socket.subscribed.delete(name);
    }
    this.#checkLimits(socket);
    if (!isLost) this.frame(socket, { success: refusal === undefined, ret_msg: refusal ?? '', req_id, op });
  }

  frame(socket: FarSocket, frame: object | string): void {
    if (socket.state !== 'open') return;
    const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
    socket.events.onFrame(text, this.clock.unixMicros());
  }

  /** What the exchange carries, with the sockets that carry it. */
  carried(): Map<string, number[]> {
    const carried = new Map<string, number[]>();
    for (const { subscribed, number } of this.sockets)
      for (const name of subscribed) carried.set(name, [...(carried.get(name) ?? []), number]);
    return carried;
  }

  #refusal(socket: FarSocket, args: readonly string[]): string | undefined {
    const bad = args.find((name) => name.split('.').at(-1)?.startsWith(this.badPrefix));
    if (bad !== undefined)
      return this.namesTopics ? `error:handler not found,topic:${bad}` : 'something is wrong';
    const twice = args.find((name) => socket.subscribed.has(name));
    return twice === undefined ? undefined : `error:already subscribed,topic:${twice}`;
  }

  #checkLimits({ subscribed }: FarSocket): void {
    const length = [...subscribed].reduce((sum, name) => sum + name.length, 0);
    assert.ok(length <= socketLimits[this.#category].argsLength, `${length} characters on one socket`);
  }

  #socket(number: number, events: StampedSocketEvents) {
    const socket = new FarSocket(number, events);
    assert.ok(!this.sockets.some((other) => other.number === number), 'no number is used twice');
    this.sockets.push(socket);
    return {
      open: () => {
        assert.equal(socket.state, 'closed');
        socket.state = 'connecting';
        socket.opens += 1;
        socket.openedAt.push(this.clock.monoMs());
      },
      close: () => socket.drop(),
      send: (text: string) => {
        const request = JSON.parse(text) as Request;
        assert.ok((request.args?.length ?? 0) <= socketLimits[this.#category].argsPerRequest);
        socket.waiting.push(request);
      },
    };
  }
}
