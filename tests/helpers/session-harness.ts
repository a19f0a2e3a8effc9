/** A session in a world that the test owns: a virtual clock, a socket that only writes down, and all events in order. */

import { Session } from '../../connector/session/session.ts';
import type { AskNewest } from '../../connector/session/silence/silence-check.ts';
import { ClockOffset } from '../../connector/session/sockets/clock-offset.ts';
import type { Outcome } from '../../connector/session/subscriptions/subscriptions.ts';
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import type { Category, Topic } from '../../shared/market.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { VirtualClock } from './virtual-clock.ts';

export type SentRequest = { readonly req_id: string; readonly op: string; readonly args?: readonly string[] };

export class SessionHarness {
  readonly clock = new VirtualClock();
  readonly clockOffset = new ClockOffset(60_000);
  readonly events: UnnumberedEvent[] = [];
  readonly outcomes: Outcome[] = [];
  readonly session: Session;
  sent: SentRequest[] = [];
  opens = 0;
  closes = 0;
  random = 0.5;
  /** How long a connection that is due has to wait; 0: not at all. */
  admitAfterMs = 0;
  /** The socket dies under the first frame that is sent. */
  loseOnSend = false;
  /** The exchange's list of newest trades; without it nobody can be asked. */
  askNewest: AskNewest = () => false;

  constructor(category: Category = 'linear') {
    const policy = scaledPolicy(1);
    this.session = new Session(
      { category, socket: 0, url: `ws://test/${category}`, policy, name: 'g' },
      {
        clock: this.clock,
        random: () => this.random,
        admit: () => this.admitAfterMs,
        open: () => {
          this.opens += 1;
        },
        close: () => {
          this.closes += 1;
        },
        send: (text) => {
          this.sent.push(JSON.parse(text) as SentRequest);
          if (!this.loseOnSend) return;
          this.loseOnSend = false;
          this.session.lost('socket_lost', 'reset while sending');
        },
        emit: (event) => this.events.push(event),
        settled: (outcome) => this.outcomes.push(outcome),
        clockOffset: this.clockOffset,
        askNewest: (...question) => this.askNewest(...question),
      },
    );
  }

  /** Wants the topics and lets the socket open. */
  connect(...topics: readonly Topic[]): this {
    for (const topic of topics) this.session.want(topic);
    this.session.opened();
    return this;
  }

  /** Frames reach the session only while its socket is open, as the real driver promises. */
  frame(...texts: readonly string[]): this {
    for (const text of texts)
      if (this.session.socketReport().state === 'open') this.session.received(text, this.clock.unixMicros());
    return this;
  }

  /** Lets time pass in steps of the tick, as the driver does; `each` runs before every tick. */
  pass(ms: number, each: () => void = () => undefined): this {
    for (let passed = 0; passed < ms; passed += 100) {
      this.clock.advance(100);
      each();
      this.session.tick();
    }
    return this;
  }

  /** Takes what was sent since the last call. */
  takeSent(op?: string): SentRequest[] {
    const taken = this.sent.filter((request) => op === undefined || request.op === op);
    this.sent = [];
    return taken;
  }

  /** Acknowledges every subscription request that was sent since the last call. */
  ackAll(): this {
    for (const { req_id, op } of this.takeSent()) {
      if (op === 'ping') this.frame(JSON.stringify({ success: true, ret_msg: 'pong', req_id, op: 'ping' }));
      else this.frame(JSON.stringify({ success: true, ret_msg: '', req_id, op }));
    }
    return this;
  }

  ofType<T extends UnnumberedEvent['type']>(type: T): Extract<UnnumberedEvent, { type: T }>[] {
    return this.events.filter((event) => event.type === type) as Extract<UnnumberedEvent, { type: T }>[];
  }

  /** The statuses so far, as `status` or `status channel`. */
  statuses(): string[] {
    return this.ofType('status').map(({ status, channel }) =>
      channel === undefined ? status : `${status} ${channel}`,
    );
  }
}

export const trades: Topic = { channel: 'trades', category: 'linear', symbol: 'BTCUSDT' };
export const book: Topic = { channel: 'depth', category: 'linear', symbol: 'BTCUSDT', depth: 50 };
