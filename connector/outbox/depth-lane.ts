/**
 * Books on their way to a slow reader: they are the first to be given up, all at once, since they can be fetched anew.
 *
 * Each book that is given up says `resync` and opens a gap at its last update that left. When the queue has drained it is
 * fetched; only the fresh snapshot passes, and before it the gap is told as healed.
 */
import type { DepthEvent } from '../../shared/events/market-events.ts';
import type { GapEvent } from '../../shared/events/process-events.ts';
import type { Topic } from '../../shared/market.ts';
import { type BookPlace, BookPlaces, boundOfLast, boundOfUpdate, noteLeft } from './book-places.ts';
import type { Way } from './way.ts';

export type DepthLanePorts = {
  readonly nextGapId: () => string;
  readonly nowMs: () => number;
  /** The book was given up and the queue has drained: fetch a fresh snapshot. */
  readonly refetch: (topic: Topic) => void;
};

type GivenUp = {
  /** A snapshot was asked for. */
  isRefetched: boolean;
  /** Undefined when the reader had seen nothing of the book. */
  readonly gap: GapEvent | undefined;
  /** Gaps of the book that were told by others meanwhile: they lie inside ours. */
  readonly insideOurs: Set<string>;
};

export class DepthLane {
  /** Updates that were given up. */
  dropped = 0;
  readonly #way: Way;
  readonly #maxBytes: number;
  readonly #ports: DepthLanePorts;
  readonly #places = new BookPlaces();
  readonly #givenUp = new Map<BookPlace, GivenUp>();

  constructor(way: Way, maxBytes: number, ports: DepthLanePorts) {
    this.#way = way;
    this.#maxBytes = maxBytes;
    this.#ports = ports;
  }

  offer(event: DepthEvent): void {
    const place = this.#places.of(event);
    if (this.#givenUp.size > 0 && !this.#passes(event, place)) {
      this.dropped += 1;
      return;
    }
    const { last_update_id: id, timestamp: at, seq = Number.NaN } = event;
    if (this.#way.isFree) {
      noteLeft(place, id, at, seq);
      this.#way.send(event);
      return;
    }
    this.#way.send(event, { place, id, at, seq });
    if (this.#way.bytes > this.#maxBytes) this.giveUp();
  }

  /** Makes room: whatever waits of books is dropped. */
  giveUp(): void {
    const places = new Set<BookPlace>();
    for (const { place } of this.#way.takeBooks()) {
      this.dropped += 1;
      places.add(place);
    }
    for (const place of places) this.#tellGivenUp(place);
  }

  /** The queue has drained. */
  refetch(): void {
    if (this.#givenUp.size === 0) return;
    for (const [{ topic }, state] of this.#givenUp) {
      if (state.isRefetched) continue;
      state.isRefetched = true;
      this.#ports.refetch(topic);
    }
  }

  /** Does a gap that the session tells of a book lie inside one of ours? Then it is not to be told. */
  covers(gap: GapEvent): boolean {
    if (this.#givenUp.size === 0 || gap.channel !== 'depth') return false;
    const state = this.#givenUp.get(this.#places.of(gap));
    if (state === undefined) return false;
    if (gap.state === 'open') state.insideOurs.add(gap.gap_id);
    return state.insideOurs.has(gap.gap_id);
  }

  /** A book that was given up passes again only from a fresh snapshot, after the end of its gap. */
  #passes(event: DepthEvent, place: BookPlace): boolean {
    const state = this.#givenUp.get(place);
    if (state === undefined) return true;
    if (!(state.isRefetched && event.action === 'snapshot')) return false;
    this.#givenUp.delete(place);
    if (state.gap !== undefined)
      this.#way.send({ ...state.gap, state: 'healed', to: boundOfUpdate(event), healed_by: 'snapshot' });
    return true;
  }

  #tellGivenUp(place: BookPlace): void {
    const { topic } = place;
    const from = boundOfLast(place);
    const gap: GapEvent | undefined =
      from === undefined
        ? undefined
        : {
            type: 'gap',
            gap_id: this.#ports.nextGapId(),
            state: 'open',
            ...topic,
            cause: 'overload',
            from,
            to: null,
            at: this.#ports.nowMs(),
          };
    this.#givenUp.set(place, { isRefetched: false, gap, insideOurs: new Set() });
    const reason =
      'the reader is too slow: this book was given up and is fetched anew when the queue has drained';
    this.#way.send({ type: 'status', status: 'resync', scope: 'topic', ...topic, reason });
    if (gap !== undefined) this.#way.send(gap);
  }
}
