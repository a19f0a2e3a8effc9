/**
 * The breaker of an endpoint (cockatiel): open after so many "too often" in a row, shut again by one answer to one request.
 *
 * Only the exchange's word counts. A request that nobody answered, or that was not sent since something else is shut, neither opens it
 * nor, when it was the one that looks, closes it. cockatiel reckons its pause by the wall clock, which may be set: the pause that it
 * is given here asks our monotonic clock instead, and lasts as long as the exchange wants where that is longer.
 */
import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  type FailureReason,
  handleType,
  type IBackoff,
} from 'cockatiel';
import { after, type Clock, type Millis, type MonoMs } from '../../../shared/time.ts';
import { RequestFailed } from '../../rest/manners.ts';
import type { Tried } from '../../rest/request.ts';

export type BreakerPolicy = { readonly threshold: number; readonly cooldownMs: Millis };

export type BreakerState = {
  readonly endpoint: string;
  /** `half_open`: one request looks, or the next one will. */
  readonly state: 'closed' | 'open' | 'half_open';
  /** The first request may go then; undefined while it is closed. */
  readonly until: MonoMs | undefined;
};

/** A longer wait than so many pauses is not believed. */
const MOST_COOLDOWNS = 10;

/** What a try says about its endpoint when it brought no answer, on its way through cockatiel, which sorts by errors. */
class NoAnswer extends Error {
  override readonly name: string = 'NoAnswer';
  readonly tried: Tried<never>;

  constructor(tried: Tried<never>) {
    super('no answer');
    this.tried = tried;
  }
}

/** The endpoint was asked too often. */
class TooOften extends NoAnswer {
  override readonly name = 'TooOften';
  readonly waitMs: Millis;

  constructor(tried: Tried<never>, waitMs: Millis) {
    super(tried);
    this.waitMs = waitMs;
  }
}

export class EndpointBreaker {
  readonly #endpoint: string;
  readonly #policy: BreakerPolicy;
  readonly #clock: Clock;
  readonly #circuit;
  #until: MonoMs | undefined;

  constructor(endpoint: string, policy: BreakerPolicy, clock: Clock) {
    this.#endpoint = endpoint;
    this.#policy = policy;
    this.#clock = clock;
    const isLooking = () => this.#circuit.state === CircuitState.HalfOpen;
    this.#circuit = circuitBreaker(handleType(TooOften).orWhen(isLooking), {
      breaker: new ConsecutiveBreaker(policy.threshold),
      halfOpenAfter: { next: ({ result }) => this.#pause(result) },
    });
  }

  /** Makes a try and answers what came of it. Throws a RequestFailed while it is open. */
  async around<T>(attempt: () => Promise<Tried<T>>): Promise<Tried<T>> {
    try {
      return await this.#circuit.execute(async () => {
        const tried = await attempt();
        if (tried.kind === 'answered' || tried.blame.kind === 'request') return tried;
        const { blame } = tried;
        throw blame.kind === 'endpoint' ? new TooOften(tried, blame.waitMs ?? 0) : new NoAnswer(tried);
      });
    } catch (error) {
      if (error instanceof NoAnswer) return error.tried;
      if (error instanceof BrokenCircuitError) throw this.#isOpen();
      throw error;
    }
  }

  state(): BreakerState {
    const { state } = this.#circuit;
    const isShut = state === CircuitState.Open || state === CircuitState.HalfOpen;
    const isDue = this.#until !== undefined && this.#clock.monoMs() >= this.#until;
    return {
      endpoint: this.#endpoint,
      state: isShut ? (state === CircuitState.HalfOpen || isDue ? 'half_open' : 'open') : 'closed',
      until: isShut ? this.#until : undefined,
    };
  }

  /** cockatiel asks for its length whenever a request comes: none when it is over by our clock. */
  #pause(result: FailureReason<unknown>): IBackoff<{ readonly result: FailureReason<unknown> }> {
    const { cooldownMs } = this.#policy;
    const wanted = 'error' in result && result.error instanceof TooOften ? result.error.waitMs : 0;
    const waitMs = Math.min(wanted, MOST_COOLDOWNS * cooldownMs);
    const until = after(this.#clock.monoMs(), Math.max(cooldownMs, waitMs));
    this.#until = until;
    const isOver = () => this.#clock.monoMs() >= until;
    return {
      get duration() {
        return isOver() ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
      },
      next: (context) => this.#pause(context.result),
    };
  }

  #isOpen(): RequestFailed {
    const until = this.#until ?? this.#clock.monoMs();
    const waitMs = Math.max(0, until - this.#clock.monoMs());
    const message = `${this.#endpoint} said "too often" ${this.#policy.threshold} times in a row; the next request goes in ${Math.ceil(waitMs / 1_000)} s`;
    return new RequestFailed({ code: 'rate_limited', message }, { kind: 'endpoint', waitMs }, until);
  }
}
