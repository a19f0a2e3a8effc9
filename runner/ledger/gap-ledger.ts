/**
 * The ledger: what was not seen, over all lives of the runner.
 *
 * Only gaps are written, not what flows: that a topic was seen follows from a row a second that says until when the runner was
 * alive. After a crash everything later is an open gap (`runner_stopped`), which begins at the last place that was written
 * and ends and heals like any other. Everything belongs to one environment; a replay writes nothing, since what it tells
 * was missed, if at all, when it was recorded.
 */
import type { GapEvent, StatusEvent } from '../../shared/events/process-events.ts';
import { type Topic, topicKey } from '../../shared/market.ts';
import { type Clock, type Millis, type MonoMs, type UnixMs, unixMs } from '../../shared/time.ts';
import type { GapBook } from '../intake/gaps.ts';
import { type Followed, placeOf } from '../intake/gaps-places.ts';
import type { Death } from '../supervisor/deaths.ts';
import type { GapFilter, GapPosition, LedgerRemains, StoredGap, Unseen } from './changes.ts';
import { type Coverage, unknownCoverage } from './coverage.ts';
import { type GapPage, readPage } from './gap-list.ts';
import { LedgerReading } from './ledger-reading.ts';
import type { LedgerStore } from './ledger-store.ts';
import { Sight } from './sight.ts';
import { unseenOf } from './unseen.ts';
import { WriteQueue } from './write-queue.ts';

export { type LedgerStore, noLedgerStore } from './ledger-store.ts';

const ALIVE_EVERY_MS: Millis = 1_000;
const PLACES_EVERY_MS: Millis = 10_000;
const FORGET_EVERY_MS: Millis = 3_600_000;
/** Gaps are kept this long: a year and a month. */
const KEPT_MS: Millis = 400 * 86_400_000;

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
  /** What earlier runs left behind is known, or is not waited for any longer. */
  readonly onSettled?: (() => void) | undefined;
};

export class GapLedger {
  readonly #sources: LedgerSources;
  readonly #queue: WriteQueue;
  readonly #reading: LedgerReading;
  readonly #sight = new Sight();
  #isReplay = false;
  /** The run in which a gap of an earlier one was opened, by gap_id. */
  readonly #runs = new Map<string, string>();
  /** Since when a topic is followed, by key; it is there once its first event was seen, or is owed. */
  readonly #since = new Map<string, UnixMs>();
  /** Those of which it was noticed that they have shown, or are owed, something. */
  readonly #counted = new WeakSet<Readonly<Followed>>();
  /** The last event whose place was written. */
  #written = new WeakMap<Readonly<Followed>, Followed['last']>();
  #aliveAt: UnixMs | null = null;
  #nextAlive = 0;
  #nextPlaces = 0;
  #nextForget = 0;

  constructor(sources: LedgerSources) {
    this.#sources = sources;
    this.#queue = new WriteQueue(sources.store.write, sources.nonce);
    this.#reading = new LedgerReading({
      read: sources.store.readLedger,
      clock: sources.clock,
      onRead: (environment, remains) => this.#takeUp(environment, remains),
      onSettled: () => sources.onSettled?.(),
    });
  }

  /**
   * Takes up the ledger of this environment: what earlier runs left open is open from now on. Once; later calls only wait. It is not
   * waited for longer than two seconds: a disk that hangs is asked on, and what it says then is taken up all the same.
   */
  open(environment: string): Promise<void> {
    return this.#reading.begin(environment);
  }

  /** What a child should be told of earlier runs may be known in a moment. */
  get isAwaited(): boolean {
    return this.#reading.isAwaited;
  }

  /** A child has said where its data come from. For a command of the user's own that is the first that is known of it. */
  told(event: StatusEvent): void {
    const { status, environment, clock } = event;
    if (!this.#isReplay) this.#hear(event);
    if (this.#reading.isBegun || (status !== 'ready' && status !== 'connected')) return;
    this.#isReplay = clock === 'replay' || (this.#isReplay && clock === undefined);
    if (!this.#isReplay) void this.open(environment ?? 'unknown');
  }

  /** A child says how its lines are: by that it is known how long a topic could not be seen. */
  #hear(event: StatusEvent): void {
    for (const { gap, unseen } of this.#sight.status(event, this.#sources.clock.unixMs()))
      this.#record(gap, unseen);
  }

  /** After the gaps that its end opens were told. */
  childEnded(): void {
    for (const { gap, unseen } of this.#sight.childEnded()) this.#record(gap, unseen);
  }

  /** A gap was opened or has changed. */
  gap(gap: GapEvent): void {
    if (this.#isReplay) return;
    const { book, clock } = this.#sources;
    this.#record(gap, this.#sight.gap(gap, book.receiptOf(gap), clock.unixMs()));
  }

  death(death: Death): void {
    this.#queue.death(death);
  }

  /** The topic is no longer wanted. */
  unfollow(topic: Topic): void {
    const key = topicKey(topic);
    const since = this.#since.get(key);
    this.#since.delete(key);
    this.#sight.forget(topic);
    if (since !== undefined) this.#queue.span({ topic, since, until: this.#sources.clock.unixMs() });
  }

  /** To be called a few times a second: what has changed since is written in one transaction. */
  tick(): void {
    const { clock } = this.#sources;
    const now = clock.monoMs();
    this.#reading.tick(now);
    if (this.#reading.isBegun) {
      // At once, not once a second: of a topic that is not written when the runner is killed nothing is known to be missing.
      this.#followSeen(clock.unixMs());
      if (this.#reading.environment !== undefined) this.#look(now, clock.unixMs());
    }
    this.#queue.flush(now);
  }

  #look(now: MonoMs, nowMs: UnixMs): void {
    const { lastLineAt } = this.#sources;
    this.#recordFirstPlaces();
    if (now < this.#nextAlive) return;
    this.#nextAlive = now + ALIVE_EVERY_MS;
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

  /** A clean stop: how far each topic was seen is written exactly. */
  async stop(): Promise<void> {
    const { clock } = this.#sources;
    if (this.#reading.environment !== undefined) {
      this.#followSeen(clock.unixMs());
      this.#recordFirstPlaces();
      this.#recordPlaces();
      this.#queue.alive(clock.unixMs());
    }
    await this.#queue.drain(clock.monoMs());
  }

  /** What is wrong with the ledger, in words; null while nothing is. */
  fault(): string | null {
    const now = this.#sources.clock.monoMs();
    return this.#reading.fault(now) ?? this.#queue.fault(now);
  }

  /** Changes of gaps and deaths that are not on the disk yet. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Changes that were given up because the store failed for too long. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  /** Gaps of all runs, newest first. When the store cannot be read: those of this run, and it says so. */
  async page(filter: GapFilter, limit: number, after: GapPosition | null): Promise<GapPage> {
    const { store } = this.#sources;
    const { environment } = this.#reading;
    const known = { unwritten: this.#queue.unwrittenGaps(), inMemory: () => this.#inMemory() };
    const sources = { store, environment, isReplay: this.#isReplay, ...known };
    return readPage(sources, { ...filter, limit, after });
  }

  /** How much was seen from `start` up to `end`: not known while the ledger cannot be read. */
  async coverage(start: UnixMs, end: UnixMs): Promise<Coverage> {
    const { store, clock } = this.#sources;
    const { environment } = this.#reading;
    if (environment === undefined) return unknownCoverage;
    const gaps = this.#queue.unwrittenGaps().map(unseenOf);
    const unwritten = { spans: this.#queue.unwrittenSpans(), gaps };
    const counted = await store.coverage({ environment, start, end, now: clock.unixMs(), unwritten });
    return counted.ok ? counted.value : unknownCoverage;
  }

  #takeUp(environment: string, remains: LedgerRemains): void {
    const { book, clock, onGap } = this.#sources;
    this.#queue.openFor(environment);
    const aliveUntil = lastSeenAlive(remains, clock.unixMs());
    for (const stored of remains.gaps) {
      this.#runs.set(stored.gap.gap_id, stored.run);
      const unseen = this.#sight.takeUp(stored, aliveUntil);
      if (unseen?.until !== stored.unseen?.until) this.#record(stored.gap, unseen);
    }
    const wanted = new Set([...book.followed()].map(({ topic }) => topicKey(topic)));
    const goesOn = new Set<string>();
    for (const { topic, since } of remains.followed) {
      const key = topicKey(topic);
      if (!wanted.has(key)) this.#queue.span({ topic, since, until: aliveUntil });
      else this.#since.set(key, since);
      goesOn.add(key);
    }
    // What was seen before this could be read.
    for (const { topic } of book.followed()) {
      const since = this.#since.get(topicKey(topic));
      if (since !== undefined && !goesOn.has(topicKey(topic)))
        this.#queue.span({ topic, since, until: null });
    }
    const gaps = remains.gaps.map(({ gap }) => gap);
    for (const gap of book.adopt({ gaps, followed: remains.followed, aliveUntil })) onGap(gap);
    this.#recordFirstPlaces();
  }

  #record(gap: GapEvent, unseen: Unseen | undefined): void {
    const run = this.#runs.get(gap.gap_id) ?? this.#sources.nonce;
    const changedAt = this.#sources.clock.unixMs();
    this.#queue.gap({ run, gap, changedAt, ...(unseen === undefined ? {} : { unseen }) });
  }

  #inMemory(): readonly StoredGap[] {
    const { book, nonce, clock } = this.#sources;
    const changedAt = clock.unixMs();
    return book.all().map((gap) => ({ run: this.#runs.get(gap.gap_id) ?? nonce, gap, changedAt }));
  }

  /** A topic is followed from its first event on; trades and liquidations from the acknowledgement on, since they are owed then. */
  #followSeen(nowMs: UnixMs): void {
    for (const followed of this.#sources.book.followed()) {
      const { topic, owedSince: since = nowMs } = followed;
      if (this.#counted.has(followed) || !hasBegunNow(followed)) continue;
      this.#counted.add(followed);
      const key = topicKey(topic);
      if (this.#since.has(key)) continue;
      this.#since.set(key, since);
      if (this.#reading.environment !== undefined) this.#queue.span({ topic, since, until: null });
    }
  }

  #recordFirstPlaces(): void {
    for (const followed of this.#sources.book.followed())
      if (!this.#written.has(followed) && hasBegunNow(followed)) this.#recordPlace(followed);
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

/** In this run: an earlier one may have seen it as well. */
function hasBegunNow({ last, owedSince, beginsAfter }: Readonly<Followed>): boolean {
  return last !== undefined || owedSince !== undefined || beginsAfter !== undefined;
}

/** A run that was killed within its first second has said nothing but where its topics stood. */
function lastSeenAlive({ aliveUntil, followed }: LedgerRemains, now: UnixMs): UnixMs {
  let last = 0;
  for (const { since, place } of followed) last = Math.max(last, since, place?.timestamp ?? 0);
  const seen = last === 0 ? now : Math.min(last, now);
  return unixMs(aliveUntil === null ? seen : Math.max(aliveUntil, last === 0 ? 0 : seen));
}
