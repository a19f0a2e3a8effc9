/**
 * The supervisor's deadlines: when the machine wants to be woken, and how what is seen of a child moves them.
 *
 * Any valid line postpones the judgement of silence. A late timer of our own proves that we were asleep, not the child, so
 * everything starts again: judging at once kills a healthy child (5 of 5 in the measurement behind DESIGN 6, Liveness).
 */
import { after, type MonoMs } from '../../shared/time.ts';
import type { SupervisorEvent, SupervisorPolicy, SupervisorState } from './states.ts';

/** When the machine wants its next `tick`; undefined when it waits for nothing. */
export function wakeAt(state: SupervisorState): MonoMs | undefined {
  switch (state.kind) {
    case 'starting':
      return state.readyBy;
    case 'ready':
      return earlier(state.silentAt, state.stableAt ?? state.silentAt);
    case 'stopping':
      return state.killAt ?? undefined;
    case 'backoff':
    case 'cooling':
      return state.until;
    case 'idle':
    case 'held':
      return undefined;
  }
}

/** What was learned about the current child; only deadlines move, and `starting` becomes `ready`. */
export function watched(
  state: SupervisorState,
  event: Extract<SupervisorEvent, { kind: 'announced_ready' | 'heard' | 'output_ended' | 'stalled' }>,
  now: MonoMs,
  policy: SupervisorPolicy,
): SupervisorState {
  switch (event.kind) {
    case 'announced_ready':
      return state.kind === 'starting' ? becomeReady(state.mute, now, policy) : state;
    case 'heard':
      if (state.kind !== 'ready' || state.mute) return state;
      return { ...state, silentAt: later(state.silentAt, after(event.at, policy.silentAfterMs)) };
    case 'output_ended':
      return closeOutput(state, now, policy);
    case 'stalled':
      return restartDeadlines(state, now, policy);
  }
}

function becomeReady(mute: boolean, now: MonoMs, policy: SupervisorPolicy): SupervisorState {
  return {
    kind: 'ready',
    silentAt: after(now, mute ? policy.killAfterMs : policy.silentAfterMs),
    stableAt: after(now, policy.stableAfterMs),
    mute,
  };
}

/** A child that closed its stdout is usually about to end; it gets as long as one that was asked to stop. */
function closeOutput(state: SupervisorState, now: MonoMs, policy: SupervisorPolicy): SupervisorState {
  const soon = after(now, policy.killAfterMs);
  if (state.kind === 'starting') return { ...state, mute: true, readyBy: earlier(state.readyBy, soon) };
  if (state.kind === 'ready') return { ...state, mute: true, silentAt: earlier(state.silentAt, soon) };
  return state;
}

/** Nothing was proved about the child (we were asleep, or it is gone and only its end is awaited): all deadlines start again. */
export function restartDeadlines(
  state: SupervisorState,
  now: MonoMs,
  policy: SupervisorPolicy,
): SupervisorState {
  switch (state.kind) {
    case 'starting':
      return { ...state, readyBy: after(now, state.mute ? policy.killAfterMs : policy.readyWithinMs) };
    case 'ready':
      return {
        ...becomeReady(state.mute, now, policy),
        ...(state.stableAt === null ? { stableAt: null } : {}),
      };
    case 'stopping':
      return { ...state, killAt: state.killAt === null ? null : after(now, policy.killAfterMs) };
    case 'idle':
    case 'backoff':
    case 'cooling':
    case 'held':
      return state;
  }
}

function earlier(a: MonoMs, b: MonoMs): MonoMs {
  return a < b ? a : b;
}

function later(a: MonoMs, b: MonoMs): MonoMs {
  return a > b ? a : b;
}
