/**
 * The gaps of one instrument's trades as holes in time: from the last trade before to the first one after, both milliseconds
 * included, until a gap was healed by trades that were told.
 */
import type { GapEvent } from '../../shared/events/process-events.ts';
import type { Span } from '../../shared/spans.ts';

/** Gaps that are told apart; beyond, everything up to the end of the oldest counts as not seen. */
const MAX_HOLES = 1_000;

/** Healed by trades that came. What an archive closes is closed in storage: none of its trades is told. */
export function wasTold({ state, healed_by }: GapEvent): boolean {
  return state === 'healed' && healed_by !== 'archive';
}

export class TradeHoles {
  /** By gap_id, or a name of our own. */
  readonly #holes = new Map<string, Span>();
  /** From here on nothing is known, until the next live trade. */
  #blindFrom: number | undefined;
  #blindEnds = 0;
  #floor = Number.NEGATIVE_INFINITY;

  /** A gap was lost without an end, which will never be told: the next live trade is to be handed to `seen`. */
  get isBlind(): boolean {
    return this.#blindFrom !== undefined;
  }

  /** Before it nothing counts as seen, since holes were forgotten. */
  get floor(): number {
    return this.#floor;
  }

  /** In no order. One without an end has `to` Infinity. */
  get spans(): readonly Span[] {
    const spans = [...this.#holes.values()];
    if (this.#blindFrom !== undefined) spans.push({ from: this.#blindFrom, to: Number.POSITIVE_INFINITY });
    return spans;
  }

  /** Does a hole touch the time from `from` to `last`, both included? */
  touch(from: number, last: number): boolean {
    if (from < this.#floor || (this.#blindFrom !== undefined && last >= this.#blindFrom)) return true;
    for (const hole of this.#holes.values()) if (from < hole.to && last >= hole.from) return true;
    return false;
  }

  /** A gap of this instrument's trades, in whatever state. Answers from when on that may change something. */
  gap(gap: GapEvent): number {
    const { gap_id, state, to } = gap;
    const from = gap.from?.timestamp ?? Number.NEGATIVE_INFINITY;
    const since = Math.min(from, this.#holes.get(gap_id)?.from ?? from);
    if (wasTold(gap)) this.#holes.delete(gap_id);
    else if (state === 'lost' && to === null) {
      this.#holes.delete(gap_id);
      this.#blindFrom = Math.min(since, this.#blindFrom ?? since);
    } else this.#add(gap_id, { from, to: (to?.timestamp ?? Number.POSITIVE_INFINITY) + 1 });
    return since;
  }

  /** A live trade came: the end of what is lost without one. Answers from when on that changed something; undefined when it did not. */
  seen(timestamp: number): number | undefined {
    const from = this.#blindFrom;
    // One that is late says nothing of what came after.
    if (from === undefined || timestamp < from) return undefined;
    this.#blindFrom = undefined;
    this.#blindEnds += 1;
    // No gap_id begins with a space.
    this.#add(` blind ${this.#blindEnds}`, { from, to: timestamp + 1 });
    return from;
  }

  /** Forgets what lies before `time`: nobody asks about it any more. */
  forgetBefore(time: number): void {
    for (const [id, { to }] of this.#holes) if (to <= time) this.#holes.delete(id);
  }

  #add(id: string, hole: Span): void {
    this.#holes.set(id, hole);
    if (this.#holes.size <= MAX_HOLES) return;
    for (const [oldest, { to }] of this.#holes) {
      if (to === Number.POSITIVE_INFINITY) continue;
      this.#holes.delete(oldest);
      this.#floor = Math.max(this.#floor, to);
      return;
    }
  }
}
