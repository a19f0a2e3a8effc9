/** Is a book whole, and does its snapshot come? Holds the state of `book-sync.ts` for one topic; says what is done about it. */
import type { DepthEvent } from '../../../shared/events/market-events.ts';
import type { GapBound, GapCause } from '../../../shared/events/process-events.ts';
import { type MonoMs, type UnixMs, unixMs } from '../../../shared/time.ts';
import type { Emit } from '../silence/feed-pulse.ts';
import { type BookSyncState, emptyBook, stepBookSync } from './book-sync.ts';
import type { Continuity } from './continuity.ts';
import type { SnapshotGap } from './snapshot-gap.ts';
import type { SnapshotWait } from './snapshot-wait.ts';

export class BookWatch implements Continuity {
  readonly #wait: SnapshotWait;
  readonly #gap: SnapshotGap;
  readonly #resync: (reason: string) => void;
  readonly #emit: Emit;
  #book: BookSyncState = emptyBook;
  /**
   * The last update told, as numbers: where a gap begins. Its id is NaN before the first. The update itself would keep the text of
   * its frame alive, of each book one.
   */
  #lastId = Number.NaN;
  #lastAt = 0;
  #lastSeq = Number.NaN;
  /** When a book that moves was asked for anew: it goes on until its new snapshot, which does not join what came before. */
  #renewed: UnixMs | undefined;

  /** `resync` tells why the book is asked for anew. */
  constructor(wait: SnapshotWait, gap: SnapshotGap, resync: (reason: string) => void, emit: Emit) {
    this.#wait = wait;
    this.#gap = gap;
    this.#resync = resync;
    this.#emit = emit;
  }

  /** Tells an update that fits. Answers true when the book broke with it: the topic must be asked for anew. */
  tell(event: DepthEvent): boolean {
    const isLater = !Number.isNaN(this.#lastId) && event.timestamp > this.#lastAt;
    const { next, verdict } = stepBookSync(
      this.#book,
      event.action ?? 'snapshot',
      event.last_update_id,
      isLater,
    );
    const before = this.#book;
    this.#book = next;
    if (verdict === 'pass') {
      if (this.#renewed !== undefined && event.action !== 'delta') this.#begunAnew(this.#renewed);
      if (this.#gap.isOpen) this.#endGap(event);
      this.#lastId = event.last_update_id;
      this.#lastAt = event.timestamp;
      this.#lastSeq = event.seq ?? Number.NaN;
      this.#emit(event);
    }
    if (verdict !== 'break') return false;
    const last = before.kind === 'live' ? before.lastUpdateId : 0;
    this.missed('book_broken', receiptOf(event));
    this.#resync(`update ${event.last_update_id} came after ${last}: the book is fetched anew`);
    return true;
  }

  unreadable(at: UnixMs): boolean {
    if (this.#book.kind !== 'live') return false;
    this.#book = { kind: 'broken' };
    this.missed('bad_frame', at);
    this.#resync('a frame of this book could not be read: the book is fetched anew');
    return true;
  }

  missed(cause: GapCause, at: UnixMs): void {
    this.#gap.open(cause, at, this.#lastPlace());
  }

  interrupted(cause: GapCause, at: UnixMs): void {
    this.#renewed = undefined;
    this.missed(cause, at);
    this.#book = emptyBook;
  }

  renewing(at: UnixMs): void {
    if (this.#book.kind === 'live') this.#renewed = at;
  }

  /** A book that moved without an answer starts again, too. */
  unanswered(at: UnixMs): void {
    if (this.#book.kind === 'live') {
      this.missed('resubscribed', at);
      this.#resync('nobody acknowledged its subscription: the book is fetched anew');
    }
    this.#book = emptyBook;
  }

  /** Only a snapshot makes it whole. The gap is told by who dropped it, who knows what had left before. */
  dropped(): void {
    if (this.#book.kind === 'live') this.#book = { kind: 'broken' };
  }

  ended(): void {
    this.#gap.giveUp(this.#lastPlace());
  }

  isOverdue(now: MonoMs): boolean {
    const reason = this.#wait.overdue(this.awaitsSnapshot, now);
    if (reason === undefined) return false;
    this.#resync(reason);
    return true;
  }

  get awaitsSnapshot(): boolean {
    return this.#book.kind !== 'live';
  }

  #begunAnew(at: UnixMs): void {
    this.#renewed = undefined;
    this.missed('resubscribed', at);
  }

  #endGap(event: DepthEvent): void {
    if (event.action === 'delta') this.#gap.joined(placeOf(event));
    else this.#gap.healedBySnapshot(placeOf(event));
  }

  #lastPlace(): GapBound | undefined {
    if (Number.isNaN(this.#lastId)) return undefined;
    const seq = Number.isNaN(this.#lastSeq) ? undefined : this.#lastSeq;
    return placeOf({ last_update_id: this.#lastId, timestamp: this.#lastAt, seq });
  }
}

/** Where in the stream of a book an update stands: its update id names it. */
export function placeOf({
  last_update_id,
  timestamp,
  seq,
}: Pick<DepthEvent, 'last_update_id' | 'timestamp' | 'seq'>): GapBound {
  return seq === undefined
    ? { id: String(last_update_id), timestamp }
    : { id: String(last_update_id), timestamp, seq };
}

function receiptOf({ received_at }: DepthEvent): UnixMs {
  return unixMs(Math.floor((received_at ?? 0) / 1_000));
}
