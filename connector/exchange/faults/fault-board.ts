/**
 * The faults that are active now, and the questions that the rest of the exchange asks about them.
 *
 * A fault lasts until its time is over, its count is used up, or it is cleared. With no fault active every question is
 * answered without looking further, so that the healthy exchange pays nothing for being breakable.
 */
import type { Connection } from '../feeds/connections.ts';
import type { Category } from '../market/instruments.ts';
import type { Fault, RestFault } from './fault-kinds.ts';

/** When more is allowed after a refusal for asking too often, ms. */
export const RESET_MS = 1000;

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
  /** How far the exchange's clock is off, ms. */
  skewMs = 0;
  private active: ActiveFault[] = [];

  add(fault: Fault, now: number, sockets: Iterable<Connection>): void {
    const until = 'ms' in fault && fault.ms !== undefined ? now + fault.ms : undefined;
    this.active.push({ fault, since: now, until, left: countOf(fault), sockets: new Set(sockets) });
    this.noteSkew();
  }

  clear(): void {
    this.active = [];
    this.noteSkew();
  }

  /** Ends what is over at `now`. */
  expire(now: number): void {
    if (this.active.length === 0) return;
    this.active = this.active.filter((one) => (one.until === undefined || one.until > now) && one.left > 0);
    this.noteSkew();
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

  /** Uses up one refusal; in how many ms more is allowed, or undefined when nothing is to be refused. */
  takeRateLimit(): number | undefined {
    const found = this.find('rate_limit', undefined, undefined);
    return use(found) && found?.fault.kind === 'rate_limit' ? (found.fault.reset_ms ?? RESET_MS) : undefined;
  }

  takeReorder(category: Category, topic: string): boolean {
    return use(this.find('reorder_frames', category, topic));
  }

  takeLostAck(category: Category): boolean {
    return use(this.find('lost_ack', category, undefined));
  }

  /** Is a socket that opens now dead from birth? */
  takeDeadOnArrival(category: Category): boolean {
    return use(this.find('dead_on_arrival', category, undefined));
  }

  /** Until when everything to the sockets of a category is stuck; undefined when nothing is. */
  stuckUntil(category: Category): number | undefined {
    return this.find('slow_drip', category, undefined)?.until;
  }

  /** How far REST lags behind, ms. */
  staleness(): number {
    const found = this.find('rest_stale', undefined, undefined);
    return found?.fault.kind === 'rest_stale' ? found.fault.lag_ms : 0;
  }

  /** How long an answer of REST is held back, ms. */
  restDelay(path: string): number {
    const found = this.findRest('rest_delay', path);
    return found?.fault.kind === 'rest_delay' ? found.fault.delay_ms : 0;
  }

  /** How fast an answer may be read, bytes a second; undefined is as fast as it can. */
  restSpeed(path: string): number | undefined {
    const found = this.findRest('rest_slow', path);
    return found?.fault.kind === 'rest_slow' ? found.fault.bytes_per_s : undefined;
  }

  /** Uses up one spoilt answer, if one was ordered for this path; with `isOnlyLook` it stays ordered. */
  takeRest<Kind extends CountedRestFault>(
    kind: Kind,
    path: string,
    isOnlyLook = false,
  ): (RestFault & { readonly kind: Kind }) | undefined {
    const found = this.findRest(kind, path);
    if (found === undefined || !isOfKind(found.fault, kind)) return undefined;
    if (!isOnlyLook) use(found);
    return found.fault;
  }

  /** Does the ban concern the archive too? */
  get bansEverything(): boolean {
    return this.active.some(({ fault }) => fault.kind === 'ban' && fault.everything === true);
  }

  get isBanned(): boolean {
    return this.find('ban', undefined, undefined) !== undefined;
  }

  private noteSkew(): void {
    const skews = this.active.map(({ fault }) => (fault.kind === 'clock_skew' ? fault.offset_ms : 0));
    this.skewMs = skews.reduce((sum, offset) => sum + offset, 0);
  }

  private findRest(kind: RestFault['kind'], path: string): ActiveFault | undefined {
    return this.active.find(
      ({ fault, left }) => fault.kind === kind && left > 0 && concernsPath(fault, path),
    );
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
    case 'reorder_frames':
    case 'lost_ack':
      return fault.count;
    case 'dead_on_arrival':
      return fault.count ?? Number.POSITIVE_INFINITY;
    case 'rate_limit':
    case 'rest_error':
    case 'rest_truncated':
    case 'rest_reset':
    case 'archive_defect':
      return fault.calls;
    default:
      return Number.POSITIVE_INFINITY;
  }
}

/** Faults of REST and the archive that spoil so many answers. */
type CountedRestFault = 'rest_error' | 'rest_truncated' | 'rest_reset' | 'archive_defect';

/** A fault without a path concerns REST, not the archive, unless it can concern nothing else. */
function concernsPath(fault: Fault, path: string): boolean {
  if (!('path' in fault) || fault.path === undefined)
    return path.startsWith('/v5/') !== (fault.kind === 'archive_defect');
  return fault.path.endsWith('/') ? path.startsWith(fault.path) : path === fault.path;
}

function isOfKind<Kind extends CountedRestFault>(
  fault: Fault,
  kind: Kind,
): fault is RestFault & { readonly kind: Kind } {
  return fault.kind === kind;
}

function concerns(wanted: string | undefined, actual: string | undefined): boolean {
  return wanted === undefined || wanted === actual;
}

function use(found: ActiveFault | undefined): boolean {
  if (found === undefined) return false;
  found.left -= 1;
  return true;
}
