/** Lists of stretches of time, as the plan cuts them. All are tidy (`union` of ../store/spans.ts), and so are the answers. */
import { DAY_MS, dayStart, utcDateOf } from '../../../shared/day-totals.ts';
import { overlap, type Span } from '../store/spans.ts';

export { without } from '../../../shared/spans.ts';

/** What lies in both. */
export function shared(ones: readonly Span[], others: readonly Span[]): readonly Span[] {
  return ones.flatMap((one) => others.flatMap((other) => overlap(one, other) ?? []));
}

/** The UTC day of a moment. */
export function dayOf(at: number): Span & { readonly date: string } {
  const date = utcDateOf(at);
  const from = dayStart(date);
  return { from, to: from + DAY_MS, date };
}
