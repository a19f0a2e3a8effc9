/**
 * The client of the exchange's public REST interface: polite, patient and bounded.
 *
 * A question waits for its turn (p-queue: eight at a time, the urgent first), asks the gate whether anything may be sent and the
 * budget when, goes out, and is put again when that can help (p-retry). What is decided is decided in connector/rest and
 * connector/bybit; here are the sockets. The budget counts by the monotonic clock, not by p-queue's interval: that one counts by
 * the wall clock and would stand still for as long as the clock is set back.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';
import PQueue from 'p-queue';
import pRetry from 'p-retry';
import { type Failure, fail, ok, type Result } from '../../shared/errors.ts';
import type { Policy } from '../../shared/policy.ts';
import type { Clock, Millis, MonoMs, Random } from '../../shared/time.ts';
import { readAnswer } from '../bybit/rest-envelope.ts';
import { explainConnectFailure } from '../connect-failure.ts';
import { Gate } from '../rest/gate.ts';
import {
  type Ask,
  type Blame,
  type HttpAnswer,
  priorities,
  type RestAnswer,
  type RestRequest,
  type Verdict,
} from '../rest/request.ts';
import { RequestBudget } from '../rest/request-budget.ts';
import { nextTry } from '../rest/retry.ts';

export type RestPorts = {
  readonly clock: Clock;
  readonly random: Random;
  /** One GET. Rejects with an error that says why nobody answered. */
  readonly get: (target: string, signal: AbortSignal) => Promise<HttpAnswer>;
  /** Ends early, with a rejection, when it is aborted. */
  readonly sleep?: (ms: Millis, signal: AbortSignal) => Promise<void>;
};

export type RestCounts = {
  /** Requests that were sent, each try for itself. */
  readonly sent: number;
  readonly failed: number;
  readonly waiting: number;
};

export type RestClient = {
  readonly ask: Ask;
  readonly counts: () => RestCounts;
  /** Ends everything that is under way; whoever waits hears a failure. */
  readonly close: () => void;
};

/** A try that failed. `until`: it was not even sent, since the gate is shut until then. */
class RequestFailed extends Error {
  override readonly name = 'RequestFailed';
  readonly failure: Failure;
  readonly blame: Blame;
  readonly until: MonoMs | undefined;

  constructor(failure: Failure, blame: Blame, until: MonoMs | undefined) {
    super(failure.message);
    this.failure = failure;
    this.blame = blame;
    this.until = until;
  }
}

export function openRest(policy: Policy['rest'], ports: RestPorts): RestClient {
  const { clock, random, sleep = wait } = ports;
  const gate = new Gate(policy, random);
  const budget = new RequestBudget(policy.requestsInWindow, policy.windowMs);
  const queue = new PQueue({ concurrency: policy.concurrency });
  const stop = new AbortController();
  const totals = { sent: 0, failed: 0 };
  let waiting = 0;

  /** One try. Throws a RequestFailed. */
  const attempt = async (request: RestRequest): Promise<RestAnswer> => {
    for (let ms = budget.wait(clock.monoMs()); ms > 0; ms = budget.wait(clock.monoMs())) {
      await sleep(ms, stop.signal);
    }
    // From here to the sending nothing waits: the gate may have let this one ahead to look, and counts on hearing of it.
    const refusal = gate.refusal(request.endpoint, clock.monoMs());
    if (refusal !== undefined) throw new RequestFailed(refusal.failure, refusal.blame, refusal.until);
    budget.take(clock.monoMs());
    totals.sent += 1;
    const target = request.query === '' ? request.endpoint : `${request.endpoint}?${request.query}`;
    const verdict = await ports.get(target, stop.signal).then(readAnswer, explain);
    const failed = verdict.kind === 'failed' ? verdict : undefined;
    gate.noted(request.endpoint, failed?.blame, failed?.failure, clock.monoMs());
    if (verdict.kind === 'answered') return verdict.answer;
    totals.failed += 1;
    throw new RequestFailed(verdict.failure, verdict.blame, undefined);
  };

  const patiently = (request: RestRequest): Promise<RestAnswer> => {
    const began = clock.monoMs();
    let sent = 0;
    return pRetry(
      () => queue.add(() => attempt(request), { priority: priorities[request.subject], signal: stop.signal }),
      {
        // How often and how long is decided by nextTry.
        retries: Number.POSITIVE_INFINITY,
        minTimeout: 0,
        signal: stop.signal,
        shouldRetry: async ({ error }) => {
          if (!(error instanceof RequestFailed)) return false;
          if (error.until === undefined) sent += 1;
          const delay = nextTry(attempted(request, sent, began, clock.monoMs(), error), policy, random);
          if (delay === undefined) return false;
          await sleep(delay, stop.signal);
          return true;
        },
      },
    );
  };

  const ask = async (request: RestRequest): Promise<Result<RestAnswer>> => {
    if (waiting >= policy.maxWaiting)
      return fail('requests_full', `${waiting} requests to the exchange wait already; ask again later`);
    waiting += 1;
    try {
      return ok(await patiently(request));
    } catch (error) {
      if (error instanceof RequestFailed) return { ok: false, failure: error.failure };
      if (stop.signal.aborted) return fail('request_failed', 'the connector is stopping');
      throw error;
    } finally {
      waiting -= 1;
    }
  };

  return { ask, counts: () => ({ ...totals, waiting }), close: () => stop.abort() };
}

function attempted(request: RestRequest, sent: number, began: MonoMs, now: MonoMs, error: RequestFailed) {
  const shutForMs = error.until === undefined ? 0 : Math.max(0, error.until - now);
  return { request, sent, elapsedMs: now - began, blame: error.blame, shutForMs };
}

/** Nobody answered. */
function explain(error: unknown): Verdict {
  const message = error instanceof Error ? explainConnectFailure(error) : String(error);
  return { kind: 'failed', failure: { code: 'request_failed', message }, blame: { kind: 'outage' } };
}

async function wait(ms: Millis, signal: AbortSignal): Promise<void> {
  await sleepFor(ms, undefined, { signal });
}
