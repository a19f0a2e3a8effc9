/** Puts the lines together in which the sums of a span travel (shared/events/history-events.ts, `day_totals`). */
import type { DayTotalsEvent } from '../../shared/events/history-events.ts';
import type { StoredPart } from '../context/day/stored-part.ts';

type Begun = {
  readonly first: DayTotalsEvent;
  readonly bins: DayTotalsEvent['totals']['bins'][number][];
  next: number;
};

export class TotalsParts {
  readonly #begun = new Map<string, Begun>();

  /** Answers the whole when this was the last part. Parts that do not follow on each other are forgotten: nothing half is answered. */
  add(event: DayTotalsEvent): StoredPart | undefined {
    const { part, parts, totals } = event;
    const key = keyOf(event);
    const begun: Begun | undefined = part === 1 ? { first: event, bins: [], next: 1 } : this.#begun.get(key);
    if (begun === undefined || part !== begun.next || parts !== begun.first.parts) {
      this.#begun.delete(key);
      return undefined;
    }
    for (const bin of totals.bins) begun.bins.push(bin);
    begun.next += 1;
    if (part < parts) {
      this.#begun.set(key, begun);
      return undefined;
    }
    this.#begun.delete(key);
    const { first, bins } = begun;
    return { totals: { ...first.totals, bins }, spans: first.spans, edges: first.edges };
  }
}

function keyOf({ totals: { category, symbol, date }, spans }: DayTotalsEvent): string {
  return `${category}:${symbol} ${date} ${spans[0]?.from ?? ''}`;
}
