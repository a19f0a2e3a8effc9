/**
 * Which spans of time the live feed of an instrument's trades has told wholly, by its first trade and its gaps.
 *
 * Whole from the millisecond after the first live trade on: of that millisecond others may have come before it. A gap is
 * a hole from its last trade before to its first trade after, both milliseconds included, until it is healed by trades that
 * were told. A gap before the first trade that was healed moves the beginning back.
 */
import type { GapEvent } from '../../../shared/events/process-events.ts';
import { type Span, united, without } from '../../../shared/spans.ts';

/** Gaps that are told apart; beyond, everything up to the end of the oldest counts as not seen. */
const MAX_GAPS = 1_000;

export class LiveCoverage {
  /** By gap_id. */
  readonly #holes = new Map<string, Span>();
  readonly #healed: Span[] = [];
  #cut = Number.POSITIVE_INFINITY;
  /** The same, but later where so many gaps were told that the oldest are not known apart any more. */
  #from = Number.POSITIVE_INFINITY;
  #spans: readonly Span[] = [];

  /** From when on the feed is whole but for gaps, ms; Infinity before the first live trade. */
  get cut(): number {
    return this.#cut;
  }

  /** What the feed has told; ends with the open span, `to` Infinity. The same list until it changes. */
  get spans(): readonly Span[] {
    return this.#spans;
  }

  /** A live trade came. Answers true for the first, which changes the spans. */
  seen(timestamp: number): boolean {
    if (this.#cut !== Number.POSITIVE_INFINITY) return false;
    this.#cut = timestamp + 1;
    this.#from = this.#cut;
    this.#renew();
    return true;
  }

  /** A gap of this instrument's trades was opened, got its end, was healed or given up. */
  gap(gap: GapEvent): void {
    // A gap that an archive has closed is closed in storage: its trades come as totals, not by the feed.
    if (gap.state === 'healed' && gap.healed_by !== 'archive') {
      this.#holes.delete(gap.gap_id);
      this.#noteHealed(gap);
    } else {
      const from = gap.from?.timestamp ?? Number.NEGATIVE_INFINITY;
      this.#holes.set(gap.gap_id, { from, to: (gap.to?.timestamp ?? Number.POSITIVE_INFINITY) + 1 });
      this.#bound();
    }
    this.#renew();
  }

  /** Forgets what lies before `time`: nobody asks about it any more. */
  forgetBefore(time: number): void {
    for (const [id, { to }] of this.#holes) if (to <= time) this.#holes.delete(id);
    this.#healed.splice(0, this.#healed.length, ...this.#healed.filter(({ to }) => to > time));
    if (this.#from < time) this.#from = time;
    this.#renew();
  }

  #noteHealed({ from, to }: GapEvent): void {
    if (from === null || to === null || from.timestamp >= this.#from) return;
    if (this.#healed.length >= MAX_GAPS) return;
    this.#healed.push({ from: from.timestamp + 1, to: to.timestamp + 1 });
  }

  #bound(): void {
    if (this.#holes.size <= MAX_GAPS) return;
    for (const [id, { to }] of this.#holes) {
      if (to === Number.POSITIVE_INFINITY) continue;
      this.#holes.delete(id);
      this.#from = Math.max(this.#from, to);
      return;
    }
  }

  #renew(): void {
    const feed = { from: this.#from, to: Number.POSITIVE_INFINITY };
    this.#spans = without(united([...this.#healed, feed]), united([...this.#holes.values()]));
  }
}
