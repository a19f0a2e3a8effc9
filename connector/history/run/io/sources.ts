/** The real source of history: the exchange, asked politely, and what the runner recorded on this machine. */
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bootId } from '../../../../shared/io/boot-id.ts';
import type { Logger } from '../../../../shared/io/log.ts';
import { withoutLogin } from '../../../../shared/settings/words.ts';
import { type Clock, unixMs } from '../../../../shared/time.ts';
import { archiveBegan } from '../../../bybit/archive-files.ts';
import type { Polite } from '../../polite/io/polite.ts';
import type { RecentTail } from '../../polite/recent.ts';
import type { HistorySettings } from '../../polite/settings.ts';
import { failureOf } from '../../store/failures.ts';
import type { DayKey } from '../../store/paths.ts';
import type { ArchiveFile, FetchManner, HistorySource, PortFailure, PortResult } from '../ports.ts';
import {
  dropFetched,
  fetchFiles,
  fetchFolder,
  makeFetchFolder,
  nowWhole,
  wholeBytes,
} from './fetch-folder.ts';
import { type JournalCut, readJournal } from './journal.ts';
import { noteMissingDay, readMissingDays } from './missing-days.ts';

export type SourceOptions = {
  readonly settings: HistorySettings;
  readonly polite: Polite;
  readonly clock: Clock;
  /** Our clock is so much ahead of the exchange's. */
  readonly offsetMs: number;
  /** Of the cache. */
  readonly root: string;
  /** Where the runner records. */
  readonly dataDir: string;
  /** How far a runner's recording counts, by day (`dayName`). */
  readonly cuts?: ReadonlyMap<string, JournalCut>;
};

export function dayName({ category, symbol, date }: Omit<DayKey, 'environment'>): string {
  return `${category}:${symbol} ${date}`;
}

export function openSource(options: SourceOptions): HistorySource {
  const { settings, polite, clock, offsetMs, root, dataDir } = options;
  const { environment } = settings;
  const now = () => unixMs(Math.round(clock.unixMs() - offsetMs));
  const boot = bootId();
  // One after another: two days of a symbol may be missing at once.
  let noting: Promise<void> = Promise.resolve();
  return {
    environment,
    now,
    archiveBegan: ({ category }) => archiveBegan(category),
    // Any day will do: only whether there is an address is asked.
    hasArchive: (instrument) => polite.urlOfDay(instrument, '2026-01-01') !== undefined,
    missingDays: (key) => readMissingDays(root, key),
    noteMissing: async (key, at) => {
      noting = noting.catch(() => undefined).then(() => noteMissingDay(root, key, at));
      // Not remembering it costs one request.
      await noting.catch(() => undefined);
    },
    archive: (key, how) => fetchArchive(options, key, how),
    dropArchive: (key) => dropFetched(fetchFiles(root, key)),
    recording: (key) =>
      onDisk(`read the recording of ${dayName(key)}`, () =>
        readJournal({
          ...{ dataDir, key, boot },
          cut: options.cuts?.get(dayName(key)),
          copy: path.join(fetchFolder(root, key), `recording_${key.date}.jsonl`),
        }),
      ),
    recent: async (key) => {
      const tail = await polite.recent(key);
      if (!tail.ok) return tail;
      const { span } = tail.value;
      if (span === undefined) return { ok: true, value: undefined };
      const file = path.join(fetchFolder(root, key), `recent_${key.date}.jsonl`);
      return await onDisk(`write ${file}`, async () => {
        await makeFetchFolder(root, key);
        await writeFile(file, linesOf(tail.value));
        return { files: [file], spans: [span], gaps: [], missed: [] };
      });
    },
    candles: async (instrument, { from, to }) => {
      const read = await polite.candles(instrument, { interval: '1', from: unixMs(from), to: unixMs(to) });
      return read.ok ? { ok: true, value: read.value.rows.filter(({ closed }) => closed) } : read;
    },
  };
}

async function fetchArchive(
  { polite, clock, root }: SourceOptions,
  key: DayKey,
  { signal, onProgress }: FetchManner,
): Promise<PortResult<ArchiveFile>> {
  const url = polite.urlOfDay(key, key.date);
  if (url === undefined)
    return {
      ok: false,
      failure: { code: 'not_found', message: `no archive is known of ${key.category}:${key.symbol}` },
    };
  const files = fetchFiles(root, key);
  const there = await wholeBytes(files);
  const fetchedAt = clock.unixMs();
  if (there !== undefined)
    return { ok: true, value: { file: files.whole, url, bytes: there, sha256: undefined, fetchedAt } };
  return await onDisk<ArchiveFile>(`fetch ${withoutLogin(url)}`, async () => {
    await makeFetchFolder(root, key);
    const { category, symbol } = key;
    const instrument = { category, symbol };
    const fetched = await polite.fetchDay({
      instrument,
      date: key.date,
      file: files.part,
      signal,
      onProgress,
    });
    if (!fetched.ok)
      throw new Refused({ ...fetched.failure, message: `${withoutLogin(url)}: ${fetched.failure.message}` });
    await nowWhole(files);
    const { bytes, sha256 } = fetched.value;
    return { file: files.whole, url, bytes, sha256, fetchedAt };
  });
}

/** A failure on its way out. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly failure: PortFailure;

  constructor(failure: PortFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

async function onDisk<T>(doing: string, work: () => Promise<T>): Promise<PortResult<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, failure: error.failure };
    if (error instanceof Error && error.name === 'InvariantError') throw error;
    return { ok: false, failure: failureOf(error, 'write_failed', doing) };
  }
}

/** As lines of a recording (../../store/recording-sql.ts). */
function linesOf({ rows }: RecentTail): string {
  return rows
    .map(({ timestamp, seq, id, price, qty, side, block, rpi }) => {
      const row = {
        timestamp,
        seq: seq ?? null,
        id,
        price,
        qty,
        side,
        block: block ?? null,
        rpi: rpi ?? null,
      };
      return `${JSON.stringify(row)}\n`;
    })
    .join('');
}

/** How far our clock is ahead of the exchange's; 0, with a warning, when it cannot be asked. */
export async function clockOffset(polite: Polite, log: Pick<Logger, 'warn'>): Promise<number> {
  const look = await polite.rest.clock();
  if (look.ok) return look.value.offsetMs;
  log.warn(
    { event: 'history_clock_unknown', code: look.failure.code },
    `the exchange's clock could not be asked (${look.failure.message}); this machine's clock says which days are over`,
  );
  return 0;
}

/** Lines that were put into the cache: of the newest trades, and of a recording up to its cut. */
export async function dropLines(root: string, key: DayKey): Promise<void> {
  for (const name of [`recent_${key.date}.jsonl`, `recording_${key.date}.jsonl`])
    await rm(path.join(fetchFolder(root, key), name), { force: true });
}
