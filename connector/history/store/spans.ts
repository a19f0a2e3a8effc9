/** Arithmetic of spans of time (ms, half-open) and of the days that they touch. */
import { DAY_MS, dayStart, utcDateOf } from '../../../shared/day-totals.ts';

/** From `from` up to, but not including, `to`. */
export type Span = { readonly from: number; readonly to: number };

/** A day as a span. */
export function spanOfDay(date: string): Span {
  const from = dayStart(date);
  return { from, to: from + DAY_MS };
}

/** The days that a span touches, ascending. */
export function datesOf({ from, to }: Span): readonly string[] {
  if (!(from < to)) return [];
  const dates: string[] = [];
  for (let at = dayStart(utcDateOf(from)); at < to; at += DAY_MS) dates.push(utcDateOf(at));
  return dates;
}

/** What the two have in common; undefined when that is nothing. */
export function overlap(one: Span, other: Span): Span | undefined {
  const from = Math.max(one.from, other.from);
  const to = Math.min(one.to, other.to);
  return from < to ? { from, to } : undefined;
}

/** The same time in the fewest spans, ascending; empty ones vanish and touching ones become one. */
export function union(spans: readonly Span[]): readonly Span[] {
  const joined: Span[] = [];
  for (const span of spans.filter(({ from, to }) => from < to).toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last !== undefined && span.from <= last.to)
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    else joined.push({ from: span.from, to: span.to });
  }
  return joined;
}

/** What is left of one span, ascending. */
export function without(span: Span, holes: readonly Span[]): readonly Span[] {
  const left: Span[] = [];
  let { from } = span;
  for (const hole of union(holes)) {
    if (hole.to <= from) continue;
    if (hole.from >= span.to) break;
    if (hole.from > from) left.push({ from, to: hole.from });
    from = hole.to;
  }
  if (from < span.to) left.push({ from, to: span.to });
  return left;
}
