/** Drives the connection machine: feeds it what happens, performs its effects, tells the life of the socket. */
import type { ErrorCode } from '../../../shared/errors.ts';
import type { StatusEvent } from '../../../shared/events/process-events.ts';
import { assertLegal } from '../../../shared/state-table.ts';
import type { Clock, Millis, MonoMs, Random } from '../../../shared/time.ts';
import { pingFrame } from '../../bybit/requests.ts';
import {
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionPolicy,
  type ConnectionState,
  connectionTable,
  isConnectDue,
  stepConnection,
} from './connection.ts';

export type SocketLifePorts = {
  readonly clock: Clock;
  readonly random: Random;
  /**
   * May a connection be opened now? 0 when it may, and then it counts as opened; otherwise after how many milliseconds to
   * ask again. `again`: this socket was open, or tried to open, before.
   */
  readonly admit: (again: boolean) => Millis;
  readonly open: () => void;
  readonly close: () => void;
  readonly send: (text: string) => void;
  readonly tell: (status: StatusEvent['status'], reason?: string) => void;
  readonly up: () => void;
  readonly down: (code: ErrorCode, reason: string) => void;
};

export class SocketLife {
  readonly #policy: ConnectionPolicy;
  readonly #ports: SocketLifePorts;
  #state: ConnectionState = { kind: 'closed' };
  #pings = 0;
  /** How often a connection was lost or could not be opened. */
  losses = 0;

  constructor(policy: ConnectionPolicy, ports: SocketLifePorts) {
    this.#policy = policy;
    this.#ports = ports;
  }

  step(said: ConnectionEvent): void {
    const { clock, random } = this.#ports;
    const now = clock.monoMs();
    const event = this.#heldBack(said, now);
    const { next, effects } = stepConnection(this.#state, event, now, this.#policy, random);
    assertLegal(connectionTable, this.#state.kind, event.kind, next.kind);
    this.#state = next;
    for (const effect of effects) this.#perform(effect);
  }

  get kind(): ConnectionState['kind'] {
    return this.#state.kind;
  }

  #heldBack(event: ConnectionEvent, now: MonoMs): ConnectionEvent {
    if (!isConnectDue(this.#state, event, now)) return event;
    const waitMs = this.#ports.admit(this.losses > 0);
    return waitMs > 0 ? { kind: 'held', waitMs } : event;
  }

  #perform(effect: ConnectionEffect): void {
    switch (effect.kind) {
      case 'open':
        this.#ports.tell('connecting');
        return this.#ports.open();
      case 'close':
        return this.#ports.close();
      case 'ping':
        this.#pings += 1;
        return this.#ports.send(pingFrame(`p${this.#pings}`));
      case 'up':
        this.#ports.tell('connected');
        return this.#ports.up();
      case 'down':
        this.losses += 1;
        this.#ports.tell('disconnected', `${effect.reason}; next try in ${effect.retryInMs} ms`);
        return this.#ports.down(effect.code, effect.reason);
    }
  }
}
