/** Is a book whole, and does its snapshot come? Holds the state of `book-sync.ts` for one topic; says what is done about it. */
import type { DepthEvent } from '../../shared/events/market-events.ts';
import type { Millis, MonoMs } from '../../shared/time.ts';
import { type BookSyncState, emptyBook, stepBookSync } from './book-sync.ts';
import type { Continuity } from './continuity.ts';
import type { Emit } from './feed-pulse.ts';

export class BookWatch implements Continuity {
  readonly #snapshotWithinMs: Millis;
  readonly #resync: (reason: string) => void;
  readonly #emit: Emit;
  #book: BookSyncState = emptyBook;
  #awaitingSince: MonoMs | undefined;

  /** A subscribed book without a snapshot for `snapshotWithinMs` is asked for anew; `resync` tells why one is. */
  constructor(snapshotWithinMs: Millis, resync: (reason: string) => void, emit: Emit) {
    this.#snapshotWithinMs = snapshotWithinMs;
    this.#resync = resync;
    this.#emit = emit;
  }

  /** Tells an update that fits. Answers true when the book broke with it: the topic must be asked for anew. */
  tell(event: DepthEvent): boolean {
    const { next, verdict } = stepBookSync(this.#book, event.action ?? 'snapshot', event.last_update_id);
    const before = this.#book;
    this.#book = next;
    if (verdict === 'pass') this.#emit(event);
    if (verdict !== 'break') return false;
    const last = before.kind === 'live' ? before.lastUpdateId : 0;
    this.#resync(`update ${event.last_update_id} came after ${last}: the book is fetched anew`);
    return true;
  }

  unreadable(): boolean {
    if (this.#book.kind !== 'live') return false;
    this.#book = { kind: 'broken' };
    this.#resync('a frame of this book could not be read: the book is fetched anew');
    return true;
  }

  interrupted(): void {
    this.#book = emptyBook;
  }

  /** A book that moved without an answer starts again, too. */
  unanswered(): void {
    if (this.#book.kind === 'live')
      this.#resync('nobody acknowledged its subscription: the book is fetched anew');
    this.#book = emptyBook;
  }

  /** Only a snapshot makes it whole. */
  dropped(): void {
    if (this.#book.kind === 'live') this.#book = { kind: 'broken' };
  }

  isOverdue(now: MonoMs): boolean {
    if (!this.awaitsSnapshot) {
      this.#awaitingSince = undefined;
      return false;
    }
    this.#awaitingSince ??= now;
    if (now - this.#awaitingSince < this.#snapshotWithinMs) return false;
    this.#awaitingSince = now;
    this.#resync(`no snapshot within ${this.#snapshotWithinMs} ms: asking anew`);
    return true;
  }

  get awaitsSnapshot(): boolean {
    return this.#book.kind !== 'live';
  }
}
