/** Who is told on when something of the app has changed: the live stream. */
import type { Instrument } from '../shared/market.ts';
import type { LiveListener, LiveSection } from './api/ports.ts';
import { TurnedBooks } from './observe/turned-books.ts';

export class AppListeners {
  readonly #listeners = new Set<LiveListener>();
  readonly #turnedBooks = new TurnedBooks();

  /** Answers how to stop listening. */
  add(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(section: LiveSection, instrument?: Instrument): void {
    if (this.#listeners.size === 0) return;
    for (const listener of this.#listeners) listener(section, instrument);
  }

  /** A book can turn bad without an event of its own: its child died, its socket is lost, it fell silent. */
  tellTurnedBooks(instruments: readonly Instrument[], isValid: (of: Instrument) => boolean): void {
    if (this.#listeners.size === 0) return;
    for (const turned of this.#turnedBooks.take(instruments, isValid)) this.tell('book', turned);
  }
}
