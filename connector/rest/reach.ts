/** Does the REST interface answer at all? Told when that changes, not with every question that fails. */
import type { ErrorCode, Failure, Result } from '../../shared/errors.ts';

/** Failures that speak of the way to the exchange, not of the question. */
const unreachable: readonly ErrorCode[] = ['request_failed', 'answer_bad', 'ip_banned', 'region_blocked'];

export type ReachChange = { readonly kind: 'lost'; readonly failure: Failure } | { readonly kind: 'back' };

export class Reach {
  #isLost = false;

  /** An answer came, or a failure instead. */
  noted(answer: Result<unknown>): ReachChange | undefined {
    if (answer.ok) {
      if (!this.#isLost) return undefined;
      this.#isLost = false;
      return { kind: 'back' };
    }
    if (this.#isLost || !unreachable.includes(answer.failure.code)) return undefined;
    this.#isLost = true;
    return { kind: 'lost', failure: answer.failure };
  }
}
