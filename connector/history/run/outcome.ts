/** What became of each range that was asked for, and what that means for the process that was asked. */
import { errorCatalogue, exitCodes } from '../../../shared/errors.ts';
import type { Instrument } from '../../../shared/market.ts';
import type { UnixMs } from '../../../shared/time.ts';
import type { Exactness, PlanReason, PlanSource } from '../plan/plan.ts';
import { type DownloadErrorCode, downloadErrors } from '../polite/downloads.ts';
import { storeErrors } from '../store/failures.ts';
import type { Span } from '../store/spans.ts';
import type { Verification } from '../store/verification.ts';

/** Why a source gave nothing. `message` says what is wrong and what to do. */
export type SourceFailure = {
  readonly source: PlanSource;
  readonly code: string;
  readonly message: string;
};

/** A range within one UTC day, after all was done that could be done for it. */
export type RangeOutcome = Instrument &
  Span & {
    readonly date: string;
    /** Where its rows came from in this run; `cache`: they were there before. */
    readonly source: PlanSource;
    readonly exactness: Exactness;
    readonly reason: PlanReason;
    /** Is every trade of it from the exchange's own archive, now or in an earlier run? */
    readonly isArchive: boolean;
    readonly askAgainAt: UnixMs | undefined;
    /** Only of what is not exact: what went wrong on the way to something better. */
    readonly failure: SourceFailure | undefined;
  };

export type DayOutcome = Instrument & {
  readonly date: string;
  readonly ranges: readonly RangeOutcome[];
  /** Of the day's file of trades; undefined when there is none. */
  readonly rows: number | undefined;
  readonly bytes: number | undefined;
  /** What was recorded here, held against the archive that took its place in this run. */
  readonly verification: Verification | undefined;
  /** Also those that cost nothing in the end. */
  readonly failures: readonly SourceFailure[];
};

/** Whoever asked gave it up. */
export const CANCELLED = 'cancelled';

export function stopped(source: PlanSource): SourceFailure {
  return { source, code: CANCELLED, message: 'it was stopped before that: the same call goes on from here' };
}

/** Why what came in this run is there. */
export const given: Readonly<Record<PlanSource, PlanReason>> = {
  cache: 'cached',
  recording: 'recorded',
  archive: 'archived',
  recent: 'newest_trades',
  klines: 'cached',
  none: 'cached',
};

/** Codes that say: the fetched file is not what the archive has. */
export const damages: ReadonlySet<string> = new Set([
  'download_incomplete',
  'checksum_wrong',
  'not_gzip',
  'gzip_damaged',
]);

/** Can the same wish succeed later? */
export function isWorthRepeating(code: string): boolean {
  if (Object.hasOwn(storeErrors, code)) return storeErrors[code as keyof typeof storeErrors].retryable;
  if (Object.hasOwn(errorCatalogue, code))
    return errorCatalogue[code as keyof typeof errorCatalogue].retryable;
  if (Object.hasOwn(downloadErrors, code)) return isDownloadWorthRepeating(code as DownloadErrorCode);
  return false;
}

function isDownloadWorthRepeating(code: DownloadErrorCode): boolean {
  switch (code) {
    case 'not_found':
    case 'too_long':
    case 'refused':
      return false;
    case 'truncated':
    case 'changed':
    case 'not_gzip':
    case 'banned':
    case 'rate_limited':
    case 'timed_out':
    case 'unreachable':
    case 'disk_full':
    case 'write_failed':
    case 'cancelled':
      return true;
  }
}

/** The address is shut out: whatever is asked next makes it longer. */
export function isBan(code: string): boolean {
  return code === 'banned' || code === 'ip_banned' || code === 'region_blocked';
}

/** What shut this address out, if anything did. */
export function banOf(day: DayOutcome): SourceFailure | undefined {
  return day.failures.find(({ code }) => isBan(code));
}

/**
 * 0: all that there is was fetched. 75: something failed, or is not published yet, that the same call can bring later. 65: something is
 * there and cannot be used, or there is nothing at all.
 */
export function exitCodeOf(days: readonly DayOutcome[]): number {
  const ranges = days.flatMap((day) => day.ranges);
  const failed = ranges.flatMap(({ failure }) => failure ?? []);
  if (failed.some(({ code }) => isWorthRepeating(code))) return exitCodes.tryAgain;
  if (failed.length > 0) return exitCodes.dataError;
  if (ranges.some(({ exactness }) => exactness !== 'absent') || ranges.length === 0) return exitCodes.done;
  return ranges.some(({ askAgainAt, reason }) => askAgainAt !== undefined || reason === 'not_yet')
    ? exitCodes.tryAgain
    : exitCodes.dataError;
}
