/**
 * The newest stored trades of a span, a part at a time. Pure.
 *
 * A part is a list of trades, the newest first, that ends with a whole millisecond: whatever of it is told, nothing between its trades is left
 * out, and whoever asks for what is older names a time and no trade.
 */
import type { Manifest } from '../store/manifest.ts';
import { isFromArchive } from '../store/merge.ts';
import { type Span, union, without } from '../store/spans.ts';
import type { TradeRow } from '../store/verification.ts';

export type Part = {
  /** The newest first. */
  readonly rows: readonly TradeRow[];
  /** There are older ones in the span. */
  readonly more: boolean;
};

export const noRows: Part = { rows: [], more: false };

/** What is left of a part when `want` trades and those of the last one's millisecond are enough. */
export function cutToMoments({ rows, more }: Part, want: number): Part {
  const last = rows[want - 1];
  if (last === undefined) return { rows, more };
  let end = want;
  while (rows[end]?.timestamp === last.timestamp) end += 1;
  return { rows: rows.slice(0, end), more: more || end < rows.length };
}

/**
 * The trades of a day's file and those of the recording as one part, each id once, in the order of the store (store/recording-sql.ts): by time,
 * by sequence where there is one, those of the file before those of the recording.
 */
export function joinParts(file: Part, recording: Part): Part {
  const floor = Math.max(floorOf(file), floorOf(recording));
  const inFile = file.rows.filter(({ timestamp }) => timestamp >= floor);
  const known = new Set(inFile.map(({ id }) => id));
  const more = recording.rows.filter(({ timestamp, id }) => timestamp >= floor && !known.has(id));
  const inOrder = [...inFile.toReversed(), ...more.toReversed()].toSorted(byOrder);
  return { rows: inOrder.toReversed(), more: file.more || recording.more };
}

/** Nothing is known of what is older than this. */
function floorOf({ rows, more }: Part): number {
  return more ? (rows.at(-1)?.timestamp ?? Number.POSITIVE_INFINITY) : Number.NEGATIVE_INFINITY;
}

/** Stable: of one time and sequence the order of the lists stays. */
export function byOrder(one: TradeRow, other: TradeRow): number {
  return one.timestamp - other.timestamp || orderOf(one) - orderOf(other);
}

function orderOf({ seq }: TradeRow): number {
  return seq ?? Number.MAX_SAFE_INTEGER;
}

/** What of a day was recorded completely, what was claimed and taken back, and what could not be read. */
export type RecordedSpans = {
  readonly spans: readonly Span[];
  readonly missed: readonly Span[];
  readonly bad: readonly Span[];
};

/** What of a day is stored completely. The archive's file is whole; what a recording takes back counts in any other. */
export function storedSpans(manifest: Manifest | undefined, recorded: RecordedSpans): readonly Span[] {
  if (manifest !== undefined && isFromArchive(manifest)) return union(manifest.spans);
  const inFile = (manifest?.spans ?? []).flatMap((span) => without(span, recorded.missed));
  return union([...inFile, ...recorded.spans.flatMap((span) => without(span, recorded.bad))]);
}
