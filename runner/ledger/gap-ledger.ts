/**
 * The ledger: what was not seen, over all lives of the runner.
 *
 * Only gaps are written, not what flows: that a topic was seen follows from a row a second that says until when the runner was
 * alive. After a crash everything later is an open gap (`runner_stopped`), which begins at the last place that was written
 * and ends and heals like any other. Everything belongs to one environment; a replay writes nothing, since what it tells
 * was missed, if at all, when it was recorded.
 */
import type { Result } from '../../shared/errors.ts';
import type { GapEvent, StatusEvent } from '../../shared/events/process-events.ts';
import { type Topic, topicKey } from '../../shared/market.ts';
import type { Clock, Millis, UnixMs } from '../../shared/time.ts';
import type { GapBook } from '../intake/gaps.ts';
import { type Followed, placeOf } from '../intake/gaps-places.ts';
import type { Death } from '../supervisor/deaths.ts';
import type {
  CoverageFacts,
  GapFilter,
  GapPosition,
  GapQuery,
  LedgerRemains,
  SpanQuery,
  StoredGap,
} from './changes.ts';
import { type Coverage, coverageOf } from './coverage.ts';
import { type GapPage, pageOf, withUnwritten } from './gap-list.ts';
import { spanKey, type Write, WriteQueue } from './write-queue.ts';

const ALIVE_EVERY_MS: Millis = 1_000;
const PLACES_EVERY_MS: Millis = 10_000;
const FORGET_EVERY_MS: Millis = 3_600_000;
/** Gaps are kept this long: a year and a month. */
const KEPT_MS: Millis = 400 * 86_400_000;

/** Where the ledger is kept. Nothing here may throw. */
export type LedgerStore = {
  readonly write: Write;
  readonly readLedger: (environment: string) => Promise<Result<LedgerRemains, string>>;
  readonly gapPage: (query: GapQuery) => Promise<Result<readonly StoredGap[], string>>;
  readonly coverageFacts: (query: SpanQuery) => Promise<Result<CoverageFacts, string>>;
};

/** Keeps nothing: for a runner whose gaps need not outlive it. */
export const noLedgerStore: LedgerStore = {
  write: () => Promise.resolve({ ok: true, value: undefined }),
  readLedger: () => Promise.resolve({ ok: true, value: { gaps: [], followed: [], aliveUntil: null } }),
  gapPage: () => Promise.resolve({ ok: false, failure: 'there is no store' }),
  coverageFacts: () => Promise.resolve({ ok: false, failure: 'there is no store' }),
};

export type LedgerSources = {
  readonly book: GapBook;
  readonly store: LedgerStore;
  readonly clock: Clock;
  /** Names this run. */
  readonly nonce: string;
  /** A gap changed by what an earlier run left behind. */
  readonly onGap: (gap: GapEvent) => void;
  /** Receipt of the last valid line of any child. */
  readonly lastLineAt: () => UnixMs | null;
};

export class GapLedger {
  readonly #sources: LedgerSources;
  readonly #queue: WriteQueue;
  #environment: string | undefined;
  #opening: Promise<void> | undefined;
  #isReplay = false;
  /** The run in which a gap of an earlier one was opened, by gap_id. */
  readonly #runs = new Map<string, string>();
  /** Since when a topic is followed, by key; it is there once its first event was seen. */
  readonly #since = new Map<string, UnixMs>();
  /** The last event whose place was written. */
  #written = new WeakMap<Readonly<Followed>, Followed['last']>();
  #aliveAt: UnixMs | null = null;
  #nextAlive = 0;
  #nextPlaces = 0;
  #nextForget = 0;

  constructor(sources: LedgerSources) {
    this.#sources = sources;
    this.#queue = new WriteQueue(sources.store.write, sources.nonce);
  }

  /** Takes up the ledger of this environment: what earlier runs left open is open from now on. Once; later calls do nothing. */
  open(environment: string): Promise<void> {
    this.#opening ??= this.#open(environment);
    return this.#opening;
  }

  /** A child has said where its data come from. For a command of the user's own that is the first that is known of it. */
  told({ status, environment, clock }: StatusEvent): void {
    if (this.#opening !== undefined || (status !== 'ready' && status !== 'connected')) return;
    this.#isReplay = clock === 'replay' || (this.#isReplay && clock === undefined);
    if (!this.#isReplay) void this.open(environment ?? 'unknown');
  }

  /** A gap was opened or has changed. */
  gap(gap: GapEvent): void {
    if (this.#isReplay) return;
    const run = this.#runs.get(gap.gap_id) ?? this.#sources.nonce;
    this.#queue.gap({ run, gap, changedAt: this.#sources.clock.unixMs() });
  }

  death(death: Death): void {
    this.#queue.death(death);
  }

  /** The topic is no longer wanted. */
  unfollow(topic: Topic): void {
    const key = topicKey(topic);
    const since = this.#since.get(key);
    this.#since.delete(key);
    if (since !== undefined) this.#queue.span({ topic, since, until: this.#sources.clock.unixMs() });
  }

  /** To be called a few times a second: what has changed since is written in one transaction. */
  tick(): void {
    const { clock, lastLineAt } = this.#sources;
    const now = clock.monoMs();
    if (this.#environment !== undefined && now >= this.#nextAlive) {
      this.#nextAlive = now + ALIVE_EVERY_MS;
      const nowMs = clock.unixMs();
      this.#recordFirstEvents(nowMs);
      const heard = lastLineAt();
      if (heard !== null && heard !== this.#aliveAt) this.#queue.alive(nowMs);
      this.#aliveAt = heard;
      if (now >= this.#nextPlaces) {
        this.#nextPlaces = now + PLACES_EVERY_MS;
        this.#recordPlaces();
      }
      if (now >= this.#nextForget) {
        this.#nextForget = now + FORGET_EVERY_MS;
        this.#queue.forget((nowMs - KEPT_MS) as UnixMs);
      }
    }
    this.#queue.flush(now);
  }

  /** A clean stop: how far each topic was seen is written exactly. */
  async stop(): Promise<void> {
    const { clock } = this.#sources;
    await this.#opening;
    if (this.#environment !== undefined) {
      this.#recordFirstEvents(clock.unixMs());
      this.#recordPlaces();
      this.#queue.alive(clock.unixMs());
    }
    await this.#queue.drain(clock.monoMs());
  }

  /** What is wrong with the ledger, in words; null while nothing is. */
  fault(): string | null {
    return this.#queue.fault(this.#sources.clock.monoMs());
  }

  /** Changes of gaps and deaths that are not on the disk yet. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Changes that were given up because the store failed for too long. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  /** Gaps of all runs, newest first. When the store cannot be read: those of this run. */
  async page(filter: GapFilter, limit: number, after: GapPosition | null): Promise<GapPage> {
    const { store } = this.#sources;
    const unwritten = this.#queue.unwrittenGaps();
    const query = { ...filter, limit: limit + unwritten.length + 1, after };
    const stored =
      this.#environment === undefined
        ? undefined
        : await store.gapPage({ environment: this.#environment, ...query });
    const rows = stored?.ok === true ? withUnwritten(stored.value, unwritten) : this.#inMemory();
    return pageOf(rows, { ...filter, limit, after });
  }

  /** How much was seen from `start` up to `end`. */
  async coverage(start: UnixMs, end: UnixMs): Promise<Coverage> {
    const { store, clock } = this.#sources;
    const unwritten = this.#queue.unwrittenGaps();
    const spans = this.#queue.unwrittenSpans();
    const stored =
      this.#environment === undefined
        ? undefined
        : await store.coverageFacts({ environment: this.#environment, start, end });
    const facts: CoverageFacts =
      stored?.ok === true
        ? {
            spans: [
              ...new Map([...stored.value.spans, ...spans].map((span) => [spanKey(span), span])).values(),
            ],
            gaps: withUnwritten(stored.value.gaps, unwritten),
          }
        : { spans, gaps: this.#inMemory() };
    return coverageOf(facts, start, end, clock.unixMs());
  }

  async #open(environment: string): Promise<void> {
    const { store, book, clock, onGap } = this.#sources;
    const read = await store.readLedger(environment);
    // A store that cannot be read is told by its own log; what happens from now on is kept all the same.
    const remains: LedgerRemains = read.ok ? read.value : { gaps: [], followed: [], aliveUntil: null };
    this.#environment = environment;
    this.#queue.openFor(environment);
    const aliveUntil = remains.aliveUntil ?? clock.unixMs();
    for (const { run, gap } of remains.gaps) this.#runs.set(gap.gap_id, run);
    const wanted = new Set([...book.followed()].map(({ topic }) => topicKey(topic)));
    for (const { topic, since } of remains.followed) {
      if (wanted.has(topicKey(topic))) this.#since.set(topicKey(topic), since);
      else this.#queue.span({ topic, since, until: aliveUntil });
    }
    const gaps = remains.gaps.map(({ gap }) => gap);
    for (const gap of book.adopt({ gaps, followed: remains.followed, aliveUntil })) onGap(gap);
  }

  #inMemory(): readonly StoredGap[] {
    const { book, nonce, clock } = this.#sources;
    const changedAt = clock.unixMs();
    return book.all().map((gap) => ({ run: this.#runs.get(gap.gap_id) ?? nonce, gap, changedAt }));
  }

  #recordFirstEvents(nowMs: UnixMs): void {
    for (const followed of this.#sources.book.followed()) {
      if (followed.last === undefined || this.#written.has(followed)) continue;
      const key = topicKey(followed.topic);
      if (!this.#since.has(key)) {
        this.#since.set(key, nowMs);
        this.#queue.span({ topic: followed.topic, since: nowMs, until: null });
      }
      this.#recordPlace(followed);
    }
  }

  #recordPlaces(): void {
    for (const followed of this.#sources.book.followed()) {
      if (followed.last !== undefined && followed.last !== this.#written.get(followed))
        this.#recordPlace(followed);
    }
  }

  #recordPlace(followed: Readonly<Followed>): void {
    const place = placeOf(followed);
    if (place === undefined) return;
    this.#written.set(followed, followed.last);
    this.#queue.place(followed.topic, place);
  }
}
