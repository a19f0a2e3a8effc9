/**
 * Events that replace each other: tickers, candles that are still open. Only the newest of a topic waits.
 *
 * It takes the place of the one that it replaces, so a topic that moves all the time leaves as soon as one that does not. What
 * else is told of the topic (a gap, a status, the closed candle) is never overtaken: what waits before it stays as it is.
 */
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import type { Waiting, Way } from './way.ts';

export class LatestLane {
  /** Events that were replaced before they left, or found no room. */
  dropped = 0;
  readonly #way: Way;
  readonly #maxBytes: number;
  readonly #waiting = new Map<string, Waiting>();

  constructor(way: Way, maxBytes: number) {
    this.#way = way;
    this.#maxBytes = maxBytes;
  }

  /** `key` names the topic. A queue without a bound (a replay) is for those who want everything. */
  offer(event: UnnumberedEvent, key: string): void {
    if (this.#way.isFree || this.#maxBytes === Number.POSITIVE_INFINITY) {
      if (this.#waiting.size > 0) this.#waiting.clear();
      this.#way.send(event);
      return;
    }
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined && !waiting.hasLeft) {
      this.dropped += 1;
      this.#way.replace(waiting, event);
    } else if (this.#way.bytes > this.#maxBytes) {
      this.dropped += 1; // the next one says as much
    } else {
      const line = this.#way.send(event);
      if (line !== undefined) this.#waiting.set(key, line);
    }
  }

  /** Something else is told of the topic: what comes now must not pass it. */
  barrier(key: string): void {
    this.#waiting.delete(key);
  }

  /** The same for all topics. */
  barrierForAll(): void {
    this.#waiting.clear();
  }
}
