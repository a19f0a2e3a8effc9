/**
 * The host of one strategy: feeds its worker, judges it, and starts it again.
 *
 *               loaded    unusable   answer     overdue / ended        too many errors in a row
 *   starting    running   disabled   ·          restarting, disabled   disabled
 *   running     ·         ·          running    restarting, disabled   disabled
 *   restarting  ·         ·          ·          · (then starting)      ·
 *   disabled    ·         ·          ·          ·                      ·
 *
 * One batch is under way at a time, so a slow worker makes a queue here, where it is bounded, and not in the channel, where
 * it is not. A call of a handler that takes longer than 2 s is ended with its thread. Three failures disable the strategy:
 * code that hangs thrice will hang again.
 */

import { describeIssues } from '../../shared/describe-issues.ts';
import type { Policy } from '../../shared/policy.ts';
import { after, type Millis, type MonoMs, type UnixMs } from '../../shared/time.ts';
import type { Signal, StrategyNeed } from './api.ts';
import { BatchMarks, type WorkedOff } from './batch-marks.ts';
import { BatchQueue } from './batch-queue.ts';
import type { GateState } from './gate.ts';
import {
  type BatchAnswer,
  type GateMessage,
  MAX_BATCH,
  type Offered,
  type WorkerTask,
  workerMessageSchema,
} from './messages.ts';
import { restartGap } from './own-gaps.ts';
import type { StrategyPorts, StrategyStatus, StrategyTrouble, StrategyWorker } from './ports.ts';

/** Failures (no answer, died) after which a strategy is not started again. */
const MAX_FAILURES = 3;
/** A strategy whose handlers threw or answered nonsense this often without one success between is broken, not unlucky. */
const MAX_ERRORS_IN_A_ROW = 20;

/** Troubles of one kind are told at most this often. */
const TOLD_EVERY_MS: Millis = 1_000;

export type HostPorts = Pick<StrategyPorts, 'spawn' | 'onTrouble'> & {
  /** May a signal that comes now leave? */
  readonly isGateOpen?: () => boolean;
  readonly onSignals: (signals: readonly Signal[], strategy: string, nowMs: UnixMs) => void;
};

/** The batch that the worker has and has not answered. */
type UnderWay = { readonly batch: number; readonly size: number; readonly since: MonoMs; done: number };

type State =
  | { readonly kind: 'starting'; readonly worker: StrategyWorker; deadline: MonoMs }
  | {
      readonly kind: 'running';
      readonly worker: StrategyWorker;
      underWay: UnderWay | undefined;
      deadline: MonoMs;
    }
  | { readonly kind: 'restarting'; readonly at: MonoMs }
  | { readonly kind: 'disabled' };

export class StrategyHost {
  readonly #task: WorkerTask;
  readonly #policy: Policy['strategy'];
  readonly #ports: HostPorts;
  readonly #queue: BatchQueue;
  readonly #lastTold = new Map<StrategyTrouble['kind'], MonoMs>();
  #state: State = { kind: 'disabled' };
  /** Counts the workers: whatever an earlier one still says is ignored. */
  #life = 0;
  #name: string;
  #batches = 0;
  readonly #marks = new BatchMarks();
  #failures = 0;
  #failedAt: MonoMs | undefined;
  /** Messages of its thread since the last answer that are none. */
  #badMessages = 0;
  #counts = { errors: 0, signals: 0, withheld_signals: 0, surplus_signals: 0, events: 0, restarts: 0 };
  #gate: GateMessage | undefined;
  /** What the strategy declared to need; undefined: everything. */
  needs: readonly StrategyNeed[] | undefined;
  #lastError: { readonly message: string; readonly at: MonoMs } | undefined;

  constructor(task: WorkerTask, policy: Policy['strategy'], ports: HostPorts, queue = new BatchQueue()) {
    this.#task = task;
    this.#policy = policy;
    this.#ports = ports;
    this.#queue = queue;
    this.#name = task.file.slice(task.file.lastIndexOf('/') + 1);
  }

  start(now: MonoMs): void {
    this.#life += 1;
    this.#badMessages = 0;
    const life = this.#life;
    const worker = this.#ports.spawn(this.#task, {
      onMessage: (message, at, atMs) => {
        if (life === this.#life) this.#onMessage(message, at, atMs);
      },
      onEnd: (reason, at) => {
        if (life === this.#life) this.#fail(`its thread ended: ${reason}`, at);
      },
    });
    this.#state = { kind: 'starting', worker, deadline: after(now, this.#policy.loadWithinMs) };
  }

  /** Queues an event. The worker gets it when the batch is full or at the next `flush`, whichever comes first. */
  offer(event: Offered, now: MonoMs): void {
    if (this.#state.kind === 'disabled') return;
    if (this.#queue.offer(event, now))
      this.#tell(
        'overloaded',
        `${this.#queue.waiting} events wait for it; new ones are dropped for a while`,
        now,
      );
    if (this.#queue.waiting >= MAX_BATCH) this.flush(now);
  }

  /**
   * Offers an event, and calls back once it has been worked off with all that waited before it: at once with false when nobody
   * is there to do so or too much waits, and with false when its thread fails.
   */
  ask(event: Offered, now: MonoMs, done: WorkedOff): void {
    const { dropped } = this.#queue;
    this.offer(event, now);
    this.flush(now);
    if (this.#state.kind !== 'running' || this.#queue.dropped > dropped) return done(false);
    this.#marks.add(this.#batches + this.#queue.length, done);
  }

  /** The gate is as said from here on. */
  gate(state: GateState, now: MonoMs): void {
    this.#gate = { kind: 'gate', ...state };
    this.offer(this.#gate, now);
  }

  /** Gives the worker the next batch, unless it has one. */
  flush(now: MonoMs): void {
    const state = this.#state;
    if (state.kind !== 'running' || state.underWay !== undefined) return;
    const batch = this.#queue.take();
    if (batch === undefined) return;
    this.#batches += 1;
    state.underWay = { batch: this.#batches, size: batch.events.size, since: batch.since, done: 0 };
    state.deadline = after(now, this.#policy.answerWithinMs);
    state.worker.post(batch.events.pack(this.#batches));
    this.#queue.giveBack(batch);
  }

  /** To be called a few times a second. `slept`: we ourselves were late, so nobody is judged now. */
  tick(now: MonoMs, slept: boolean): void {
    const state = this.#state;
    if (state.kind === 'restarting' && now >= state.at) {
      this.#counts.restarts += 1;
      this.start(now);
    } else if (state.kind === 'starting') {
      if (slept) state.deadline = after(now, this.#policy.loadWithinMs);
      else if (now > state.deadline) this.#fail(`not loaded within ${this.#policy.loadWithinMs} ms`, now);
    } else if (state.kind === 'running' && state.underWay !== undefined) {
      if (slept) state.deadline = after(now, this.#policy.answerWithinMs);
      else if (now > state.deadline) this.#fail(`no answer within ${this.#policy.answerWithinMs} ms`, now);
    }
  }

  /** Nothing waits for its thread, and nothing is under way there; or nobody is there to work it off. */
  get isIdle(): boolean {
    if (this.#state.kind === 'restarting' || this.#state.kind === 'disabled') return true;
    const isBusy = this.#state.kind === 'running' && this.#state.underWay !== undefined;
    return !isBusy && this.#queue.waiting === 0;
  }

  stop(): void {
    this.#end({ kind: 'disabled' });
  }

  status(now: MonoMs): StrategyStatus {
    const underWay = this.#state.kind === 'running' ? this.#state.underWay : undefined;
    const since = underWay?.since ?? this.#queue.waitingSince;
    return {
      name: this.#name,
      file: this.#task.file,
      state: this.#state.kind,
      ...this.#counts,
      last_error: this.#lastError?.message ?? null,
      last_error_at: this.#lastError?.at ?? null,
      waiting: this.#queue.waiting + (underWay?.size ?? 0),
      dropped: this.#queue.dropped,
      lag_ms: since === undefined ? 0 : Math.max(0, now - since),
    };
  }

  #onMessage(message: unknown, now: MonoMs, nowMs: UnixMs): void {
    const parsed = workerMessageSchema.safeParse(message);
    if (!parsed.success) return this.#onNonsense(describeIssues(parsed.error.issues), now);
    const told = parsed.data;
    const state = this.#state;
    if (told.kind === 'unusable') {
      this.#disable(told.reason, now);
    } else if (told.kind === 'loaded') {
      if (state.kind !== 'starting') return;
      this.#name = told.name;
      this.needs = told.needs;
      // A new worker has heard nothing yet.
      if (this.#gate !== undefined) this.#queue.offerFirst(this.#gate, this.#queue.waitingSince ?? now);
      this.#state = { kind: 'running', worker: state.worker, underWay: undefined, deadline: now };
      this.flush(now);
    } else if (state.kind === 'running' && state.underWay?.batch === told.batch) {
      state.deadline = after(now, this.#policy.answerWithinMs);
      if (told.kind === 'alive') state.underWay.done = told.done;
      else this.#onAnswer(told, state.underWay.size, now, nowMs);
    }
  }

  #onNonsense(what: string, now: MonoMs): void {
    this.#badMessages += 1;
    this.#countError('bad_message', `its thread said nonsense: ${what}`, now);
    if (this.#badMessages >= MAX_ERRORS_IN_A_ROW)
      this.#disable(
        `its thread said nonsense ${this.#badMessages} times without an answer between, last: ${what}`,
        now,
      );
  }

  #onAnswer(answer: BatchAnswer, size: number, now: MonoMs, nowMs: UnixMs): void {
    if (this.#state.kind === 'running') this.#state.underWay = undefined;
    this.#badMessages = 0;
    this.#counts.events += size;
    const leaves = this.#ports.isGateOpen?.() ?? true;
    const withheld = answer.withheld + (leaves ? 0 : answer.signals.length);
    this.#counts.withheld_signals += withheld;
    this.#counts.surplus_signals += answer.surplus;
    if (leaves) this.#counts.signals += answer.signals.length;
    if (leaves && answer.signals.length > 0) this.#ports.onSignals(answer.signals, this.#name, nowMs);
    if (withheld > 0) this.#tell('withheld', `the gate is shut: ${withheld} signals did not leave`, now);
    if (answer.surplus > 0) this.#tell('bad_signal', `${answer.surplus} signals too many in one batch`, now);
    if (answer.invalid > 0)
      this.#countError('bad_signal', answer.invalidReason ?? 'not a signal', now, answer.invalid);
    if (answer.errors > 0) this.#countError('threw', answer.lastError ?? 'threw', now, answer.errors);
    this.#marks.answered(answer.batch);
    if (answer.errorsInARow >= MAX_ERRORS_IN_A_ROW)
      this.#disable(
        `it threw or answered nonsense ${answer.errorsInARow} times in a row, last: ${answer.lastInARow ?? 'unknown'}`,
        now,
      );
    else this.flush(now);
  }

  /** The worker is stuck or gone: a new one after a pause, unless this happens too often. */
  #fail(reason: string, now: MonoMs): void {
    const underWay = this.#state.kind === 'running' ? this.#state.underWay : undefined;
    if (this.#failedAt !== undefined && now - this.#failedAt > this.#policy.stableAfterMs) this.#failures = 0;
    this.#failedAt = now;
    this.#failures += 1;
    this.#countError('failed', reason, now);
    if (this.#failures >= MAX_FAILURES) {
      this.#disable(`it failed ${this.#failures} times, last: ${reason}`, now);
      return;
    }
    const missing = underWay === undefined ? 0 : underWay.size - underWay.done;
    // The batch is not sent again: it may be what the strategy fails at. What waits behind the gap has waited longer than it.
    this.#queue.offerFirst(restartGap(missing), this.#queue.waitingSince ?? now);
    this.#end({ kind: 'restarting', at: after(now, this.#policy.restartAfterMs) });
  }

  #disable(reason: string, now: MonoMs): void {
    this.#end({ kind: 'disabled' });
    this.#queue.clear();
    this.#lastError = { message: reason, at: now };
    this.#tell('disabled', reason, now);
  }

  #end(next: State): void {
    const state = this.#state;
    this.#life += 1;
    this.#state = next;
    if (state.kind === 'starting' || state.kind === 'running') state.worker.terminate();
    this.#marks.failed();
  }

  #countError(kind: StrategyTrouble['kind'], message: string, now: MonoMs, count = 1): void {
    this.#counts.errors += count;
    this.#lastError = { message, at: now };
    this.#tell(kind, message, now);
  }

  /** A strategy that throws at every trade must not fill the log. */
  #tell(kind: StrategyTrouble['kind'], message: string, now: MonoMs): void {
    const last = this.#lastTold.get(kind);
    if (last !== undefined && now - last < TOLD_EVERY_MS) return;
    this.#lastTold.set(kind, now);
    this.#ports.onTrouble({ kind, strategy: this.#name, file: this.#task.file, message });
  }
}
