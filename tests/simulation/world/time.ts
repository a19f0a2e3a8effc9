/**
 * Time in the simulation: a queue of what is to happen, and a clock that jumps from one to the next.
 *
 * Two things of one moment happen in the order in which they were planned, so a run is a function of its seed. What rests on
 * promises (questions over HTTP, the store) says so by `settle`: then everything that has become possible happens
 * before time goes on.
 */

import { type Clock, type Millis, monoMs, unixMicros, unixMs } from '../../../shared/time.ts';
import { WallClock } from '../../../shared/wall-clock.ts';

/** Takes something that was planned back. */
export type Cancel = () => void;

type Planned = { readonly at: number; readonly order: number; run: (() => void) | undefined };

const WALL_AT_START = 1_750_000_000_000;

export class VirtualTime {
  /** Binary heap: the next one first. */
  readonly #heap: Planned[] = [];
  #now = 0;
  #planned = 0;
  #wallOffMs = 0;
  #isUnsettled = false;
  /** How many things have happened. */
  happened = 0;

  /** Milliseconds since the beginning of the run. */
  get now(): Millis {
    return this.#now;
  }

  /** The time of day, which is also the exchange's, ms since 1970. */
  get trueWall(): number {
    return WALL_AT_START + this.#now;
  }

  /** What the wall clock of the machine shows. */
  get wall(): number {
    return WALL_AT_START + this.#now + this.#wallOffMs;
  }

  /** Puts the wall clock of the machine off by so much: no time passes. */
  setWall(offMs: Millis): void {
    this.#wallOffMs = offMs;
  }

  after(ms: Millis, run: () => void): Cancel {
    return this.at(this.#now + Math.max(0, ms), run);
  }

  at(at: Millis, run: () => void): Cancel {
    const planned: Planned = { at: Math.max(at, this.#now), order: this.#planned, run };
    this.#planned += 1;
    this.#push(planned);
    return () => {
      planned.run = undefined;
    };
  }

  every(ms: Millis, run: () => void): Cancel {
    let cancel: Cancel = () => undefined;
    const next = (): void => {
      cancel = this.after(ms, () => {
        next();
        run();
      });
    };
    next();
    return () => cancel();
  }

  /** A promise may have become settled: its followers run before anything else happens. */
  settle(): void {
    this.#isUnsettled = true;
  }

  /** Lets everything happen that is planned up to this moment. */
  async runUntil(end: Millis): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#pop();
      if (next.run === undefined) continue;
      this.#now = next.at;
      this.happened += 1;
      next.run();
      if (this.#isUnsettled) await this.#settled();
    }
    this.#now = Math.max(this.#now, end);
  }

  /** All followers of settled promises run before the loop's next turn. */
  async #settled(): Promise<void> {
    this.#isUnsettled = false;
    await new Promise((resolve) => setImmediate(resolve));
  }

  #push(planned: Planned): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(planned);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, planned)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = planned;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      let below = heap[child];
      if (below === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, below)) {
        child += 1;
        below = right;
      }
      if (isBefore(last, below)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** The clocks of one process, as shared/io/clock.ts builds them from the system's. */
export function processClock(
  time: VirtualTime,
  sleptAfterMs: Millis,
  onDrift: (driftMs: Millis) => void,
): Clock {
  const read = () => ({ wallMs: Math.floor(time.wall), monoMs: time.now });
  const wall = new WallClock(read(), sleptAfterMs);
  return {
    unixMs: () => unixMs(Math.floor(time.wall)),
    monoMs: () => monoMs(time.now),
    unixMicros: () => {
      if (wall.needsAnchor(time.now)) {
        const drift = wall.anchor(read());
        if (Math.abs(drift) > sleptAfterMs) onDrift(drift);
      }
      return unixMicros(wall.micros(time.now));
    },
  };
}
