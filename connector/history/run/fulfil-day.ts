/**
 * One day of one instrument: plan, do the first thing that the plan asks for, plan again with what came of it, until there is nothing
 * left to do. So a source that fails is followed by the next best one by the same rules, and a day that was begun by a process
 * that is gone is simply gone on with.
 */
import type { HistoryPolicy } from '../../../shared/history-policy.ts';
import type { UnixMs } from '../../../shared/time.ts';
import type { MissingDay } from '../plan/archive-days.ts';
import { type PlannedRange, type PlanSource, planHistory } from '../plan/plan.ts';
import { shared, without } from '../plan/spans.ts';
import type { DownloadProgress } from '../polite/downloads.ts';
import type { DayKey } from '../store/paths.ts';
import { overlap, type Span, union } from '../store/spans.ts';
import type { Verification } from '../store/verification.ts';
import {
  CANCELLED,
  type DayOutcome,
  damages,
  given,
  type RangeOutcome,
  type SourceFailure,
  stopped,
} from './outcome.ts';
import type { DayStore, HistorySource, LinesFile, PortFailure, StoredDay } from './ports.ts';

export type DayTask = { readonly key: DayKey; readonly from: UnixMs; readonly to: UnixMs };

export type DayStage = 'download' | 'convert' | 'record' | 'recent' | 'klines';

export type DayPorts = {
  readonly source: HistorySource;
  readonly store: DayStore;
  readonly policy: HistoryPolicy['plan'];
  readonly signal: AbortSignal;
  /** May candles stand in where there are no trades? */
  readonly klines: boolean;
  /** Nothing is done: the outcome is the plan. */
  readonly dry?: boolean;
  /** Nobody may be asked any more, and why: only what is on this machine is used. */
  readonly halted?: SourceFailure | undefined;
  readonly onStage?: (key: DayKey, stage: DayStage, progress?: DownloadProgress) => void;
};

/** The order in which sources are used: what was recorded first, so that the archive can be held against it. */
const order = ['recording', 'archive', 'recent', 'klines'] as const;
type Step = (typeof order)[number];
/** Whose trades they are, if several gave some: the latter only add to the former. */
const tradesFrom = ['archive', 'recording', 'recent'] as const;

/** The list of newest trades reaches at most so far back; on quiet markets further, but then candles are as good. */
const RECENT_REACH_MS = 600_000;

/** A damaged download is fetched once more at once: the next one mostly is whole. */
const TRIES_OF_A_FILE = 2;

export async function fulfilDay(task: DayTask, ports: DayPorts): Promise<DayOutcome> {
  return await new DayWork(task, ports).run();
}

class DayWork {
  readonly #task: DayTask;
  readonly #ports: DayPorts;
  readonly #tried = new Set<Step>();
  readonly #failures: SourceFailure[] = [];
  /** What each source gave in this run. */
  readonly #given: { readonly source: Step; readonly spans: readonly Span[] }[] = [];
  #missing: readonly MissingDay[] = [];
  #recorded: LinesFile | undefined;
  /** Stored as complete, and is not, but could not be taken back here. */
  #doubted: readonly Span[] = [];
  #verification: Verification | undefined;

  constructor(task: DayTask, ports: DayPorts) {
    this.#task = task;
    this.#ports = ports;
  }

  async run(): Promise<DayOutcome> {
    const { source, store, signal, dry = false, halted } = this.#ports;
    const { key } = this.#task;
    this.#missing = await source.missingDays(key);
    await this.#findRecording();
    if (halted !== undefined) this.#halt(halted);
    for (;;) {
      const stored = await store.look(key);
      const now = source.now();
      const ranges = this.#plan(stored, now);
      const next = dry || signal.aborted ? undefined : order.find((step) => this.#isNext(step, ranges, now));
      if (next === undefined) {
        // Also the file of a run that was killed between the import and this.
        if (stored.isArchive && !dry) await source.dropArchive(key);
        return this.#outcome(ranges, stored);
      }
      this.#tried.add(next);
      await this.#perform(next, ranges, stored);
    }
  }

  async #findRecording(): Promise<void> {
    const { source, store, dry = false, halted } = this.#ports;
    const { key } = this.#task;
    const found = await source.recording(key);
    if (!found.ok) this.#failures.push({ source: 'recording', ...found.failure });
    else this.#recorded = found.value;
    const missed = this.#recorded?.missed ?? [];
    if (missed.length === 0) return;
    // Whoever else fetches this symbol has to take it back.
    const isOurs = !dry && halted?.code !== 'store_busy';
    const retracted = isOurs ? await store.retract(key, missed) : undefined;
    if (retracted?.ok !== true) this.#doubted = missed;
    if (retracted?.ok === false) this.#failures.push({ source: 'recording', ...retracted.failure });
  }

  #halt(failure: SourceFailure): void {
    for (const step of ['archive', 'recent', 'klines'] as const) this.#tried.add(step);
    this.#failures.push({ ...failure, source: 'archive' });
  }

  #plan(stored: StoredDay, now: UnixMs): readonly PlannedRange[] {
    const { source, policy, klines } = this.#ports;
    const { key, from, to } = this.#task;
    const isArchiveOut = this.#tried.has('archive') && !this.#missing.some(({ date }) => date === key.date);
    return planHistory(
      {
        environment: key.environment,
        instrument: key,
        from,
        to,
        now,
        cached: stored.isArchive ? stored.trades : without(union(stored.trades), this.#doubted),
        cachedKlines: stored.candles,
        recorded: this.#tried.has('recording') ? [] : (this.#recorded?.spans ?? []),
        recent: undefined,
        klines: klines && !this.#tried.has('klines'),
        hasArchive: source.hasArchive(key) && !isArchiveOut,
        archiveBegan: source.archiveBegan(key),
        missingDays: this.#missing,
      },
      policy,
    );
  }

  #isNext(step: Step, ranges: readonly PlannedRange[], now: UnixMs): boolean {
    if (this.#tried.has(step)) return false;
    if (step !== 'recent') return ranges.some(({ source }) => source === step);
    const reach = { from: now - RECENT_REACH_MS, to: now };
    return ranges.some(
      (range) =>
        range.exactness !== 'exact' && range.reason !== 'not_yet' && overlap(range, reach) !== undefined,
    );
  }

  async #perform(step: Step, ranges: readonly PlannedRange[], before: StoredDay): Promise<void> {
    const failure = await this.#doStep(step, ranges);
    if (failure !== undefined) this.#failures.push({ source: step, ...failure });
    const after = await this.#ports.store.look(this.#task.key);
    const had = step === 'klines' ? before.candles : before.trades;
    const has = step === 'klines' ? after.candles : after.trades;
    // The archive's file takes the place of all that was there.
    const isAnew = step === 'archive' && after.isArchive;
    this.#given.push({ source: step, spans: isAnew ? has : without(union(has), union(had)) });
  }

  async #doStep(step: Step, ranges: readonly PlannedRange[]): Promise<PortFailure | undefined> {
    switch (step) {
      case 'recording':
        return await this.#append(this.#recorded, 'recording');
      case 'archive':
        return await this.#fetchArchive();
      case 'recent':
        return await this.#readRecent();
      case 'klines':
        return await this.#readCandles(ranges);
    }
  }

  async #append(
    lines: LinesFile | undefined,
    source: 'recording' | 'recent',
  ): Promise<PortFailure | undefined> {
    if (lines === undefined) return undefined;
    const { key } = this.#task;
    this.#ports.onStage?.(key, source === 'recording' ? 'record' : 'recent');
    const stored = await this.#ports.store.appendLines(key, lines, source, this.#ports.source.now());
    return stored.ok ? undefined : stored.failure;
  }

  async #fetchArchive(): Promise<PortFailure | undefined> {
    const { key } = this.#task;
    const { source, store, signal, onStage } = this.#ports;
    for (let tries = 1; ; tries += 1) {
      onStage?.(key, 'download');
      const onProgress = (progress: DownloadProgress): void => onStage?.(key, 'download', progress);
      const fetched = await source.archive(key, { signal, onProgress });
      if (!fetched.ok && fetched.failure.code === 'not_found') {
        const at = source.now();
        this.#missing = [...this.#missing, { date: key.date, at }];
        await source.noteMissing(key, at);
        return undefined;
      }
      if (!fetched.ok) return fetched.failure;
      onStage?.(key, 'convert');
      const stored = await store.importArchive(key, fetched.value);
      if (stored.ok) {
        this.#verification = stored.value ?? undefined;
        return undefined;
      }
      // A fault of this machine is no fault of the file: that is kept for the next time.
      if (!localFaults.has(stored.failure.code)) await source.dropArchive(key);
      if (!damages.has(stored.failure.code) || tries >= TRIES_OF_A_FILE || signal.aborted)
        return stored.failure;
    }
  }

  async #readRecent(): Promise<PortFailure | undefined> {
    const { key } = this.#task;
    this.#ports.onStage?.(key, 'recent');
    const found = await this.#ports.source.recent(key);
    return found.ok ? await this.#append(found.value, 'recent') : found.failure;
  }

  async #readCandles(ranges: readonly PlannedRange[]): Promise<PortFailure | undefined> {
    const { key } = this.#task;
    const { source, store, onStage } = this.#ports;
    onStage?.(key, 'klines');
    const wanted = union(
      ranges.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'read_klines' ? [step] : []))),
    );
    const candles = [];
    for (const span of wanted) {
      const read = await source.candles(key, span);
      if (!read.ok) return read.failure;
      candles.push(...read.value);
    }
    if (candles.length === 0) return undefined;
    const written = await store.writeCandles(key, candles);
    return written.ok ? undefined : written.failure;
  }

  #outcome(ranges: readonly PlannedRange[], stored: StoredDay): DayOutcome {
    const { category, symbol, date } = this.#task.key;
    return {
      ...{ category, symbol, date },
      ranges: ranges.flatMap((range) => this.#labelled(range, stored)),
      rows: stored.rows,
      bytes: stored.bytes,
      verification: this.#verification,
      failures: this.#failures,
    };
  }

  /** A range that is in the cache now, cut by what gave its rows. */
  #labelled(range: PlannedRange, { isArchive }: StoredDay): readonly RangeOutcome[] {
    const { category, symbol, date } = this.#task.key;
    const { reason, askAgainAt } = range;
    // What is planned still, and was to be done, was not: we were stopped.
    const isLeft = this.#ports.dry !== true && order.some((step) => step === range.source);
    const exactness = isLeft ? 'absent' : range.exactness;
    const told = (span: Span, source: PlanSource): RangeOutcome => ({
      ...{ category, symbol, date, from: span.from, to: span.to, source, exactness, askAgainAt },
      reason: reason === 'cached' ? given[source] : reason,
      isArchive: isArchive && exactness === 'exact',
      failure: isLeft ? stopped(range.source) : exactness === 'exact' ? undefined : this.#blame(range),
    });
    if (range.source !== 'cache') return [told(range, isLeft ? 'none' : range.source)];
    const sources = exactness === 'exact' ? tradesFrom : (['klines'] as const);
    let left: readonly Span[] = [range];
    const parts: RangeOutcome[] = [];
    for (const step of sources) {
      const spans = union(this.#given.flatMap((one) => (one.source === step ? one.spans : [])));
      parts.push(...shared(left, spans).map((span) => told(span, step)));
      left = without(left, spans);
    }
    parts.push(...left.map((span) => told(span, 'cache')));
    return parts.toSorted((one, other) => one.from - other.from);
  }

  /** Why there is nothing better: the failure of the best source that could have given it. */
  #blame({ reason, exactness }: PlannedRange): SourceFailure | undefined {
    if (reason === 'not_yet') return undefined;
    const of = (source: Step): SourceFailure | undefined =>
      this.#failures.find((failure) => failure.source === source);
    const found = of('archive') ?? of('recording') ?? (exactness === 'absent' ? of('klines') : undefined);
    return found?.code === CANCELLED ? stopped(found.source) : found;
  }
}

/** The file may be good, and will be used when it can. */
const localFaults: ReadonlySet<string> = new Set([
  'disk_full',
  'write_failed',
  'store_busy',
  'readback_wrong',
]);
