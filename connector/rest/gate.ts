/**
 * May a request go out now? The breakers of the REST client, as one decision.
 *
 * Two classes of shut-out, never mixed (bybit-v5.md 6.3): the address (HTTP 403: nothing at all, since every request makes it
 * longer) and one endpoint (asked too often: the others go on). And an outage: when nobody has answered for some requests in a
 * row, none is sent for a while, then a single one goes ahead to look. Pure: time and randomness are arguments, and what other
 * programs were told of the address is a port.
 */
import { type BackoffPolicy, backoffDelay } from '../../shared/backoff.ts';
import type { Failure } from '../../shared/errors.ts';
import { after, type Millis, type MonoMs, type Random } from '../../shared/time.ts';
import { type BanMemory, noMemory } from './bans.ts';
import type { Blame } from './request.ts';

export type GatePolicy = {
  readonly shutOutMs: Millis;
  readonly endpointShutMs: Millis;
  readonly endpointShutCapMs: Millis;
  readonly outageAfter: number;
  readonly outageBackoff: BackoffPolicy;
};

/** Why a request may not go, and from when on it may. */
export type Refusal = { readonly failure: Failure; readonly until: MonoMs; readonly blame: Blame };

/** What is shut, for whoever watches. */
export type Shut = {
  readonly address: { readonly until: MonoMs; readonly failure: Failure | undefined } | undefined;
  readonly endpoints: readonly { readonly endpoint: string; readonly until: MonoMs }[];
  /** Nobody answered several times in a row. */
  readonly outageUntil: MonoMs | undefined;
};

type Outage = { readonly failures: number; readonly until: MonoMs | undefined; readonly isProbed: boolean };
const shutOut: Failure = { code: 'ip_banned', message: 'shut out' };
const noOutage: Outage = { failures: 0, until: undefined, isProbed: false };

export class Gate {
  readonly #policy: GatePolicy;
  readonly #random: Random;
  readonly #memory: BanMemory;
  #addressUntil: MonoMs | undefined;
  #addressFailure: Failure | undefined;
  readonly #endpoints = new Map<string, MonoMs>();
  #outage: Outage = noOutage;
  #lastOutage: Failure | undefined;

  /** @param memory - of shut-outs of the address, beyond this process; without it there is none */
  constructor(policy: GatePolicy, random: Random, memory: BanMemory = noMemory) {
    this.#policy = policy;
    this.#random = random;
    this.#memory = memory;
  }

  /** Lets a request through, which must then be `noted`; or says why not. */
  refusal(endpoint: string, now: MonoMs): Refusal | undefined {
    return this.#addressRefusal(now) ?? this.#endpointRefusal(endpoint, now) ?? this.#outageRefusal(now);
  }

  /** The exchange answered a request of this endpoint: with a result (no blame), or with a failure. */
  noted(endpoint: string, blame: Blame | undefined, failure: Failure | undefined, now: MonoMs): void {
    if (blame?.kind === 'outage') {
      this.#lastOutage = failure;
      const failures = this.#outage.failures + 1;
      const tooMany = failures - this.#policy.outageAfter;
      const until =
        tooMany < 0 ? undefined : after(now, backoffDelay(tooMany, this.#policy.outageBackoff, this.#random));
      this.#outage = { failures, until, isProbed: false };
      return;
    }
    this.#outage = noOutage;
    if (blame?.kind === 'address') {
      const until = after(now, this.#policy.shutOutMs);
      this.#addressUntil = until;
      this.#addressFailure = failure;
      this.#memory.keep({ until, failure: failure ?? shutOut }, now);
    } else if (blame?.kind === 'endpoint') {
      const { endpointShutMs, endpointShutCapMs } = this.#policy;
      const wait = Math.min(Math.max(blame.waitMs ?? endpointShutMs, 1), endpointShutCapMs);
      const known = this.#endpoints.get(endpoint) ?? now;
      this.#endpoints.set(endpoint, after(now, Math.max(wait, known - now)));
    }
  }

  /** Lets nothing through. */
  shut(now: MonoMs): Shut {
    const until = this.#shutUntil(now);
    const endpoints = [...this.#endpoints].map(([endpoint, shutUntil]) => ({ endpoint, until: shutUntil }));
    return {
      address: until === undefined || until <= now ? undefined : { until, failure: this.#addressFailure },
      endpoints: endpoints.filter((shut) => shut.until > now),
      outageUntil: this.#outage.until,
    };
  }

  /** Others may have been told meanwhile, or before our start. */
  #shutUntil(now: MonoMs): MonoMs | undefined {
    const told = this.#memory.look(now);
    if (told !== undefined && told.until > (this.#addressUntil ?? now)) {
      this.#addressUntil = told.until;
      this.#addressFailure = told.failure;
    }
    return this.#addressUntil;
  }

  #addressRefusal(now: MonoMs): Refusal | undefined {
    const until = this.#shutUntil(now);
    if (until === undefined) return undefined;
    if (now >= until) {
      this.#addressUntil = undefined;
      return undefined;
    }
    const { code, message } = this.#addressFailure ?? shutOut;
    const wait = Math.ceil((until - now) / 1_000);
    const failure = { code, message: `${message}; nothing is asked for another ${wait} s` };
    return { failure, until, blame: { kind: 'address' } };
  }

  #endpointRefusal(endpoint: string, now: MonoMs): Refusal | undefined {
    const until = this.#endpoints.get(endpoint);
    if (until === undefined) return undefined;
    if (now >= until) {
      this.#endpoints.delete(endpoint);
      return undefined;
    }
    const waitMs = until - now;
    const message = `${endpoint} was asked too often; the exchange takes the next request in ${Math.ceil(waitMs)} ms`;
    return { failure: { code: 'rate_limited', message }, until, blame: { kind: 'endpoint', waitMs } };
  }

  #outageRefusal(now: MonoMs): Refusal | undefined {
    const { until, isProbed, failures } = this.#outage;
    if (until === undefined) return undefined;
    if (now >= until && !isProbed) {
      this.#outage = { ...this.#outage, isProbed: true };
      return undefined;
    }
    const words = this.#lastOutage?.message ?? 'nobody answers';
    const message = `${failures} requests in a row failed, the last one: ${words}`;
    return { failure: { code: 'request_failed', message }, until, blame: { kind: 'outage' } };
  }
}
