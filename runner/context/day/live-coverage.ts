/**
 * Which spans of time the live feed of an instrument's trades has told wholly, by its first trade and its gaps.
 *
 * Whole from the millisecond after the first live trade on: of that millisecond others may have come before it. A gap is
 * a hole (trade-holes.ts), until it is healed by trades that were told. A gap before the first trade that was healed moves the
 * beginning back.
 */
import type { GapEvent } from '../../../shared/events/process-events.ts';
import { type Span, united, without } from '../../../shared/spans.ts';
import { TradeHoles, wasTold } from '../trade-holes.ts';

/** Healed gaps before the first trade that are remembered. */
const MAX_HEALED = 1_000;

export class LiveCoverage {
  readonly #holes = new TradeHoles();
  readonly #healed: Span[] = [];
  #cut = Number.POSITIVE_INFINITY;
  /** The same, or later: what lies before is not asked about any more. */
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

  /** A live trade came. Answers true when it changes the spans: the first one does, and the one after a gap that is lost without an end. */
  seen(timestamp: number): boolean {
    const isFirst = this.#cut === Number.POSITIVE_INFINITY;
    if (!isFirst && !this.#holes.isBlind) return false;
    const endsHole = this.#holes.seen(timestamp) !== undefined;
    if (isFirst) {
      this.#cut = timestamp + 1;
      this.#from = this.#cut;
    }
    if (isFirst || endsHole) this.#renew();
    return isFirst || endsHole;
  }

  /** A gap of this instrument's trades was opened, got its end, was healed or given up. */
  gap(gap: GapEvent): void {
    this.#holes.gap(gap);
    if (wasTold(gap)) this.#noteHealed(gap);
    this.#renew();
  }

  /** Forgets what lies before `time`: nobody asks about it any more. */
  forgetBefore(time: number): void {
    this.#holes.forgetBefore(time);
    this.#healed.splice(0, this.#healed.length, ...this.#healed.filter(({ to }) => to > time));
    if (this.#from < time) this.#from = time;
    this.#renew();
  }

  #noteHealed({ from, to }: GapEvent): void {
    if (from === null || to === null || from.timestamp >= this.#from) return;
    if (this.#healed.length >= MAX_HEALED) return;
    this.#healed.push({ from: from.timestamp + 1, to: to.timestamp + 1 });
  }

  #renew(): void {
    const { spans, floor } = this.#holes;
    const feed = { from: Math.max(this.#from, floor), to: Number.POSITIVE_INFINITY };
    this.#spans = without(united([...this.#healed, feed]), united(spans));
  }
}
