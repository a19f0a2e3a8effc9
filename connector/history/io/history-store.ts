/**
 * The store of history: days of trades as Parquet files, each with a manifest (store/paths.ts, store/manifest.ts).
 *
 * Whatever fails is a value with a code (store/failures.ts) and leaves the cache as it was. A kill -9 at any moment leaves the old
 * file or the new one; the next writer clears what is left.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { DayTotals } from '../../../shared/day-totals.ts';
import { overlaps } from '../../../shared/spans.ts';
import type { Part } from '../rows/newest.ts';
import { refuse, StoreError, type StoreResult } from '../store/failures.ts';
import type { Manifest } from '../store/manifest.ts';
import { isFromArchive } from '../store/merge.ts';
import {
  type DayKey,
  dateOfCacheFile,
  datesAmong,
  dayFiles,
  type FolderKey,
  isCacheFile,
  symbolFolder,
} from '../store/paths.ts';
import { datesOf, overlap, type Span, spanOfDay } from '../store/spans.ts';
import { literal, within } from '../store/sql-text.ts';
import type { Trust } from '../store/trust.ts';
import type { Verification } from '../store/verification.ts';
import { appendLines, type LinesImport, type LinesReport } from './append-lines.ts';
import type { Database } from './database.ts';
import { namesIn } from './day-file.ts';
import { type ArchiveImport, type ImportReport, importArchive } from './import-archive.ts';
import { readLegacy, writeLegacy } from './legacy.ts';
import { newestRows } from './newest-rows.ts';
import { sumDay } from './sum-day.ts';
import { batchColumns, batchesOf, type TradeBatch } from './trade-rows.ts';
import { compareFiles } from './verify-files.ts';
import { attempt, type StoreOptions, Workshop } from './workshop.ts';

/** How often a day may be replaced while it is read. */
const LOOKS_MAX = 5;

export class HistoryStore {
  readonly #workshop: Workshop;

  constructor(options: StoreOptions) {
    this.#workshop = new Workshop(options);
  }

  /** Is the day stored, and may its file be used? What was judged once is judged again only when it changed. */
  judge(key: DayKey): Promise<Trust> {
    return this.#workshop.judge.judge(key, 'trades');
  }

  /** The days that have a file, trusted or not, ascending. */
  async dates(key: FolderKey): Promise<readonly string[]> {
    return datesAmong(await namesIn(symbolFolder(this.#workshop.root, key)), 'trades');
  }

  /** The day's archive file takes the place of whatever is there. */
  importArchive(request: ArchiveImport): Promise<StoreResult<ImportReport>> {
    const doing = `store the archive of ${nameOf(request.key)}`;
    return attempt('write_failed', doing, () => importArchive(this.#workshop, request));
  }

  /** Recorded lines are added to the day, unless it is the archive's already. */
  appendLines(request: LinesImport): Promise<StoreResult<LinesReport>> {
    const doing = `store what was recorded of ${nameOf(request.key)}`;
    return attempt('write_failed', doing, () => appendLines(this.#workshop, request));
  }

  /**
   * Something of these spans turned out to be missing: a day that claims any of them, and is not the archive's, is not trusted any more,
   * and the next lines make it anew.
   */
  retract(key: DayKey, spans: readonly Span[]): Promise<StoreResult<null>> {
    const doing = `take back what is stored of ${nameOf(key)}`;
    return attempt('write_failed', doing, async () => {
      if (!claims(await this.judge(key), spans)) return null;
      return this.#workshop.write(key, async () => {
        // Whoever wrote there until now may have put the archive's file in its place.
        const trust = await this.judge(key);
        if (!claims(trust, spans)) return null;
        const { nextManifest, manifest } = dayFiles(this.#workshop.root, key, 'trades');
        for (const file of [nextManifest, manifest]) await rm(file, { force: true });
        return null;
      });
    });
  }

  /** The day once more in the columns of older programs. */
  writeLegacy(key: DayKey): Promise<StoreResult<{ readonly file: string; readonly rows: number }>> {
    return attempt('write_failed', `write ${nameOf(key)} in the old form`, () =>
      writeLegacy(this.#workshop, key),
    );
  }

  /**
   * The trades of a span in their order, as columns of some 2,000 rows, read as they are asked for. Throws StoreError not_stored
   * when it comes to a day that is not stored, unless such days are to be skipped.
   */
  async *tradesOf(
    key: FolderKey,
    span: Span,
    { skipMissing = false }: { readonly skipMissing?: boolean } = {},
  ): AsyncGenerator<TradeBatch, void, void> {
    const db = await this.#workshop.reader();
    for (const date of datesOf(span)) {
      const day = { ...key, date };
      const found = await this.#trusted(day);
      if (!found.ok && skipMissing) continue;
      if (!found.ok) throw new StoreError(found.failure.code, found.failure.message);
      const file = literal(dayFiles(this.#workshop.root, day, 'trades').parquet);
      yield* batchesOf(db, `SELECT ${batchColumns} FROM read_parquet(${file}) WHERE ${within(span)}`);
    }
  }

  /** The trades of a file in the old form, whoever wrote it. */
  async *legacyTradesOf(file: string, span: Span): AsyncGenerator<TradeBatch, void, void> {
    yield* readLegacy(await this.#workshop.reader(), file, span);
  }

  /** The sums of what of the span lies in the day; `binSize` is a canonical decimal, for example a tick size. */
  async dayTotals(
    key: DayKey,
    binSize: string,
    span: Span = spanOfDay(key.date),
  ): Promise<StoreResult<DayTotals>> {
    const inDay = overlap(span, spanOfDay(key.date)) ?? { from: span.from, to: span.from };
    const file = dayFiles(this.#workshop.root, key, 'trades').parquet;
    return this.#steadily(key, `add up ${nameOf(key)}`, (db, manifest) =>
      sumDay(db, file, manifest, inDay, binSize),
    );
  }

  /** The newest trades of what of the span lies in the day, at least `want` where there are so many, and whose file it is. */
  async newest(
    key: DayKey,
    span: Span,
    want: number,
  ): Promise<StoreResult<Part & { readonly manifest: Manifest }>> {
    const inDay = overlap(span, spanOfDay(key.date)) ?? { from: span.from, to: span.from };
    const file = dayFiles(this.#workshop.root, key, 'trades').parquet;
    return this.#steadily(key, `read ${nameOf(key)}`, async (db, manifest) => ({
      ...(await newestRows(db, file, inDay, want)),
      manifest,
    }));
  }

  /** A recorded file held against an archive's: Parquet files with the columns of trades, for example day files of two caches. */
  verify(
    recording: { readonly file: string; readonly spans: readonly Span[] },
    archive: { readonly file: string; readonly category: DayKey['category'] },
    shown?: number,
  ): Promise<StoreResult<Verification>> {
    return attempt('read_failed', `compare ${recording.file} with ${archive.file}`, () =>
      this.#workshop.make((db) =>
        compareFiles(db, archive.category, recording.file, recording.spans, archive.file, shown),
      ),
    );
  }

  /**
   * Removes the files of a symbol, or only those of days before one (2026-08-01); other files in its folder stay. Answers how many there
   * were.
   */
  clear(key: FolderKey, before?: string): Promise<StoreResult<number>> {
    return attempt('write_failed', `clear the cache of ${key.symbol}`, () =>
      this.#workshop.write(key, async () => {
        const folder = symbolFolder(this.#workshop.root, key);
        const isGone = (name: string): boolean =>
          before === undefined ? isCacheFile(name) : (dateOfCacheFile(name) ?? before) < before;
        const names = (await namesIn(folder)).filter(isGone);
        for (const name of names) await rm(path.join(folder, name), { force: true });
        return names.length;
      }),
    );
  }

  /** Ends when what is under way is done. */
  close(): Promise<void> {
    return this.#workshop.close();
  }

  /** Several queries make an answer: the file must have been the same for all. */
  async #steadily<T>(
    key: DayKey,
    doing: string,
    work: (db: Database, manifest: Manifest) => Promise<T>,
  ): Promise<StoreResult<T>> {
    let found = await this.#trusted(key);
    for (let look = 0; look < LOOKS_MAX && found.ok; look += 1) {
      const manifest = found.value;
      const done = await attempt('read_failed', doing, async () =>
        work(await this.#workshop.reader(), manifest),
      );
      found = await this.#trusted(key);
      if (found.ok && found.value.sha256 === manifest.sha256) return done;
    }
    return found.ok ? refuse('read_failed', `${nameOf(key)} changes all the time: try again later`) : found;
  }

  async #trusted(key: DayKey): Promise<StoreResult<Manifest>> {
    const trust = await this.judge(key);
    switch (trust.kind) {
      case 'trusted':
        return { ok: true, value: trust.manifest };
      case 'absent':
        return refuse('not_stored', `${nameOf(key)} is not stored: fetch it first`);
      case 'untrusted':
        return refuse(
          'not_stored',
          `the stored file of ${nameOf(key)} is not trusted, since ${trust.reason}: fetch it again`,
        );
    }
  }
}

function claims(trust: Trust, spans: readonly Span[]): boolean {
  if (trust.kind !== 'trusted' || isFromArchive(trust.manifest)) return false;
  return overlaps(trust.manifest.spans, spans);
}

function nameOf({ environment, category, symbol, date }: DayKey): string {
  return `${environment} ${category}:${symbol} of ${date}`;
}
