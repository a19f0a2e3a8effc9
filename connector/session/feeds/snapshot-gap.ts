/**
 * The gap of a topic whose data build on each other: a book, a ticker. At most one is open.
 *
 * It begins at the last update told and ends with the snapshot that makes the topic true again. What happened in between
 * stays unseen, but nothing that is told afterwards depends on it: so the snapshot heals it.
 */
import type { GapBound, GapCause, GapEvent } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import type { UnixMs } from '../../../shared/time.ts';
import type { Emit } from '../silence/feed-pulse.ts';
import type { GivenUpGaps } from './given-up-gaps.ts';

export class SnapshotGap {
  readonly #topic: Topic;
  readonly #nextGapId: () => string;
  readonly #emit: Emit;
  readonly #givenUp: GivenUpGaps | undefined;
  #open: GapEvent | undefined;

  /** A topic that was given up a moment ago goes on with its gap. Without `givenUp` a gap of one that is given up ends there. */
  constructor(topic: Topic, nextGapId: () => string, emit: Emit, givenUp?: GivenUpGaps) {
    this.#topic = topic;
    this.#nextGapId = nextGapId;
    this.#emit = emit;
    this.#givenUp = givenUp;
    const before = givenUp?.take(topic);
    if (givenUp === undefined || before === undefined) return;
    this.#open = before.open;
    this.open('resubscribed', givenUp.at, before.last);
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Opens it at the last update told, if there was one. A gap that is open swallows every later cause. */
  open(cause: GapCause, at: UnixMs, from: GapBound | undefined): void {
    if (from === undefined || this.#open !== undefined) return;
    this.#open = {
      type: 'gap',
      gap_id: this.#nextGapId(),
      state: 'open',
      ...this.#topic,
      cause,
      from,
      to: null,
      at,
    };
    this.#emit(this.#open);
  }

  /** To be called right before the snapshot is told. */
  healedBySnapshot(to: GapBound): void {
    this.#close({ to, healed_by: 'snapshot' });
  }

  /** The stream goes on at `to` right where it had stopped: nothing was missed after all. */
  joined(to: GapBound): void {
    this.#close({ to });
  }

  /** Nobody wants the topic any more, or not as it is: the gap will have no end, unless it is wanted again at once. */
  giveUp(last: GapBound | undefined): void {
    const open = this.#open;
    this.#open = undefined;
    if (this.#givenUp !== undefined) this.#givenUp.keep(this.#topic, { open, last });
    else if (open !== undefined) this.#emit({ ...open, state: 'lost' });
  }

  #close(end: { readonly to: GapBound; readonly healed_by?: 'snapshot' }): void {
    if (this.#open === undefined) return;
    this.#emit({ ...this.#open, state: 'healed', ...end });
    this.#open = undefined;
  }
}
