/**
 * Raced sockets of one market as one stream: what several pools of sockets tell of the same topics, each told once.
 *
 * Trades do not pass here: they have a line of their own (trades/trade-line.ts), which unites them by id. A topic flows while it flows on
 * one of its sockets; it is told to be stale only when it is so on all of them.
 */
import type { UnnumberedEvent } from '../../../shared/events/event.ts';
import type { StatusEvent } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import type { Policy } from '../../../shared/policy.ts';
import type { Millis, MonoMs } from '../../../shared/time.ts';
import { type Named, RaceEntry, type RaceEntryPorts } from './race-entry.ts';

export class Race {
  readonly #ports: RaceEntryPorts;
  /** By symbol, since events name it and no key has to be built. */
  readonly #entries = new Map<string, RaceEntry[]>();

  constructor(ports: RaceEntryPorts) {
    this.#ports = ports;
  }

  /** An event of one of the pools. */
  told(replica: number, event: UnnumberedEvent): void {
    switch (event.type) {
      case 'depth':
        return this.#entry('depth', event).depth?.data(replica, event);
      case 'ticker':
        return this.#entry('ticker', event).ticker?.data(replica, event);
      case 'liquidation':
        return this.#entry('liquidation', event).liquidated(replica, event);
      case 'kline':
        return this.#entry('kline', event).candles?.data(event);
      case 'gap':
        if (event.channel === 'trades') return this.#ports.emit(event);
        return this.#entry(event.channel, event).gap(replica, event);
      case 'status':
        return this.#status(replica, event);
      default:
        return this.#ports.emit(event);
    }
  }

  /** Looks at the clock. */
  tick(now: MonoMs): void {
    for (const entries of this.#entries.values()) for (const entry of entries) entry.tick(now);
  }

  /** Nobody wants the topic any more. */
  forget(topic: Topic): void {
    const entry = this.#find(topic);
    const others = this.#entries.get(topic.symbol)?.filter((other) => other !== entry) ?? [];
    if (others.length === 0) this.#entries.delete(topic.symbol);
    else this.#entries.set(topic.symbol, others);
  }

  /** The pool whose socket is told; undefined before the first event. */
  activeOf(topic: Topic): number | undefined {
    return this.#find(topic)?.active;
  }

  /** How often another socket took over, over all topics. */
  get switches(): number {
    return [...this.#entries.values()].flat().reduce((sum, { switches }) => sum + switches, 0);
  }

  #status(replica: number, event: StatusEvent): void {
    const { scope, channel, symbol, depth, interval, status, socket } = event;
    if (scope === 'topic' && channel !== undefined && symbol !== undefined) {
      const named = { channel, symbol, depth, interval };
      // The last word about a topic that was given up already.
      const entry = status === 'unsubscribed' ? this.#find(named) : this.#entry(channel, named);
      if (entry === undefined) this.#ports.emit(event);
      else entry.status(replica, event);
      return;
    }
    this.#ports.emit(event);
    if (status !== 'disconnected' || socket === undefined) return;
    for (const entries of this.#entries.values())
      for (const entry of entries) if (entry.isOn(replica, socket)) entry.lost(replica);
  }

  #entry(channel: Topic['channel'], of: Omit<Named, 'channel'>): RaceEntry {
    for (const entry of this.#entries.get(of.symbol) ?? []) if (entry.isOf(channel, of)) return entry;
    const { symbol, depth, interval } = of;
    const entry = new RaceEntry({ channel, symbol, depth, interval }, this.#ports);
    this.#entries.set(symbol, [...(this.#entries.get(symbol) ?? []), entry]);
    return entry;
  }

  #find(named: Named): RaceEntry | undefined {
    return this.#entries.get(named.symbol)?.find((entry) => entry.isOf(named.channel, named));
  }
}

/** A socket that is lost is noticed within this while, by its pongs or its data. */
export function noticedWithin(connection: Policy['connection']): Millis {
  return connection.pingEveryMs + connection.pongWithinMs + connection.silentAfterMs;
}
