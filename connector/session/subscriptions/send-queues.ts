/**
 * Which topics wait to be named in a request, in the order in which they came: releases first, then subscriptions.
 *
 * Taking a request costs as much as it has topics, however many wait.
 */
import type { Subscription } from './subscriptions.ts';

export class SendQueues {
  readonly #releases = new Set<string>();
  /** Names that may travel with others, and with how many. */
  readonly #together = new Map<string, number>();
  readonly #alone = new Set<string>();

  /** Puts a topic where its state says; one that already stands there keeps its place. */
  place({ name, state, requestId, releaseFirst, atMost }: Subscription): void {
    const isRelease =
      (state === 'releasing' && requestId === undefined) || (state === 'wanted' && releaseFirst);
    const isWanted = state === 'wanted' && !releaseFirst;
    if (isRelease) this.#releases.add(name);
    else this.#releases.delete(name);
    if (isWanted && atMost > 1) this.#together.set(name, atMost);
    else this.#together.delete(name);
    if (isWanted && atMost <= 1) this.#alone.add(name);
    else this.#alone.delete(name);
  }

  remove(name: string): void {
    this.#releases.delete(name);
    this.#together.delete(name);
    this.#alone.delete(name);
  }

  /** The names of the next request, which holds at most so many; undefined when nothing waits. They still stand in line. */
  next(most: number): { readonly op: 'subscribe' | 'unsubscribe'; readonly names: string[] } | undefined {
    if (this.#releases.size > 0) return { op: 'unsubscribe', names: firstOf(this.#releases, most) };
    const names: string[] = [];
    let room = most;
    for (const [name, atMost] of this.#together) {
      room = Math.min(room, atMost);
      if (names.length >= room) break;
      names.push(name);
    }
    if (names.length === 0) names.push(...firstOf(this.#alone, 1));
    return names.length === 0 ? undefined : { op: 'subscribe', names };
  }
}

function firstOf(names: ReadonlySet<string>, count: number): string[] {
  const first: string[] = [];
  for (const name of names) {
    if (first.length >= count) break;
    first.push(name);
  }
  return first;
}
