/**
 * The faults that are active now, and the questions that the rest of the exchange asks about them.
 *
 * A fault lasts until its time is over, its count is used up, or it is cleared. With no fault active every question is
 * answered without looking further, so that the healthy exchange pays nothing for being breakable.
 */
import type { Connection } from './connections.ts';
import type { Fault } from './fault-kinds.ts';
import type { Category } from './instruments.ts';

/** How much of a socket is silent: all data and acks (`half_open`), or pongs too (`freeze`). */
export type Silence = 'none' | 'half_open' | 'freeze';

/** An active fault; times are of the monotonic clock, ms. */
export interface ActiveFault {
  readonly fault: Fault;
  readonly since: number;
  readonly until: number | undefined;
  /** Frames or calls that are still to be spoilt, where the fault is counted. */
  left: number;
  /** The sockets that were open when a silence began. */
  readonly sockets: ReadonlySet<Connection>;
}

/** All active faults. */
export class FaultBoard {
  private active: ActiveFault[] = [];

  add(fault: Fault, now: number, sockets: Iterable<Connection>): void {
    const until = 'ms' in fault && fault.ms !== undefined ? now + fault.ms : undefined;
    this.active.push({ fault, since: now, until, left: countOf(fault), sockets: new Set(sockets) });
  }

  clear(): void {
    this.active = [];
  }

  /** Ends what is over at `now`. */
  expire(now: number): void {
    if (this.active.length === 0) return;
    this.active = this.active.filter((one) => (one.until === undefined || one.until > now) && one.left > 0);
  }

  get list(): readonly ActiveFault[] {
    return this.active;
  }

  get isEmpty(): boolean {
    return this.active.length === 0;
  }

  silenceOf(connection: Connection): Silence {
    let silence: Silence = 'none';
    for (const { fault, sockets } of this.active) {
      if (fault.kind !== 'half_open' && fault.kind !== 'freeze') continue;
      const struck =
        sockets.has(connection) || (fault.new_sockets && concerns(fault.category, connection.category));
      if (struck && silence !== 'freeze') silence = fault.kind;
    }
    return silence;
  }

  isMuted(category: Category, topic: string): boolean {
    return this.find('mute', category, topic) !== undefined;
  }

  refusesTopic(category: Category, topic: string): boolean {
    return this.find('refuse_topic', category, topic) !== undefined;
  }

  /** The HTTP status with which new sockets are refused, if they are. */
  refusalOf(category: Category): number | undefined {
    const found = this.find('refuse_connections', category, undefined);
    return found?.fault.kind === 'refuse_connections' ? found.fault.status : undefined;
  }

  /** How long data (`delay`) or acks (`delay_ack`) are held back, ms. */
  delayOf(kind: 'delay' | 'delay_ack', category: Category): number {
    const found = this.find(kind, category, undefined);
    return found?.fault.kind === kind ? found.fault.delay_ms : 0;
  }

  /** Uses up one skip, if one was ordered for this topic. */
  takeSkip(category: Category, topic: string): boolean {
    return use(this.find('skip_update', category, topic));
  }

  takeDuplicate(category: Category, topic: string): boolean {
    return use(this.find('duplicate_frame', category, topic));
  }

  takeRateLimit(): boolean {
    return use(this.find('rate_limit', undefined, undefined));
  }

  /** How far REST lags behind, ms. */
  staleness(): number {
    return 0;
  }

  get isBanned(): boolean {
    return this.find('ban', undefined, undefined) !== undefined;
  }

  private find(
    kind: Fault['kind'],
    category: Category | undefined,
    topic: string | undefined,
  ): ActiveFault | undefined {
    if (this.active.length === 0) return undefined;
    return this.active.find(({ fault, left }) => {
      if (fault.kind !== kind || left <= 0) return false;
      if ('category' in fault && !concerns(fault.category, category)) return false;
      return !('topic' in fault) || concerns(fault.topic, topic);
    });
  }
}

function countOf(fault: Fault): number {
  switch (fault.kind) {
    case 'skip_update':
      return 1;
    case 'duplicate_frame':
      return fault.count;
    case 'rate_limit':
      return fault.calls;
    default:
      return Number.POSITIVE_INFINITY;
  }
}

function concerns(wanted: string | undefined, actual: string | undefined): boolean {
  return wanted === undefined || wanted === actual;
}

function use(found: ActiveFault | undefined): boolean {
  if (found === undefined) return false;
  found.left -= 1;
  return true;
}
