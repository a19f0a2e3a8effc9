/**
 * The candles of one topic on raced sockets: each closed one once, by whoever brings it first.
 *
 * Every socket tells its own gaps and has them read again. A gap is told on only where no other socket brought what is missing.
 */
import type { UnnumberedEvent } from '../../../shared/events/event.ts';
import type { KlineEvent } from '../../../shared/events/market-events.ts';
import type { GapEvent } from '../../../shared/events/process-events.ts';
import type { Interval } from '../../../shared/market.ts';
import { neighbourStart } from '../feeds/candle-times.ts';

/** Closed candles that are remembered; one that is older and comes again is told again. */
const REMEMBERED = 1_500;

export class RacedCandles {
  readonly #interval: Interval;
  readonly #emit: (event: UnnumberedEvent) => void;
  /** Starts of closed candles that were told, in the order in which they were. */
  readonly #closed = new Set<number>();
  /** The newest push of the newest candle. */
  #newest: KlineEvent | undefined;
  /** Gaps that were told and have no end yet: by id, where they begin. */
  readonly #gaps = new Map<string, string>();

  constructor(interval: Interval, emit: (event: UnnumberedEvent) => void) {
    this.#interval = interval;
    this.#emit = emit;
  }

  data(candle: KlineEvent): void {
    const { start, closed, timestamp } = candle;
    if (this.#closed.has(start)) return;
    if (closed) {
      this.#closed.add(start);
      const [oldest] = this.#closed;
      if (this.#closed.size > REMEMBERED && oldest !== undefined) this.#closed.delete(oldest);
    } else if (this.#newest !== undefined) {
      const isNews =
        start > this.#newest.start || (start === this.#newest.start && timestamp > this.#newest.timestamp);
      if (!isNews) return;
    }
    if (this.#newest === undefined || start >= this.#newest.start) this.#newest = candle;
    this.#emit(candle);
  }

  gap(gap: GapEvent): void {
    const { gap_id: id, from, state, to } = gap;
    if (!this.#gaps.has(id)) {
      if (from === null || this.#isKnown(from.id)) return;
      this.#gaps.set(id, from.id);
    }
    this.#emit(gap);
    if (state !== 'open' || to !== null) this.#forgetLater(id, state);
  }

  /** What is missing after this place was brought by another socket, or is told as missing already. */
  #isKnown(from: string): boolean {
    const first = neighbourStart(this.#interval, Number(from), 1);
    return this.#closed.has(first) || [...this.#gaps.values()].includes(from);
  }

  /** A gap that has its end may still be healed. */
  #forgetLater(id: string, state: GapEvent['state']): void {
    const [oldest] = this.#gaps.keys();
    if (state !== 'open') this.#gaps.delete(id);
    else if (this.#gaps.size > 100 && oldest !== undefined) this.#gaps.delete(oldest);
  }
}
