/**
 * What waits for the worker of one strategy: batches in order, within a bound.
 *
 * The feed never waits for a strategy. When it falls 20,000 events behind, new events are dropped and counted until half of
 * that has been worked off (not one by one, which would make a gap of every second event); then a gap is told at the very
 * place, and the events go on after it.
 */
import type { MonoMs } from '../../shared/time.ts';
import { BatchWriter } from './batch-writer.ts';
import { MAX_BATCH, type Offered } from './messages.ts';
import { slowGap } from './own-gaps.ts';

/** Some 4 s of a very busy market. */
export const MAX_WAITING = 20_000;

export type Batch = {
  readonly events: BatchWriter;
  /** When its first event was offered. */
  readonly since: MonoMs;
};

export class BatchQueue {
  readonly #limit: number;
  #batches: Batch[] = [];
  /** One that was worked off, to be filled anew. */
  #spare: BatchWriter | undefined;
  #waiting = 0;
  #isDropping = false;
  #droppedNow = 0;
  #droppedFrom: number | null = null;
  #dropped = 0;

  constructor(limit = MAX_WAITING) {
    this.#limit = limit;
  }

  /** Adds an event, or drops it when too many wait. Answers true when dropping begins. */
  offer(event: Offered, now: MonoMs): boolean {
    // It says whether anything may be acted upon, and comes seldom: never dropped.
    if (!('type' in event) && event.kind === 'gate') {
      this.#add(event, now);
      return false;
    }
    const begins = !this.#isDropping && this.#waiting >= this.#limit;
    if (begins) this.#isDropping = true;
    else if (this.#isDropping && this.#waiting <= this.#limit / 2) this.#resume(event, now);
    if (this.#isDropping) this.#drop(event);
    else this.#add(event, now);
    return begins;
  }

  /** A message that must reach the worker before everything that waits. */
  offerFirst(event: Offered, now: MonoMs): void {
    this.#batches.unshift({ events: this.#begin(event), since: now });
    this.#waiting += 1;
  }

  /** The oldest batch; undefined when nothing waits. */
  take(): Batch | undefined {
    const batch = this.#batches.shift();
    this.#waiting -= batch?.events.size ?? 0;
    return batch;
  }

  /** What was taken has been packed and is not needed any more. */
  giveBack({ events }: Batch): void {
    events.clear();
    this.#spare = events;
  }

  clear(): void {
    this.#batches = [];
    this.#waiting = 0;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Batches that wait. */
  get length(): number {
    return this.#batches.length;
  }

  /** Events dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** When the oldest waiting event was offered. */
  get waitingSince(): MonoMs | undefined {
    return this.#batches[0]?.since;
  }

  #add(event: Offered, now: MonoMs): void {
    const last = this.#batches[this.#batches.length - 1];
    if (last === undefined || last.events.size >= MAX_BATCH)
      this.#batches.push({ events: this.#begin(event), since: now });
    else last.events.add(event);
    this.#waiting += 1;
  }

  #begin(event: Offered): BatchWriter {
    const events = this.#spare ?? new BatchWriter();
    this.#spare = undefined;
    events.add(event);
    return events;
  }

  #drop(event: Offered): void {
    this.#dropped += 1;
    this.#droppedNow += 1;
    this.#droppedFrom ??= timeOf(event);
  }

  #resume(next: Offered, now: MonoMs): void {
    const gap = slowGap(this.#droppedFrom, timeOf(next), this.#droppedNow);
    this.#isDropping = false;
    this.#droppedNow = 0;
    this.#droppedFrom = null;
    this.#add(gap, now);
  }
}

/** When it happened, ms, as far as the event says so. */
function timeOf(event: Offered): number | null {
  if ('type' in event) return event.timestamp;
  switch (event.kind) {
    case 'ticker':
    case 'liquidation':
      return event.timestamp;
    case 'book':
      return event.top.timestamp;
    case 'candle':
      return event.candle.end;
    case 'kline':
      return event.end;
    case 'gap':
      return event.from;
    case 'timer':
      return event.at;
    case 'gate':
      return null;
  }
}
