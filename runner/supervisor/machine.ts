/**
 * Keeps one child alive: decides when it is started, stopped, killed, and how long to wait before the next try.
 *
 * Alive is not ready: `starting` becomes `ready` by the child's own word only. Every wait has an end: not ready in time, or
 * silent for too long, and the child is stopped; not stopped in time, and it is killed. After a death the next try waits
 * (`backoff`); after too many deaths it waits long (`cooling`), and the child stays on probation until it was healthy for
 * `stableAfterMs`; a permanent cause, also that it is not the child that was asked for, waits for the operator (`held`). Pure: time and randomness are arguments, and the
 * driver (supervisor.ts) performs the effects in their order. The table is in states.ts.
 */
import { backoffDelay } from '../../shared/backoff.ts';
import { after, type MonoMs, type Random } from '../../shared/time.ts';
import { restartDeadlines, watched } from './deadlines.ts';
import { deathsWithin, judgeEnding, type Refusal, type StopReason } from './deaths.ts';
import {
  freshHealth,
  type Health,
  type SupervisorEffect,
  type SupervisorEvent,
  type SupervisorMachine,
  type SupervisorPolicy,
  type SupervisorState,
  type SupervisorStep,
} from './states.ts';

/** One step: the next state and what is to be done, in this order. */
export function step(
  machine: SupervisorMachine,
  event: SupervisorEvent,
  now: MonoMs,
  policy: SupervisorPolicy,
  random: Random,
): SupervisorStep {
  switch (event.kind) {
    case 'start':
      return start(machine, now, policy);
    case 'stop':
      return stop(machine, now, policy);
    case 'restart':
      return restart(machine, event.reason, now, policy);
    case 'refused':
      return refuse(machine, event.refusal, now, policy);
    case 'fruitless':
      return replace(machine, event.message, now, policy);
    case 'exited':
      return exited(machine, event, now, policy, random);
    case 'tick':
      return event.leaderGone === true ? awaitExit(machine, now, policy) : tick(machine, now, policy);
    case 'announced_ready':
    case 'heard':
    case 'output_ended':
    case 'stalled':
      return to(machine, watched(machine.state, event, now, policy));
  }
}

function start(machine: SupervisorMachine, now: MonoMs, policy: SupervisorPolicy): SupervisorStep {
  const { state, health } = machine;
  switch (state.kind) {
    case 'idle':
    case 'held':
      return launch(freshHealth, now, policy);
    case 'backoff':
    case 'cooling':
      return launch(health, now, policy);
    case 'stopping':
      return to(machine, { ...state, afterwards: 'start' });
    case 'starting':
    case 'ready':
      return to(machine, state);
  }
}

function stop(machine: SupervisorMachine, now: MonoMs, policy: SupervisorPolicy): SupervisorStep {
  const { state, health } = machine;
  switch (state.kind) {
    case 'starting':
    case 'ready':
      return terminate(
        health,
        { cause: 'stopped', message: 'the connector was asked to stop' },
        'idle',
        now,
        policy,
      );
    case 'stopping':
      return to(machine, { ...state, afterwards: 'idle' });
    case 'backoff':
    case 'cooling':
    case 'held':
    case 'idle':
      return to(machine, { kind: 'idle' });
  }
}

function restart(
  machine: SupervisorMachine,
  reason: string,
  now: MonoMs,
  policy: SupervisorPolicy,
): SupervisorStep {
  const { state } = machine;
  switch (state.kind) {
    case 'starting':
    case 'ready': {
      const message = `the connector was restarted on request: ${reason}`;
      return terminate(freshHealth, { cause: 'restarted', message }, 'start', now, policy);
    }
    case 'stopping':
      return to(machine, state.afterwards === 'idle' ? state : { ...state, afterwards: 'start' });
    case 'backoff':
    case 'cooling':
    case 'held':
      return launch(freshHealth, now, policy);
    case 'idle':
      return to(machine, state);
  }
}

/** The child is not the one that was asked for: it is stopped, and its end leads to `held`. */
function refuse(
  machine: SupervisorMachine,
  refusal: Refusal,
  now: MonoMs,
  policy: SupervisorPolicy,
): SupervisorStep {
  const { state, health } = machine;
  switch (state.kind) {
    case 'starting':
    case 'ready':
      return terminate(health, refusal, 'retry', now, policy);
    case 'stopping':
      // A child that was stopped for being late may say its name only now; what the operator wanted goes before.
      return to(machine, state.afterwards === 'retry' ? { ...state, reason: refusal } : state);
    case 'backoff':
    case 'cooling':
    case 'held':
    case 'idle':
      return to(machine, state);
  }
}

/** The child gives no data whatever it tries: a death like any other, with its backoff, but for a cause of its own. */
function replace(
  machine: SupervisorMachine,
  message: string,
  now: MonoMs,
  policy: SupervisorPolicy,
): SupervisorStep {
  const { state, health } = machine;
  if (state.kind !== 'starting' && state.kind !== 'ready') return to(machine, state);
  return terminate(health, { cause: 'data_silent', message }, 'retry', now, policy);
}

/** A child has ended: the verdict, then what follows from it. */
function exited(
  { state, health }: SupervisorMachine,
  event: Extract<SupervisorEvent, { kind: 'exited' }>,
  now: MonoMs,
  policy: SupervisorPolicy,
  random: Random,
): SupervisorStep {
  const stopping = state.kind === 'stopping' ? state : null;
  const ending = judgeEnding(event.exit, stopping?.reason ?? null, event.mayFinish);
  const ended: SupervisorEffect = { kind: 'ended', ending };
  if (stopping?.afterwards === 'start') {
    const launched = launch(health, now, policy);
    return { ...launched, effects: [ended, ...launched.effects] };
  }
  if (stopping?.afterwards === 'idle' || ending.cause === 'finished')
    return { next: { state: { kind: 'idle' }, health }, effects: [ended] };
  if (ending.permanent) return { next: { state: { kind: 'held' }, health }, effects: [ended] };
  return { next: afterDeath(health, now, policy, random), effects: [ended] };
}

function afterDeath(
  health: Health,
  now: MonoMs,
  policy: SupervisorPolicy,
  random: Random,
): SupervisorMachine {
  const deaths = deathsWithin(health.deaths, now, policy.deathWindowMs, policy.deathsInWindow);
  const probation = health.probation || deaths.length > policy.deathsInWindow;
  const failures = health.failures + 1;
  const state: SupervisorState = probation
    ? { kind: 'cooling', until: after(now, policy.coolingRetryMs) }
    : { kind: 'backoff', until: after(now, backoffDelay(health.failures, policy.backoff, random)) };
  return { state, health: { failures, deaths, probation } };
}

/** Time has passed: which deadline is over? */
function tick(machine: SupervisorMachine, now: MonoMs, policy: SupervisorPolicy): SupervisorStep {
  const { state, health } = machine;
  switch (state.kind) {
    case 'starting':
      return now < state.readyBy
        ? to(machine, state)
        : terminate(health, state.mute ? closedOutput : notReady(policy), 'retry', now, policy);
    case 'ready':
      if (now >= state.silentAt)
        return terminate(health, state.mute ? closedOutput : silent(policy), 'retry', now, policy);
      if (state.stableAt === null || now < state.stableAt) return to(machine, state);
      return { next: { state: { ...state, stableAt: null }, health: recovered(health) }, effects: [] };
    case 'stopping':
      if (state.killAt === null || now < state.killAt) return to(machine, state);
      return { next: { state: { ...state, killAt: null }, health }, effects: [{ kind: 'kill' }] };
    case 'backoff':
    case 'cooling':
      return now < state.until ? to(machine, state) : launch(health, now, policy);
    case 'idle':
    case 'held':
      return to(machine, state);
  }
}

/**
 * A child that has ended by itself is not judged any more: that the rest of its group takes time to end makes it neither
 * silent nor late, and the cause of its end is its own.
 */
function awaitExit(machine: SupervisorMachine, now: MonoMs, policy: SupervisorPolicy): SupervisorStep {
  const { state } = machine;
  return state.kind === 'starting' || state.kind === 'ready'
    ? to(machine, restartDeadlines(state, now, policy))
    : tick(machine, now, policy);
}

/** The first child on probation that proved to be healthy ends it; otherwise only the backoff starts anew. */
function recovered(health: Health): Health {
  return health.probation ? freshHealth : { ...health, failures: 0 };
}

function launch(health: Health, now: MonoMs, policy: SupervisorPolicy): SupervisorStep {
  const state: SupervisorState = { kind: 'starting', readyBy: after(now, policy.readyWithinMs), mute: false };
  return { next: { state, health }, effects: [{ kind: 'spawn' }] };
}

function terminate(
  health: Health,
  reason: StopReason,
  afterwards: 'idle' | 'start' | 'retry',
  now: MonoMs,
  policy: SupervisorPolicy,
): SupervisorStep {
  const killAt = after(now, policy.killAfterMs);
  return {
    next: { state: { kind: 'stopping', killAt, reason, afterwards }, health },
    effects: [{ kind: 'terminate' }],
  };
}

function to({ health }: SupervisorMachine, state: SupervisorState): SupervisorStep {
  return { next: { state, health }, effects: [] };
}

const closedOutput: StopReason = {
  cause: 'protocol',
  message: 'the connector closed its stdout but went on running',
};

function notReady({ readyWithinMs }: SupervisorPolicy): StopReason {
  return { cause: 'not_ready', message: `the connector did not say ready within ${seconds(readyWithinMs)}` };
}

function silent({ silentAfterMs }: SupervisorPolicy): StopReason {
  return { cause: 'silent', message: `the connector said nothing valid for ${seconds(silentAfterMs)}` };
}

function seconds(ms: number): string {
  return `${ms / 1_000} s`;
}
