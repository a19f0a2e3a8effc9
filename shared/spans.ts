/** Spans of time: half-open, `from` is in them and `to` is not. Lists of them are ascending and do not touch. */

/** ms since 1970. */
export type Span = { readonly from: number; readonly to: number };

/** All that is in any of them. */
export function united(spans: readonly Span[]): readonly Span[] {
  const result: { from: number; to: number }[] = [];
  for (const { from, to } of spans
    .filter((span) => span.from < span.to)
    .toSorted((a, b) => a.from - b.from)) {
    const last = result[result.length - 1];
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else result.push({ from, to });
  }
  return result;
}

/** What is left of a list when the holes, a list too, are cut out. */
export function without(spans: readonly Span[], holes: readonly Span[]): readonly Span[] {
  const result: Span[] = [];
  let next = 0;
  for (const { from, to } of spans) {
    let start = from;
    while (next < holes.length && (holes[next]?.to ?? 0) <= start) next += 1;
    for (let at = next; at < holes.length; at += 1) {
      const hole = holes[at];
      if (hole === undefined || hole.from >= to) break;
      if (hole.from > start) result.push({ from: start, to: hole.from });
      start = Math.max(start, hole.to);
    }
    if (start < to) result.push({ from: start, to });
  }
  return result;
}

/** What of a list is inside a span. */
export function within(spans: readonly Span[], { from, to }: Span): readonly Span[] {
  return spans
    .map((span) => ({ from: Math.max(span.from, from), to: Math.min(span.to, to) }))
    .filter((span) => span.from < span.to);
}

/** Is the whole span in the list? */
export function isWithin({ from, to }: Span, spans: readonly Span[]): boolean {
  return from >= to || spans.some((span) => span.from <= from && span.to >= to);
}

/** Is any moment in both? */
export function overlaps(a: readonly Span[], b: readonly Span[]): boolean {
  return a.some((span) => within(b, span).length > 0);
}

/** Is this moment in the list? Quick for the few spans that there are. */
export function holds(spans: readonly Span[], at: number): boolean {
  for (let place = spans.length - 1; place >= 0; place -= 1) {
    const span = spans[place];
    if (span !== undefined && at >= span.from) return at < span.to;
  }
  return false;
}

/** At most `most` of them, which hold all of the list: those with the least between them become one. */
export function coarsened(spans: readonly Span[], most: number): readonly Span[] {
  if (spans.length <= most) return spans;
  const between = (at: number): number => (spans[at]?.from ?? 0) - (spans[at - 1]?.to ?? 0);
  const kept = new Set(
    spans
      .map((_, at) => at)
      .slice(1)
      .toSorted((one, other) => between(other) - between(one))
      .slice(0, most - 1),
  );
  const result: { from: number; to: number }[] = [];
  for (const [at, { from, to }] of spans.entries()) {
    const last = result[result.length - 1];
    if (last === undefined || kept.has(at)) result.push({ from, to });
    else last.to = to;
  }
  return result;
}
