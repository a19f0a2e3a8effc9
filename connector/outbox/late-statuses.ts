/**
 * Statuses that found no room: kept apart, and told when there is room again, so that the reader ends with the state that is.
 *
 * Of each topic and socket the newest of a kind is kept, in the order in which they came last; those of the same kind before it
 * say nothing any more. While one is kept, every later status waits behind it.
 */
import type { StatusEvent } from '../../shared/events/process-events.ts';

/** A child that makes up topics must not fill our memory: 5,000 topics have a handful of statuses each. */
const MAX_KEPT = 50_000;

export class LateStatuses {
  #kept = new Map<string, StatusEvent>();

  get size(): number {
    return this.#kept.size;
  }

  /** Answers false when it cannot be kept. */
  keep(event: StatusEvent): boolean {
    const { status, scope, category, socket, channel, symbol, depth, interval } = event;
    const key = [status, scope, category, socket, channel, symbol, depth, interval].join();
    this.#kept.delete(key);
    if (this.#kept.size >= MAX_KEPT) return false;
    this.#kept.set(key, event);
    return true;
  }

  /** All of them, in their order; nothing is kept after that. */
  take(): readonly StatusEvent[] {
    const kept = [...this.#kept.values()];
    this.#kept = new Map();
    return kept;
  }
}
