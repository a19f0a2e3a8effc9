/**
 * The last stretch of every text: which sockets get it, and when.
 *
 * Faults bite here. Data of a muted topic and everything to a silent socket is lost for good (and counted); data and
 * acks that are held back keep their order per socket. Without faults a frame goes to all subscribers in one call.
 */

import type { FaultBoard } from '../faults/fault-board.ts';
import type { Connection, Sockets } from './connections.ts';
import type { Topic } from './topics.ts';

/** What was delivered since the start. A frame is one text of a topic; a delivery is its copy for one socket. */
export interface DeliveryCounts {
  frames: number;
  deliveries: number;
  /** Copies that a fault swallowed. */
  lost: number;
}

interface Held {
  readonly connection: Connection;
  readonly text: string;
  readonly releaseAt: number;
}

/** Texts held back at most; beyond this the oldest go out early, because nothing may be lost that no fault swallowed. */
const HELD_MOST = 200_000;

/** Sends data, acks and pongs. Times are of the monotonic clock, ms. */
export class Delivery {
  readonly counts: DeliveryCounts = { frames: 0, deliveries: 0, lost: 0 };
  private readonly sockets: Sockets;
  private readonly faults: FaultBoard;
  /** Sockets that were dead on arrival: they open, acknowledge, answer pings, and never get data. */
  private readonly dead = new Set<Connection>();
  private readonly held: { data: Held[]; acks: Held[] } = { data: [], acks: [] };

  constructor(sockets: Sockets, faults: FaultBoard) {
    this.sockets = sockets;
    this.faults = faults;
  }

  /** A data frame for all subscribers of its topic. */
  frame(topic: Topic, text: string, now: number): void {
    if (topic.subscribers.size === 0) return;
    this.counts.frames += 1;
    topic.frames += 1;
    if (this.faults.isEmpty && this.held.data.length === 0 && this.dead.size === 0) {
      this.counts.deliveries += topic.subscribers.size;
      this.sockets.send(topic.subscribers, text);
      return;
    }
    for (const connection of topic.subscribers) this.data(topic, connection, text, now);
  }

  /** A data frame for one subscriber: its first snapshot. */
  frameFor(topic: Topic, connection: Connection, text: string, now: number): void {
    this.counts.frames += 1;
    topic.frames += 1;
    this.data(topic, connection, text, now);
  }

  /** Any text to one socket in the data's place, whatever is muted. */
  raw(connection: Connection, text: string): void {
    this.write(connection, text, this.faults.silenceOf(connection) !== 'none');
  }

  /** The answer to a subscribe or unsubscribe, at the earliest at `notBefore`. */
  ack(connection: Connection, text: string, notBefore: number, now: number): void {
    const { category } = connection;
    if (this.faults.takeLostAck(category)) return;
    const later = now + this.faults.delayOf('delay_ack', category);
    const releaseAt = Math.max(notBefore, later, this.faults.stuckUntil(category) ?? 0);
    const waits = this.held.acks.some((one) => one.connection === connection);
    if (releaseAt > now || waits) this.held.acks.push({ connection, text, releaseAt });
    else this.write(connection, text, this.faults.silenceOf(connection) !== 'none');
  }

  pong(connection: Connection, text: string): void {
    const releaseAt = this.faults.stuckUntil(connection.category);
    if (releaseAt !== undefined) this.held.acks.push({ connection, text, releaseAt });
    else this.write(connection, text, this.faults.silenceOf(connection) === 'freeze');
  }

  /** Lets go of what has waited long enough. */
  release(now: number): void {
    this.held.acks = this.releaseFrom(this.held.acks, now);
    this.held.data = this.releaseFrom(this.held.data, now);
  }

  /** From now on this socket gets no data, for as long as it lives. */
  kill(connection: Connection): void {
    this.dead.add(connection);
  }

  /** Forgets what was to go to a socket that is no more. */
  forget(connection: Connection): void {
    this.dead.delete(connection);
    if (this.heldCount === 0) return;
    this.held.acks = this.held.acks.filter((one) => one.connection !== connection);
    this.held.data = this.held.data.filter((one) => one.connection !== connection);
  }

  get heldCount(): number {
    return this.held.acks.length + this.held.data.length;
  }

  private data(topic: Topic, connection: Connection, text: string, now: number): void {
    const isLost =
      this.dead.has(connection) ||
      this.faults.isMuted(topic.category, topic.name) ||
      this.faults.silenceOf(connection) !== 'none';
    const stuck = (this.faults.stuckUntil(connection.category) ?? now) - now;
    const delay = Math.max(stuck, this.faults.delayOf('delay', connection.category));
    if (isLost || (delay === 0 && this.held.data.length === 0)) {
      this.write(connection, text, isLost);
      return;
    }
    this.held.data.push({ connection, text, releaseAt: now + delay });
    if (this.held.data.length > HELD_MOST) this.release(this.held.data[HELD_MOST >> 1]?.releaseAt ?? now);
  }

  /** What is first in line for a socket holds back everything behind it, so the order stays when a delay is lifted. */
  private releaseFrom(held: Held[], now: number): Held[] {
    if (held.length === 0) return held;
    const stillHeld: Held[] = [];
    const blocked = new Set<Connection>();
    for (const one of held) {
      if (one.releaseAt > now || blocked.has(one.connection)) {
        blocked.add(one.connection);
        stillHeld.push(one);
      } else {
        this.write(one.connection, one.text, this.faults.silenceOf(one.connection) !== 'none');
      }
    }
    return stillHeld;
  }

  private write(connection: Connection, text: string, isLost: boolean): void {
    if (isLost) {
      this.counts.lost += 1;
      return;
    }
    this.counts.deliveries += 1;
    this.sockets.send([connection], text);
  }
}
