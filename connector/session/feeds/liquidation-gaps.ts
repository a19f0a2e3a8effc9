/**
 * Where liquidations may be missing. The exchange keeps no list of them that could be asked for, so what is missing is lost.
 *
 * They carry no counter that would show a hole, so a hole is known only by its cause: the socket was lost, the topic fell
 * silent, a frame could not be read. Then a gap opens at the last event seen, or without a beginning where none was seen since
 * the exchange acknowledged; the first event after it is its other end, and the gap is told again right before that event.
 */
import type { LiquidationEvent } from '../../../shared/events/market-events.ts';
import { type GapCause, type GapEvent, liquidationBound } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import { type UnixMs, unixMs } from '../../../shared/time.ts';
import type { Emit } from '../silence/feed-pulse.ts';
import type { Continuity } from './continuity.ts';

export class LiquidationGaps implements Continuity {
  readonly #topic: Topic;
  readonly #nextGapId: () => string;
  readonly #emit: Emit;
  #last: LiquidationEvent | undefined;
  #openGap: GapEvent | undefined;
  /** Asked for anew on the same connection: until the exchange agrees, what still comes does not join what will come. */
  #renewing = false;
  /** The exchange has acknowledged the topic: from then on it owes every event. */
  #isOwed = false;

  constructor(topic: Topic, nextGapId: () => string, emit: Emit) {
    this.#topic = topic;
    this.#nextGapId = nextGapId;
    this.#emit = emit;
  }

  /** Tells events, given in their order, and before them the end of the gap that they close. */
  tell(events: readonly LiquidationEvent[]): void {
    const first = events[0];
    const last = events.at(-1);
    if (first === undefined || last === undefined) return;
    if (this.#openGap !== undefined) {
      this.#emit({ ...this.#openGap, state: 'lost', to: liquidationBound(first) });
      this.#openGap = undefined;
    }
    for (const event of events) this.#emit(event);
    this.#last = last;
    if (this.#renewing) this.missed('resubscribed', unixMs(Math.floor((last.received_at ?? 0) / 1_000)));
  }

  /** Opens a gap at the last event, once: a gap that has no end yet swallows every later cause. */
  missed(cause: GapCause, at: UnixMs): void {
    if (this.#openGap !== undefined || (this.#last === undefined && !this.#isOwed)) return;
    this.#openGap = {
      type: 'gap',
      gap_id: this.#nextGapId(),
      state: 'open',
      ...this.#topic,
      cause,
      from: this.#last === undefined ? null : liquidationBound(this.#last),
      to: null,
      at,
    };
    this.#emit(this.#openGap);
  }

  unreadable(at: UnixMs): boolean {
    this.missed('bad_frame', at);
    return false;
  }

  maybeMissed(at: UnixMs): void {
    this.missed('bad_frame', at);
  }

  interrupted(cause: GapCause, at: UnixMs): void {
    this.#renewing = false;
    this.missed(cause, at);
  }

  renewing(at: UnixMs): void {
    this.#renewing = true;
    this.missed('resubscribed', at);
  }

  ended(): void {
    if (this.#openGap !== undefined) this.#emit({ ...this.#openGap, state: 'lost' });
    this.#openGap = undefined;
  }

  agreed(): void {
    this.#renewing = false;
    this.#isOwed = true;
  }
}
