/**
 * The place of the newest trade of a topic. It is replaced with every frame and asked for only when something is missing, so no
 * text is made of its id before that, and its frame is not kept: of thousands of topics both would grow old.
 */
import { Buffer } from 'node:buffer';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import type { Millis } from '../../../shared/time.ts';
import type { TradePlace } from './trade-overlap.ts';

/** A trade that was cut out of its frame can write the bytes of its id (at most 64) without making a text of them. */
type Copied = TradeEvent & { readonly copyIdTo?: (out: Uint8Array) => number };

const MOST_ID_BYTES = 64;
/** A time further in our future is impossible (docs/semantics.md, times). */
const FUTURE_MS: Millis = 10_000;

export class LastTrade {
  /** Undefined where there is none, or where it is still as it was copied. */
  #place: TradePlace | undefined;
  #id: Buffer | undefined;
  /** 0: nothing is copied. */
  #idLength = 0;
  /** This and the next are those of the place, however it came to be; 0: there is none. */
  #timestamp = 0;
  /** NaN: it has none. */
  #seq = Number.NaN;

  /**
   * This one was brought last. The exchange may have brought it before, so that nothing but time and sequence tells whether it is
   * the newest.
   */
  advance(trade: Copied): void {
    const { timestamp } = trade;
    if (timestamp <= this.#timestamp && this.#isNewerThan(trade, timestamp)) return;
    this.follow(trade, timestamp);
  }

  /** The newest trade is this one. */
  follow(trade: Copied, timestamp = trade.timestamp): void {
    if (trade.copyIdTo === undefined) {
      this.place = { id: trade.id, timestamp, seq: trade.seq };
      return;
    }
    this.#place = undefined;
    this.#id ??= Buffer.allocUnsafeSlow(MOST_ID_BYTES);
    this.#idLength = trade.copyIdTo(this.#id);
    this.#timestamp = timestamp;
    this.#seq = trade.seq ?? Number.NaN;
  }

  /** Undefined while nothing is known. The same object until it is another one. */
  get place(): TradePlace | undefined {
    if (this.#idLength > 0 && this.#id !== undefined) {
      const id = this.#id.toString('latin1', 0, this.#idLength);
      const seq = Number.isNaN(this.#seq) ? undefined : this.#seq;
      this.place = { id, timestamp: this.#timestamp, seq };
    }
    return this.#place;
  }

  set place(place: TradePlace | undefined) {
    this.#place = place;
    this.#idLength = 0;
    this.#timestamp = place?.timestamp ?? 0;
    this.#seq = place?.seq ?? Number.NaN;
  }

  /** Surely. One impossible time must not hold the place for ever. */
  #isNewerThan({ seq, received_at }: Copied, timestamp: number): boolean {
    if (received_at !== undefined && this.#timestamp > received_at / 1_000 + FUTURE_MS) return false;
    return timestamp < this.#timestamp || (seq !== undefined && seq < this.#seq);
  }
}
