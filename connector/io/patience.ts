/**
 * How somebody is asked who must not be asked too often: whatever the question is, and whatever comes of it.
 *
 * A question waits for its turn (p-queue: so many at a time, the urgent first), for the budget, asks the gate whether anything may be
 * sent, goes out, and is put again when that can help (p-retry, outside of the queue, so that each try takes a turn of its own). What
 * is decided is decided in connector/rest. The budget counts by the monotonic clock, not by p-queue's interval: that one counts by
 * the wall clock and would stand still for as long as the clock is set back.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';
import PQueue from 'p-queue';
import pRetry from 'p-retry';
import { type Failure, fail, ok, type Result } from '../../shared/errors.ts';
import type { Policy } from '../../shared/policy.ts';
import type { Clock, Millis, MonoMs, Random } from '../../shared/time.ts';
import { explainConnectFailure } from '../connect-failure.ts';
import { Gate } from '../rest/gate.ts';
import { type Manners, RequestFailed } from '../rest/manners.ts';
import type { Tried } from '../rest/request.ts';
import { RequestBudget } from '../rest/request-budget.ts';
import { nextTry } from '../rest/retry.ts';

export type PatiencePolicy = Omit<Policy['rest'], 'timeoutMs' | 'maxBodyBytes' | 'maxPages' | 'maxKlines'>;

export type PatiencePorts = {
  readonly clock: Clock;
  readonly random: Random;
  /** Ends early, with a rejection, when it is aborted. */
  readonly sleep?: ((ms: Millis, signal: AbortSignal) => Promise<void>) | undefined;
  /** What is shut; one of its own without it. */
  readonly gate?: Gate | undefined;
  /** Further rules, beside those that all follow. */
  readonly manners?: Manners | undefined;
};

export type Question = {
  /** What a shut-out of one endpoint goes by. */
  readonly endpoint: string;
  /** The higher goes first. */
  readonly priority: number;
  readonly once?: boolean | undefined;
  /** Ends this question alone. */
  readonly signal?: AbortSignal | undefined;
};

/** One try. Never rejects. */
export type Send<T> = (signal: AbortSignal) => Promise<Tried<T>>;

export type PatienceCounts = {
  /** Tries that went out. */
  readonly sent: number;
  readonly failed: number;
  /** Questions that are not answered yet. */
  readonly waiting: number;
};

export type Patience = {
  readonly ask: <T>(question: Question, send: Send<T>) => Promise<Result<T>>;
  readonly counts: () => PatienceCounts;
  /** Questions that have a turn of the queue. */
  readonly underWay: () => number;
  /** Ends everything that is under way; whoever waits hears a failure. */
  readonly close: () => void;
};

export function openPatience(policy: PatiencePolicy, ports: PatiencePorts): Patience {
  const { clock, random, sleep = wait } = ports;
  const turns = openTurns(policy, ports);
  const stop = new AbortController();
  let waiting = 0;

  const patiently = <T>(question: Question, send: Send<T>, signal: AbortSignal): Promise<T> => {
    const began = clock.monoMs();
    let sent = 0;
    return pRetry(() => turns.take(question, send, signal), {
      // How often and how long is decided by nextTry.
      retries: Number.POSITIVE_INFINITY,
      minTimeout: 0,
      signal,
      shouldRetry: async ({ error }) => {
        if (!(error instanceof RequestFailed)) return false;
        if (error.until === undefined) sent += 1;
        const delay = nextTry(attempted(question, sent, began, clock.monoMs(), error), policy, random);
        if (delay === undefined) return false;
        await sleep(delay, signal);
        return true;
      },
    });
  };

  const ask = async <T>(question: Question, send: Send<T>): Promise<Result<T>> => {
    if (waiting >= policy.maxWaiting)
      return fail('requests_full', `${waiting} requests to the exchange wait already; ask again later`);
    const signal =
      question.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, question.signal]);
    waiting += 1;
    try {
      return ok(await patiently(question, send, signal));
    } catch (error) {
      if (error instanceof RequestFailed) return { ok: false, failure: error.failure };
      if (stop.signal.aborted) return fail('request_failed', 'the connector is stopping');
      if (signal.aborted) return fail('request_failed', 'it was cancelled');
      throw error;
    } finally {
      waiting -= 1;
    }
  };

  return {
    ask,
    counts: () => ({ ...turns.totals(), waiting }),
    underWay: turns.underWay,
    close: () => stop.abort(),
  };
}

type Turns = {
  /** Waits for a turn and makes one try. Throws a RequestFailed when that brought no answer. */
  readonly take: <T>(question: Question, send: Send<T>, signal: AbortSignal) => Promise<T>;
  readonly totals: () => Pick<PatienceCounts, 'sent' | 'failed'>;
  readonly underWay: () => number;
};

function openTurns(policy: PatiencePolicy, ports: PatiencePorts): Turns {
  const { clock, random, manners, sleep = wait, gate = new Gate(policy, random) } = ports;
  const budget = new RequestBudget(policy.requestsInWindow, policy.windowMs);
  const queue = new PQueue({ concurrency: manners?.concurrency() ?? policy.concurrency });
  const totals = { sent: 0, failed: 0 };

  const msToWait = (now: MonoMs): Millis => Math.max(budget.wait(now), manners?.wait(now) ?? 0);

  /** One try. Throws a RequestFailed when it may not be sent. */
  const attempt = async <T>(endpoint: string, send: Send<T>, signal: AbortSignal): Promise<Tried<T>> => {
    for (let ms = msToWait(clock.monoMs()); ms > 0; ms = msToWait(clock.monoMs())) await sleep(ms, signal);
    // From here to the sending nothing waits: the gate may have let this one ahead to look, and counts on hearing of it.
    const refusal = gate.refusal(endpoint, clock.monoMs());
    if (refusal !== undefined) throw new RequestFailed(refusal.failure, refusal.blame, refusal.until);
    budget.take(clock.monoMs());
    manners?.begun(clock.monoMs());
    totals.sent += 1;
    const tried = await send(signal);
    const failed = tried.kind === 'failed' ? tried : undefined;
    gate.noted(endpoint, failed?.blame, failed?.failure, clock.monoMs());
    if (failed !== undefined) totals.failed += 1;
    return tried;
  };

  const turn = async <T>(endpoint: string, send: Send<T>, signal: AbortSignal): Promise<T> => {
    const once = () => attempt(endpoint, send, signal);
    try {
      const tried = await (manners === undefined ? once() : manners.around(endpoint, once));
      if (tried.kind === 'answered') return tried.answer;
      throw new RequestFailed(tried.failure, tried.blame, undefined);
    } finally {
      if (manners !== undefined) queue.concurrency = manners.concurrency();
    }
  };

  return {
    take: ({ endpoint, priority }, send, signal) =>
      queue.add(() => turn(endpoint, send, signal), { priority, signal }),
    totals: () => totals,
    underWay: () => queue.pending,
  };
}

function attempted({ once }: Question, sent: number, began: MonoMs, now: MonoMs, error: RequestFailed) {
  const shutForMs = error.until === undefined ? 0 : Math.max(0, error.until - now);
  return { request: { once }, sent, elapsedMs: now - began, blame: error.blame, shutForMs };
}

/** Nobody answered: the error of a request, as what came of a try. */
export function nobodyAnswered(error: unknown): Tried<never> {
  const message = error instanceof Error ? explainConnectFailure(error) : String(error);
  const failure: Failure = { code: 'request_failed', message };
  return { kind: 'failed', failure, blame: { kind: 'outage' } };
}

async function wait(ms: Millis, signal: AbortSignal): Promise<void> {
  await sleepFor(ms, undefined, { signal });
}
