/** Stretches of time as lists: half-open, sorted, apart from each other. Milliseconds of the exchange's clock. */
import { type Millis, type UnixMs, unixMs } from '../../../shared/time.ts';

/** `from` belongs to it, `to` does not. */
export type Span = { readonly from: UnixMs; readonly to: UnixMs };

const DAY: Millis = 86_400_000;

/** In order, none empty, none that touches the next. Takes any list. */
export function tidySpans(spans: readonly Span[]): readonly Span[] {
  const sorted = spans.filter(({ from, to }) => from < to).toSorted((one, other) => one.from - other.from);
  const tidy: Span[] = [];
  for (const span of sorted) {
    const last = tidy.at(-1);
    if (last === undefined || span.from > last.to) tidy.push(span);
    else if (span.to > last.to) tidy[tidy.length - 1] = { from: last.from, to: span.to };
  }
  return tidy;
}

/** What lies in both. Both lists are tidy, and so is the answer. */
export function shared(ones: readonly Span[], others: readonly Span[]): readonly Span[] {
  return ones.flatMap((one) =>
    others
      .filter((other) => other.from < one.to && one.from < other.to)
      .map((other) => ({
        from: unixMs(Math.max(one.from, other.from)),
        to: unixMs(Math.min(one.to, other.to)),
      })),
  );
}

/** What of the first lies outside of the second. Both lists are tidy, and so is the answer. */
export function without(ones: readonly Span[], others: readonly Span[]): readonly Span[] {
  const left: Span[] = [];
  for (const one of ones) {
    let from = one.from;
    for (const other of others) {
      if (other.to <= from || other.from >= one.to) continue;
      if (other.from > from) left.push({ from, to: other.from });
      from = other.to;
    }
    if (from < one.to) left.push({ from, to: one.to });
  }
  return left;
}

/** The UTC day of a moment. */
export function dayOf(at: number): Span & { readonly date: string } {
  const from = Math.floor(at / DAY) * DAY;
  return {
    from: unixMs(from),
    to: unixMs(from + DAY),
    date: new Date(from).toISOString().slice(0, 10),
  };
}
