/**
 * How what is told of a day adds up: which file stays, which spans are covered, what is still missing, who gave the rows.
 *
 * The exchange's archive is the authority: it replaces whatever was there, and nothing is added to it. Recordings and the
 * exchange's newest trades add up until it comes.
 */
import type { Manifest, ManifestGap, ManifestSource } from './manifest.ts';
import { overlap, type Span, spanOfDay, union, without } from './spans.ts';
import type { Trust } from './trust.ts';

/** What rows of a recording do to a day's file: there is none, it grows, or the archive's stays as it is. */
export type Growth =
  | { readonly kind: 'new' }
  | { readonly kind: 'grow'; readonly manifest: Manifest }
  | { readonly kind: 'keep'; readonly manifest: Manifest };

export function growthOf(trust: Trust): Growth {
  if (trust.kind !== 'trusted') return { kind: 'new' };
  const { manifest } = trust;
  return isFromArchive(manifest) ? { kind: 'keep', manifest } : { kind: 'grow', manifest };
}

export function isFromArchive(manifest: Pick<Manifest, 'sources'>): boolean {
  return manifest.sources.some(({ source }) => source === 'archive');
}

/** What is covered completely and what is missing. */
export type Coverage = Pick<Manifest, 'spans' | 'gaps'>;

export const emptyCoverage: Coverage = { spans: [], gaps: [] };

/** The whole day, without a gap: what an archive file of it says. */
export function wholeDay(date: string): Coverage {
  return { spans: [{ ...spanOfDay(date), exactness: 'exact' }], gaps: [] };
}

/** Both together, within the day. What one of them covers completely is no gap of the other. */
export function addCoverage(date: string, one: Coverage, other: Coverage): Coverage {
  const day = spanOfDay(date);
  const within = (span: Span): readonly Span[] => {
    const common = overlap(span, day);
    return common === undefined ? [] : [common];
  };
  const covered = union([...one.spans, ...other.spans].flatMap(within));
  const causes = new Map<string, readonly Span[]>();
  for (const { from, to, cause } of [...one.gaps, ...other.gaps])
    causes.set(cause, [...(causes.get(cause) ?? []), ...within({ from, to })]);
  const gaps: ManifestGap[] = [...causes].flatMap(([cause, spans]) =>
    union(spans)
      .flatMap((span) => without(span, covered))
      .map(({ from, to }) => ({ from, to, cause })),
  );
  return {
    spans: covered.map(({ from, to }) => ({ from, to, exactness: 'exact' })),
    gaps: gaps.toSorted((a, b) => a.from - b.from || a.to - b.to || (a.cause < b.cause ? -1 : 1)),
  };
}

/** One entry a source: its rows add up, the latest fetch counts. An entry is there also when it gave no row that was new. */
export function addSource(list: readonly ManifestSource[], more: ManifestSource): readonly ManifestSource[] {
  const before = list.find(({ source }) => source === more.source);
  if (before === undefined) return [...list, more];
  const both: ManifestSource = { ...more, rows: before.rows + more.rows, bytes: null, sha256: null };
  return list.map((entry) => (entry === before ? both : entry));
}
