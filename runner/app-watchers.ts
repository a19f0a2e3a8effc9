/** What whoever watches is told: that something of a section has changed (the live stream, the judge of health), and what happened lately. */
import type { Instrument } from '../shared/market.ts';
import { Ring } from '../shared/ring.ts';
import type { UnixMs } from '../shared/time.ts';
import type { LiveListener, LiveSection } from './api/ports.ts';
import type { LifeEvent } from './api/views.ts';
import { TurnedBooks } from './observe/turned-books.ts';

const LIFE_EVENTS_KEPT = 200;

export class AppWatchers {
  /** What happened to the child lately. */
  readonly life = new Ring<LifeEvent>(LIFE_EVENTS_KEPT);
  readonly #nowMs: () => UnixMs;
  readonly #listeners = new Set<LiveListener>();
  readonly #turnedBooks = new TurnedBooks();
  #lookAtHealth: () => void = () => undefined;

  constructor(nowMs: () => UnixMs) {
    this.#nowMs = nowMs;
  }

  /** Answers how to stop listening. */
  add(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(section: LiveSection, instrument?: Instrument): void {
    if (this.#listeners.size === 0) return;
    for (const listener of this.#listeners) listener(section, instrument);
  }

  /** `look` is called when something happened that may change the health. What time alone changes it has to look for itself. */
  onHealthChange(look: () => void): void {
    this.#lookAtHealth = look;
  }

  /** The judge looks first: who is told then sees what it found. */
  healthChanged(): void {
    this.#lookAtHealth();
    this.tell('health');
  }

  /** Something happened that whoever watches the page should see. */
  live(kind: string, text: string): void {
    this.life.push({ at: this.#nowMs(), kind, text });
    this.tell('life');
  }

  /** A book can turn bad without an event of its own: its child died, its socket is lost, it fell silent. */
  tellTurnedBooks(instruments: readonly Instrument[], isValid: (of: Instrument) => boolean): void {
    if (this.#listeners.size === 0) return;
    for (const turned of this.#turnedBooks.take(instruments, isValid)) this.tell('book', turned);
  }
}
