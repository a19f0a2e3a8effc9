/**
 * May the archive have the file of a day, and is it worth asking for? And which environments have an archive at all.
 *
 * A day's file appears during the next day, at no fixed hour (bybit-v5.md 7.6), so a 404 means "not published yet" for three days.
 * It counts as "there is none" only when it was said after those: one that was seen earlier is asked for once more.
 */
import type { HistoryPolicy } from '../../../shared/history-policy.ts';
import type { Environment } from '../../../shared/market.ts';
import { type UnixMs, unixMs } from '../../../shared/time.ts';
import type { Span } from '../store/spans.ts';

/** The archive answered 404 for this day, last at `at` (our clock). */
export type MissingDay = { readonly date: string; readonly at: UnixMs };

export type ArchiveKnowledge = {
  /** Is an address known whose files are of this very market and symbol (`urlOfDay` of ../polite/io/polite.ts)? */
  readonly hasArchive: boolean;
  /** The archive has nothing from before. */
  readonly archiveBegan: UnixMs;
  readonly missingDays: readonly MissingDay[];
};

type KnownNow = ArchiveKnowledge & { readonly environment: Environment; readonly now: UnixMs };

export type ArchiveOfDay =
  | { readonly kind: 'there' }
  | {
      readonly kind: 'missing';
      readonly reason:
        | 'no_archive'
        | 'before_archive'
        | 'day_not_over'
        | 'archive_not_published'
        | 'archive_has_none';
      readonly askAgainAt: UnixMs | undefined;
    };

/**
 * Does an environment's market have an archive? Testnet's trades are published nowhere, and mainnet's files under its name would be
 * prices of another market.
 *
 * Demo and paper trading listen to mainnet's stream, so mainnet's files hold exactly what they saw. They keep a partition of their own
 * all the same: nobody promises that demo's data stay mainnet's, their addresses can be overridden one by one, and a wrong row
 * in a partition that two environments share would reach the context that trades money. The price is a day that is fetched twice.
 * The simulated exchange serves an archive of its own.
 */
export function archivesExistFor(environment: Environment): boolean {
  return environment !== 'testnet';
}

export function archiveOfDay(
  { environment, now, hasArchive, archiveBegan, missingDays }: KnownNow,
  day: Span & { readonly date: string },
  policy: HistoryPolicy['plan'],
): ArchiveOfDay {
  const missing = (
    reason: Extract<ArchiveOfDay, { kind: 'missing' }>['reason'],
    askAgainAt?: UnixMs,
  ): ArchiveOfDay => ({ kind: 'missing', reason, askAgainAt });
  if (!hasArchive || !archivesExistFor(environment)) return missing('no_archive');
  if (day.to <= archiveBegan) return missing('before_archive');
  if (day.to > now) return missing('day_not_over', unixMs(day.to));
  // Of several the latest; one from the future is a clock that was set back since, and says nothing.
  const told = missingDays.filter(({ date, at }) => date === day.date && at <= now).map(({ at }) => at);
  if (told.length === 0) return { kind: 'there' };
  const at = Math.max(...told);
  if (at >= day.to + policy.publishedWithinMs) return missing('archive_has_none');
  const again = unixMs(at + policy.askAgainMs);
  return now < again ? missing('archive_not_published', again) : { kind: 'there' };
}
