/**
 * How history asks beyond what all follow: few at a time, with pauses, gently after a refusal, and not at all for a while after several.
 *
 * One of these for the REST interface and one for the archive, which is another host. Pure but for the clock that it is given.
 */
import type { Failure } from '../../../shared/errors.ts';
import { after, type Clock, type Millis, type MonoMs } from '../../../shared/time.ts';
import type { Manners } from '../../rest/manners.ts';
import type { Tried } from '../../rest/request.ts';
import { type BreakerPolicy, type BreakerState, EndpointBreaker } from './breaker.ts';
import { answered, freshThrottle, refused, type Throttle, type ThrottlePolicy } from './throttle.ts';

export type MannersPolicy = {
  /** Tries under way at best. */
  readonly concurrency: number;
  /** Between the beginnings of two of them, at best; a throttled pause grows from `throttledDelayMs` where this is none. */
  readonly delayMs: Millis;
  readonly throttledDelayMs: Millis;
  readonly throttle: ThrottlePolicy;
  readonly breaker: BreakerPolicy;
};

export type MannersPorts = {
  readonly clock: Clock;
  /** The exchange said of the whole address that it asks too often. */
  readonly banned: (failure: Failure) => void;
};

export type MannersState = {
  readonly throttle: Throttle;
  readonly delayMs: Millis;
  /** "Too often" was said so many times, in all. */
  readonly refusals: number;
  readonly breakers: readonly BreakerState[];
};

export class PoliteManners implements Manners {
  readonly #ports: MannersPorts;
  readonly #breakers = new Map<string, EndpointBreaker>();
  #policy: MannersPolicy;
  #throttle: Throttle;
  #nextAt: MonoMs | undefined;
  #refusals = 0;

  constructor(policy: MannersPolicy, ports: MannersPorts) {
    this.#policy = policy;
    this.#ports = ports;
    this.#throttle = freshThrottle(policy.concurrency);
  }

  /** Other limits from now on. What was learnt from refusals stays. */
  allow(limits: Pick<MannersPolicy, 'concurrency' | 'delayMs'>): void {
    const { concurrency: before } = this.#policy;
    const { concurrency } = limits;
    this.#policy = { ...this.#policy, ...limits };
    const isFree = this.#throttle.concurrency === before;
    this.#throttle = {
      ...this.#throttle,
      concurrency: isFree ? concurrency : Math.min(concurrency, this.#throttle.concurrency),
    };
  }

  readonly concurrency = (): number => this.#throttle.concurrency;

  readonly wait = (now: MonoMs): Millis => (this.#nextAt === undefined ? 0 : Math.max(0, this.#nextAt - now));

  readonly begun = (now: MonoMs): void => {
    this.#nextAt = after(now, this.#delayMs());
  };

  readonly around = async <T>(endpoint: string, attempt: () => Promise<Tried<T>>): Promise<Tried<T>> => {
    const tried = await this.#breaker(endpoint).around(attempt);
    const { throttle: policy, concurrency } = this.#policy;
    if (tried.kind === 'answered') this.#throttle = answered(this.#throttle, policy, concurrency);
    else if (tried.blame.kind === 'endpoint' || tried.failure.code === 'ip_banned') {
      this.#throttle = refused(this.#throttle, policy);
      this.#refusals += 1;
      if (tried.failure.code === 'ip_banned') this.#ports.banned(tried.failure);
    }
    return tried;
  };

  state(): MannersState {
    return {
      throttle: this.#throttle,
      delayMs: this.#delayMs(),
      refusals: this.#refusals,
      breakers: [...this.#breakers.values()].map((breaker) => breaker.state()),
    };
  }

  /** Without a pause at best, only what the factor is above 1 counts: 0 at 1, and it grows from there. */
  #delayMs(): Millis {
    const { delayMs, throttledDelayMs } = this.#policy;
    const { factor } = this.#throttle;
    return Math.ceil(delayMs > 0 ? delayMs * factor : throttledDelayMs * (factor - 1));
  }

  #breaker(endpoint: string): EndpointBreaker {
    const known = this.#breakers.get(endpoint);
    if (known !== undefined) return known;
    const breaker = new EndpointBreaker(endpoint, this.#policy.breaker, this.#ports.clock);
    this.#breakers.set(endpoint, breaker);
    return breaker;
  }
}
