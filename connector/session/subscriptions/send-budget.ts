/** How many frames we may still send in this second on one socket (BYBIT_WEBSOCKET_RATE_LIMIT): a bucket that refills evenly. */
import type { MonoMs } from '../../../shared/time.ts';

export class SendBudget {
  readonly #perSecond: number;
  #tokens: number;
  #filledAt: MonoMs | undefined;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
  }

  has(now: MonoMs): boolean {
    const elapsed = this.#filledAt === undefined ? 0 : now - this.#filledAt;
    this.#filledAt = now;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + (elapsed * this.#perSecond) / 1_000);
    return this.#tokens >= 1;
  }

  take(now: MonoMs): void {
    if (this.has(now)) this.#tokens -= 1;
  }
}
