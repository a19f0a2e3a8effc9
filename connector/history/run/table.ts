/** The outcome of a run as a table for people: one line for each stretch of days that fared alike. */

import { DAY_MS } from '../../../shared/day-totals.ts';
import { instrumentKey } from '../../../shared/market.ts';
import { reasonWords } from '../plan/plan.ts';
import type { DayOutcome, RangeOutcome } from './outcome.ts';

type Line = { readonly first: RangeOutcome; readonly to: number; readonly rows: number | undefined };

/** `isPlan`: nothing was done. */
export function outcomeTable(days: readonly DayOutcome[], isPlan = false): string {
  const lines: Line[] = [];
  for (const day of days) {
    for (const range of day.ranges) {
      const rows = day.ranges.length === 1 && !isPlan ? day.rows : undefined;
      const last = lines.at(-1);
      if (last !== undefined && goesOn(last, range))
        lines[lines.length - 1] = { ...last, to: range.to, rows: sum(last.rows, rows) };
      else lines.push({ first: range, to: range.to, rows });
    }
  }
  const head = [
    'instrument',
    'from',
    'to',
    'source',
    'exactness',
    'rows',
    isPlan ? 'why' : 'what came of it',
  ];
  return aligned([head, ...lines.map(cells)]);
}

function goesOn({ first, to }: Line, range: RangeOutcome): boolean {
  return (
    instrumentKey(first) === instrumentKey(range) &&
    to === range.from &&
    range.from % DAY_MS === 0 &&
    first.source === range.source &&
    first.exactness === range.exactness &&
    words(first) === words(range)
  );
}

function cells({ first, to, rows }: Line): readonly string[] {
  const { source, exactness } = first;
  return [
    instrumentKey(first),
    timeText(first.from),
    timeText(to),
    source,
    exactness,
    rows === undefined ? '' : rows.toLocaleString('en-US'),
    words(first),
  ];
}

/** Why a range is what it is. */
export function words({ failure, reason, exactness, askAgainAt, source }: RangeOutcome): string {
  if (failure !== undefined) return `failed: ${failure.message}`;
  if (exactness === 'exact') return source === 'cache' ? 'was there' : reasonWords[reason];
  const again = askAgainAt === undefined ? '' : `; ask again from ${timeText(askAgainAt)} on`;
  return `${reasonWords[reason]}${again}`;
}

/** UTC; whole days without a time of day. */
export function timeText(at: number): string {
  const text = new Date(at).toISOString();
  if (at % DAY_MS === 0) return text.slice(0, 10);
  return at % 1_000 === 0 ? `${text.slice(0, 19)}Z` : text;
}

function sum(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined && other === undefined ? undefined : (one ?? 0) + (other ?? 0);
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const isNumber = (column: number): boolean => rows[0]?.[column] === 'rows';
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}
