/** Arithmetic of spans of time (ms, half-open) and of the days that they touch. */
import { DAY_MS, dayStart, utcDateOf } from '../../../shared/day-totals.ts';
import { type Span, united, without as withoutHoles } from '../../../shared/spans.ts';

export type { Span };

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
export const union = united;

/** What is left of one span, ascending. */
export function without(span: Span, holes: readonly Span[]): readonly Span[] {
  return withoutHoles([span], united(holes));
}
