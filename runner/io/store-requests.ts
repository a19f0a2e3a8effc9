/** The requests to the store that wait for their answer. Each answer names its request, so that their order means nothing. */
import type { StoreAnswer, StoreIn, StoreKind, StoreRequest, StoreResult } from './store-messages.ts';

export class StoreRequests {
  readonly #waiting = new Map<number, (result: StoreResult) => void>();
  #lastId = 0;

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** A new request to be sent, and what will come of it. */
  open<K extends StoreKind>(
    kind: K,
    input: StoreIn<K>,
  ): { readonly request: StoreRequest<K>; readonly result: Promise<StoreResult<K>> } {
    this.#lastId += 1;
    const id = this.#lastId;
    const result = new Promise<StoreResult<K>>((resolve) => {
      // The types cannot tie an answer to its request, the number does: a request of kind K gets a result of kind K.
      this.#waiting.set(id, (answered) => resolve(answered));
    });
    return { request: { kind, id, input }, result };
  }

  /** Gives an answer to whoever asked. One that nobody waits for is dropped. */
  answer({ id, result }: StoreAnswer): void {
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.(result);
  }

  /** Nobody will answer any more. */
  failAll(message: string): void {
    for (const id of [...this.#waiting.keys()]) this.answer({ id, result: { ok: false, failure: message } });
  }
}
