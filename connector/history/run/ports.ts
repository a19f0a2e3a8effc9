/**
 * What the fetching of history needs of the world: where rows may come from, and where they are kept. Both are ports, so that a program can
 * bring its own, and a test can let either fail.
 */
import type { Result } from '../../../shared/errors.ts';
import type { Environment, Instrument } from '../../../shared/market.ts';
import type { UnixMs } from '../../../shared/time.ts';
import type { MissingDay } from '../plan/archive-days.ts';
import type { DownloadProgress } from '../polite/downloads.ts';
import type { ManifestGap } from '../store/manifest.ts';
import type { DayKey, FolderKey } from '../store/paths.ts';
import type { Span } from '../store/spans.ts';
import type { Verification } from '../store/verification.ts';

/** What went wrong: a code of shared/errors.ts, ../store/failures.ts or ../polite/downloads.ts, and words that say what to do. */
export type PortFailure = { readonly code: string; readonly message: string };
export type PortResult<T> = Result<T, PortFailure>;

/** A one-minute candle as it is kept: `volume` in base coin or USD (inverse), `turnover` in quote or base coin (inverse). */
export type Candle = {
  /** ms, a whole minute. */
  readonly start: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly turnover: number;
};

/** A file of lines (../store/recording-sql.ts), of a symbol and a day or less. */
export type LinesFile = {
  readonly files: readonly string[];
  /** What they cover completely. */
  readonly spans: readonly Span[];
  readonly gaps: readonly ManifestGap[];
  /** What was said to be complete before, and is not. */
  readonly missed: readonly Span[];
};

export type ArchiveFile = {
  readonly file: string;
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string | undefined;
  readonly fetchedAt: number;
};

/** Where rows come from. Nothing rejects but for a broken invariant. */
export type HistorySource = {
  readonly environment: Environment;
  /** The exchange's time, as far as it is known. */
  readonly now: () => UnixMs;
  readonly archiveBegan: (instrument: Instrument) => UnixMs;
  /** Is there an archive of this very market? */
  readonly hasArchive: (instrument: Instrument) => boolean;
  /** Days that the archive did not have when it was asked, with when that was. */
  readonly missingDays: (key: FolderKey) => Promise<readonly MissingDay[]>;
  readonly noteMissing: (key: DayKey, at: UnixMs) => Promise<void>;
  /** The archive's file of a day; code not_found when there is none. */
  readonly archive: (key: DayKey, how: FetchManner) => Promise<PortResult<ArchiveFile>>;
  /** The file is used up (`isKept` false), or worth keeping for the next time. */
  readonly dropArchive: (key: DayKey) => Promise<void>;
  /** What was recorded here of a day; undefined when nothing was. */
  readonly recording: (key: DayKey) => Promise<PortResult<LinesFile | undefined>>;
  /** The trades that the exchange still lists, as a file; undefined when they prove nothing. */
  readonly recent: (key: DayKey) => Promise<PortResult<LinesFile | undefined>>;
  /** Closed candles of a span. */
  readonly candles: (instrument: Instrument, span: Span) => Promise<PortResult<readonly Candle[]>>;
};

export type FetchManner = {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DownloadProgress) => void;
};

/** What is kept of a day. */
export type StoredDay = {
  /** What the file of trades covers completely, and what else is known of it. */
  readonly trades: readonly Span[];
  readonly rows: number | undefined;
  readonly bytes: number | undefined;
  readonly isArchive: boolean;
  readonly candles: readonly Span[];
};

/** Where rows are kept. A failure leaves what is there as it was. */
export type DayStore = {
  readonly look: (key: DayKey) => Promise<StoredDay>;
  readonly importArchive: (key: DayKey, file: ArchiveFile) => Promise<PortResult<Verification | null>>;
  readonly appendLines: (
    key: DayKey,
    lines: LinesFile,
    source: 'recording' | 'recent',
    fetchedAt: number,
  ) => Promise<PortResult<null>>;
  /** Something of these spans turned out to be missing: a day that claims any of them, and is not the archive's, is to be made anew. */
  readonly retract: (key: DayKey, spans: readonly Span[]) => Promise<PortResult<null>>;
  readonly writeCandles: (key: DayKey, candles: readonly Candle[]) => Promise<PortResult<null>>;
};
