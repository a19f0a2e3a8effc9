/**
 * Which spans of an instrument's trades were seen whole, so that a sum over a span can say whether it lacks something.
 *
 * Seen is what was traded after the first live trade, since only that proves by the exchange's own clock since when we listen,
 * less the gaps that are not healed. The same rule as that of candles. A gap that an archive has closed stays one here: its trades
 * are in storage, nobody adds them.
 */
import type { GapEvent } from '../../../shared/events/process-events.ts';

/** Gaps that are told apart; beyond, everything up to the end of the oldest counts as not seen. */
const MAX_GAPS = 1_000;

/** Times of the last trade before a gap and of the first after it. */
type Span = { readonly from: number; readonly to: number };

/** Was everything of a span seen? Both ends, in ms, are part of it. */
export type IsWhole = (from: number, to: number) => boolean;

export class SeenSpans {
  readonly #gaps = new Map<string, Span>();
  #from = Number.POSITIVE_INFINITY;

  /** A live trade came. Of the millisecond of the first one others may have come before it. */
  live(timestamp: number): void {
    if (this.#from === Number.POSITIVE_INFINITY) this.#from = timestamp + 1;
  }

  /** From elsewhere it is known that everything from this moment on was added, up to where live trades or a gap begin. */
  knownFrom(timestamp: number): void {
    this.#from = Math.min(this.#from, timestamp);
  }

  /** A gap of the trades was opened, got its end, or was healed. */
  gap(gap: GapEvent): void {
    if (gap.state === 'healed' && gap.healed_by !== 'archive') {
      this.#gaps.delete(gap.gap_id);
      return;
    }
    this.#note(gap.gap_id, {
      from: gap.from?.timestamp ?? Number.NEGATIVE_INFINITY,
      to: gap.to?.timestamp ?? Number.POSITIVE_INFINITY,
    });
  }

  /** A trade of this second was not added. */
  missedAt(timestamp: number): void {
    const from = timestamp - (timestamp % 1_000);
    this.#note(`second ${from}`, { from, to: from + 999 });
  }

  /** Was everything from `from` to `to`, both included, seen? The ends of a gap count to it: of their millisecond others may be missing. */
  isWhole(from: number, to: number): boolean {
    if (from < this.#from) return false;
    for (const gap of this.#gaps.values()) if (from <= gap.to && to >= gap.from) return false;
    return true;
  }

  #note(id: string, span: Span): void {
    this.#gaps.set(id, span);
    if (this.#gaps.size > MAX_GAPS) this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const [id, { to }] of this.#gaps) {
      if (to === Number.POSITIVE_INFINITY) continue;
      this.#gaps.delete(id);
      this.#from = Math.max(this.#from, to + 1);
      return;
    }
  }
}
