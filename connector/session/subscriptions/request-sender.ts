/** Sends the requests that are due on one socket, within its limit of frames a second. */
import type { MonoMs } from '../../../shared/time.ts';
import { subscriptionFrame } from '../../bybit/requests.ts';
import { SendBudget } from './send-budget.ts';
import type { Subscriptions } from './subscriptions.ts';

export class RequestSender {
  readonly #subscriptions: Subscriptions;
  readonly #budget: SendBudget;
  readonly #send: (text: string) => void;

  constructor(subscriptions: Subscriptions, sendsPerSecond: number, send: (text: string) => void) {
    this.#subscriptions = subscriptions;
    this.#budget = new SendBudget(sendsPerSecond);
    this.#send = send;
  }

  /** Sends all that may be sent now. `isOpen` is asked each time: sending itself may show that the socket is gone. */
  flush(now: MonoMs, isOpen: () => boolean): void {
    while (isOpen() && this.#budget.has(now)) {
      const request = this.#subscriptions.nextRequest(now);
      if (request === undefined) return;
      this.#budget.take(now);
      this.#send(subscriptionFrame(request.op, request.requestId, request.names));
    }
  }
}
