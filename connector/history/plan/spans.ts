/** Lists of stretches of time, as the plan cuts them. All are tidy (`union` of ../store/spans.ts), and so are the answers. */
import { DAY_MS, dayStart, utcDateOf } from '../../../shared/day-totals.ts';
import { overlap, type Span, without as withoutHoles } from '../store/spans.ts';

/** What lies in both. */
export function shared(ones: readonly Span[], others: readonly Span[]): readonly Span[] {
  return ones.flatMap((one) => others.flatMap((other) => overlap(one, other) ?? []));
}

/** What of the first lies outside of the second. */
export function without(ones: readonly Span[], others: readonly Span[]): readonly Span[] {
  return ones.flatMap((one) => withoutHoles(one, others));
}

/** The UTC day of a moment. */
export function dayOf(at: number): Span & { readonly date: string } {
  const date = utcDateOf(at);
  const from = dayStart(date);
  return { from, to: from + DAY_MS, date };
}
