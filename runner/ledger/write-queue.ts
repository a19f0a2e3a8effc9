/**
 * What waits to be written to the store, so that whoever has something to record never waits for a disk.
 *
 * "Written" means: in a transaction that the disk has confirmed. One batch is on its way at a time; of a gap, a place or a span
 * only the newest state is kept. A batch that fails comes back and is tried again each second; what changed meanwhile wins. The
 * limits are for a disk that stays broken: past them the oldest go, and are counted.
 */
import type { Result } from '../../shared/errors.ts';
import { type Topic, topicKey } from '../../shared/market.ts';
import { after, type Millis, type MonoMs, type UnixMs } from '../../shared/time.ts';
import type { Death } from '../supervisor/deaths.ts';
import type { StoredDeath, StoredGap, StoredPlace, StoredSpan, WriteBatch } from './changes.ts';
import { gapKey } from './gap-key.ts';

const MAX_GAPS = 20_000;
const MAX_DEATHS = 1_000;
const RETRY_AFTER_MS: Millis = 1_000;
/** A batch that is on its way for longer says that the disk is in trouble. */
const SLOW_AFTER_MS: Millis = 5_000;

export type Write = (batch: WriteBatch) => Promise<Result<undefined, string>>;

/** Bounds of what may wait, for tests. */
export type QueueLimits = { readonly gaps: number; readonly deaths: number };

type Waiting = {
  readonly gaps: Map<string, StoredGap>;
  readonly spans: Map<string, StoredSpan>;
  readonly places: Map<string, StoredPlace>;
  readonly deaths: Map<string, StoredDeath>;
  aliveUntil: UnixMs | null;
  forgetBefore: UnixMs | null;
};

export class WriteQueue {
  readonly #write: Write;
  readonly #nonce: string;
  readonly #limits: QueueLimits;
  #environment: string | null = null;
  #waiting = nothing();
  /** The batch that is on its way. */
  #sent: (Waiting & { readonly since: MonoMs; readonly done: Promise<void> }) | undefined;
  #retryAt: MonoMs | undefined;
  #failure: string | null = null;
  #dropped = 0;
  #deaths = 0;

  constructor(write: Write, nonce: string, limits: QueueLimits = { gaps: MAX_GAPS, deaths: MAX_DEATHS }) {
    this.#write = write;
    this.#nonce = nonce;
    this.#limits = limits;
  }

  /** Before this only deaths are written. */
  openFor(environment: string): void {
    this.#environment = environment;
  }

  gap(stored: StoredGap): void {
    put(this.#waiting.gaps, gapKey(stored), stored);
    this.#bound();
  }

  span(span: StoredSpan): void {
    this.#waiting.spans.set(spanKey(span), span);
  }

  place(topic: Topic, place: StoredPlace['place']): void {
    this.#waiting.places.set(topicKey(topic), { topic, place });
  }

  alive(until: UnixMs): void {
    this.#waiting.aliveUntil = until;
  }

  forget(before: UnixMs): void {
    this.#waiting.forgetBefore = before;
  }

  death(death: Death): void {
    this.#deaths += 1;
    const id = `${this.#nonce}-${this.#deaths}`;
    this.#waiting.deaths.set(id, { id, death });
    this.#bound();
  }

  /** Sends what waits, unless a batch is on its way or has just failed. To be called a few times a second. */
  flush(now: MonoMs): void {
    if (this.#sent !== undefined || (this.#retryAt !== undefined && now < this.#retryAt)) return;
    const sent = this.#waiting;
    const batch = batchOf(sent, this.#environment);
    if (batch === undefined) return;
    this.#waiting = this.#environment === null ? { ...sent, deaths: new Map() } : nothing();
    this.#sent = { ...sent, since: now, done: this.#send(batch, sent, now) };
  }

  /** Sends everything and waits for it; once, since nobody is left to try again. */
  async drain(now: MonoMs): Promise<void> {
    await this.#sent?.done;
    this.#retryAt = undefined;
    this.flush(now);
    await this.#sent?.done;
  }

  /** Gaps whose newest state the store may not have yet. */
  unwrittenGaps(): readonly StoredGap[] {
    return [...new Map([...(this.#sent?.gaps ?? []), ...this.#waiting.gaps]).values()];
  }

  unwrittenSpans(): readonly StoredSpan[] {
    return [...new Map([...(this.#sent?.spans ?? []), ...this.#waiting.spans]).values()];
  }

  /** Changes that were given up because too many waited. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Changes that the store has not confirmed. */
  get waiting(): number {
    return this.unwrittenGaps().length + this.#waiting.deaths.size;
  }

  /** What is wrong with writing, in words; null while it works. */
  fault(now: MonoMs): string | null {
    const waiting = this.waiting;
    const given = this.#dropped === 0 ? '' : `, and ${this.#dropped} were given up`;
    if (this.#failure !== null)
      return `gaps and deaths cannot be recorded in DATA_DIR (${this.#failure}); ${waiting} changes wait${given}; make room on the disk, or restart the runner`;
    if (this.#sent !== undefined && now - this.#sent.since > SLOW_AFTER_MS)
      return `the disk of DATA_DIR has not confirmed a write for ${Math.round((now - this.#sent.since) / 1_000)} s; ${waiting} changes wait${given}`;
    return null;
  }

  async #send(batch: WriteBatch, sent: Waiting, now: MonoMs): Promise<void> {
    const written = await this.#write(batch);
    this.#sent = undefined;
    this.#failure = written.ok ? null : written.failure;
    this.#retryAt = written.ok ? undefined : after(now, RETRY_AFTER_MS);
    if (written.ok) return;
    const newer = this.#waiting;
    this.#waiting = {
      gaps: new Map([...sent.gaps, ...newer.gaps]),
      spans: new Map([...sent.spans, ...newer.spans]),
      places: new Map([...sent.places, ...newer.places]),
      deaths: new Map([...sent.deaths, ...newer.deaths]),
      aliveUntil: newer.aliveUntil ?? sent.aliveUntil,
      forgetBefore: newer.forgetBefore ?? sent.forgetBefore,
    };
    this.#bound();
  }

  #bound(): void {
    this.#dropped += dropOldest(this.#waiting.gaps, this.#limits.gaps);
    this.#dropped += dropOldest(this.#waiting.deaths, this.#limits.deaths);
  }
}

export function spanKey({ topic, since }: StoredSpan): string {
  return `${topicKey(topic)} ${since}`;
}

function nothing(): Waiting {
  return {
    gaps: new Map(),
    spans: new Map(),
    places: new Map(),
    deaths: new Map(),
    aliveUntil: null,
    forgetBefore: null,
  };
}

/** Undefined when there is nothing to write. */
function batchOf(waiting: Waiting, environment: string | null): WriteBatch | undefined {
  const deaths = [...waiting.deaths.values()];
  if (environment === null) {
    const none = { gaps: [], spans: [], places: [], aliveUntil: null, forgetBefore: null };
    return deaths.length === 0 ? undefined : { environment, ...none, deaths };
  }
  const { aliveUntil, forgetBefore } = waiting;
  const gaps = [...waiting.gaps.values()];
  const spans = [...waiting.spans.values()];
  const places = [...waiting.places.values()];
  const count = gaps.length + spans.length + places.length + deaths.length;
  if (count === 0 && aliveUntil === null && forgetBefore === null) return undefined;
  return { environment, gaps, spans, places, aliveUntil, deaths, forgetBefore };
}

/** A change moves to the end: the oldest are those that did not change for longest. */
function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
}

function dropOldest(map: Map<string, unknown>, limit: number): number {
  let dropped = 0;
  for (const key of map.keys()) {
    if (map.size <= limit) break;
    map.delete(key);
    dropped += 1;
  }
  return dropped;
}
