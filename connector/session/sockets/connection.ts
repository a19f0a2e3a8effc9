/**
 * The life of one socket to one URL: connect, keep alive, notice death, wait, connect again; for ever.
 *
 * Pure: time and randomness come in, effects go out. The driver gives each socket a generation and silences the old one,
 * which is what makes the `never` cells true. The first retry after a loss comes at once, later ones with full jitter; a
 * connection must hold for a while before the count of failures is forgotten. An exchange that shuts our address out is asked
 * slowly from the start. Giving up is not a state.
 */
import { backoffDelay } from '../../../shared/backoff.ts';
import type { ErrorCode } from '../../../shared/errors.ts';
import type { Policy } from '../../../shared/policy.ts';
import type { Matrix } from '../../../shared/state-table.ts';
import { after, type Millis, type MonoMs, type Random } from '../../../shared/time.ts';

export type ConnectionState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'connecting'; readonly openBy: MonoMs; readonly failures: number }
  | {
      readonly kind: 'open';
      readonly since: MonoMs;
      readonly pingAt: MonoMs;
      /** Set while a ping is unanswered. */
      readonly pongBy: MonoMs | undefined;
      readonly failures: number;
    }
  | { readonly kind: 'waiting'; readonly until: MonoMs; readonly failures: number };

export type ConnectionEvent =
  | { readonly kind: 'start' }
  /** A connection is due but must wait: others are being opened, or too many were. */
  | { readonly kind: 'held'; readonly waitMs: Millis }
  | { readonly kind: 'stop' }
  | { readonly kind: 'opened' }
  /** The socket ended, could not be opened, or is given up by us (`reset`). */
  | { readonly kind: 'lost'; readonly code: ErrorCode; readonly reason: string }
  | { readonly kind: 'pong' }
  | { readonly kind: 'tick' }
  /** Our own loop was asleep: what the socket did meanwhile is not known yet, so deadlines start anew. */
  | { readonly kind: 'stalled' };

export type ConnectionEffect =
  | { readonly kind: 'open' }
  | { readonly kind: 'close' }
  | { readonly kind: 'ping' }
  | { readonly kind: 'up' }
  | { readonly kind: 'down'; readonly code: ErrorCode; readonly reason: string; readonly retryInMs: Millis };

export const connectionTable: Matrix<ConnectionState['kind'], ConnectionEvent['kind']> = {
  closed: {
    start: ['connecting'],
    held: ['waiting'],
    stop: 'ignore',
    opened: 'never',
    lost: 'ignore',
    pong: 'never',
    tick: 'ignore',
    stalled: 'ignore',
  },
  connecting: {
    start: 'ignore',
    held: 'never',
    stop: ['closed'],
    opened: ['open'],
    lost: ['waiting'],
    pong: 'never',
    tick: ['connecting', 'waiting'],
    stalled: ['connecting'],
  },
  open: {
    start: 'ignore',
    held: 'never',
    stop: ['closed'],
    opened: 'never',
    lost: ['waiting'],
    pong: ['open'],
    tick: ['open', 'waiting'],
    stalled: ['open'],
  },
  waiting: {
    start: ['connecting'],
    held: ['waiting'],
    stop: ['closed'],
    opened: 'never',
    lost: 'ignore',
    pong: 'never',
    tick: ['waiting', 'connecting'],
    stalled: ['waiting'],
  },
};

export type ConnectionPolicy = Policy['connection'];

export type ConnectionStep = {
  readonly next: ConnectionState;
  readonly effects: readonly ConnectionEffect[];
};

const nothing: readonly ConnectionEffect[] = [];

/** One move of the machine. */
export function stepConnection(
  state: ConnectionState,
  event: ConnectionEvent,
  now: MonoMs,
  policy: ConnectionPolicy,
  random: Random,
): ConnectionStep {
  switch (event.kind) {
    case 'start':
      return state.kind === 'closed' || state.kind === 'waiting'
        ? connect(failuresOf(state), now, policy)
        : stay(state);
    case 'held':
      return state.kind === 'closed' || state.kind === 'waiting'
        ? stay({ kind: 'waiting', until: after(now, event.waitMs), failures: failuresOf(state) })
        : stay(state);
    case 'stop':
      return {
        next: { kind: 'closed' },
        effects: state.kind === 'connecting' || state.kind === 'open' ? [{ kind: 'close' }] : nothing,
      };
    case 'opened':
      return opened(state, now, policy);
    case 'lost':
      return lost(state, event.code, event.reason, now, policy, random);
    case 'pong':
      return state.kind === 'open' ? stay({ ...state, pongBy: undefined }) : stay(state);
    case 'stalled':
      return stay(restartDeadlines(state, now, policy));
    case 'tick':
      return tick(state, now, policy, random);
  }
}

/** Does this event open a socket? Asked first, so that it can be `held` instead. */
export function isConnectDue(state: ConnectionState, event: ConnectionEvent, now: MonoMs): boolean {
  if (event.kind === 'start') return state.kind === 'closed' || state.kind === 'waiting';
  return event.kind === 'tick' && state.kind === 'waiting' && now >= state.until;
}

function tick(state: ConnectionState, now: MonoMs, policy: ConnectionPolicy, random: Random): ConnectionStep {
  switch (state.kind) {
    case 'closed':
      return stay(state);
    case 'waiting':
      return now >= state.until ? connect(state.failures, now, policy) : stay(state);
    case 'connecting':
      if (now < state.openBy) return stay(state);
      return lost(
        state,
        'connect_failed',
        `no connection within ${policy.openTimeoutMs} ms`,
        now,
        policy,
        random,
      );
    case 'open': {
      if (state.pongBy !== undefined && now >= state.pongBy) {
        return lost(state, 'pong_missing', `no pong within ${policy.pongWithinMs} ms`, now, policy, random);
      }
      if (now < state.pingAt) return stay(state);
      const pongBy = state.pongBy ?? after(now, policy.pongWithinMs);
      return {
        next: { ...state, pingAt: after(now, policy.pingEveryMs), pongBy },
        effects: [{ kind: 'ping' }],
      };
    }
  }
}

function connect(failures: number, now: MonoMs, policy: ConnectionPolicy): ConnectionStep {
  return {
    next: { kind: 'connecting', openBy: after(now, policy.openTimeoutMs), failures },
    effects: [{ kind: 'open' }],
  };
}

function opened(state: ConnectionState, now: MonoMs, policy: ConnectionPolicy): ConnectionStep {
  const next: ConnectionState = {
    kind: 'open',
    since: now,
    pingAt: after(now, policy.pingEveryMs),
    pongBy: undefined,
    failures: failuresOf(state),
  };
  return { next, effects: [{ kind: 'up' }] };
}

function lost(
  state: ConnectionState,
  code: ErrorCode,
  reason: string,
  now: MonoMs,
  policy: ConnectionPolicy,
  random: Random,
): ConnectionStep {
  if (state.kind === 'closed' || state.kind === 'waiting') return stay(state);
  const wasStable = state.kind === 'open' && now - state.since >= policy.stableAfterMs;
  const failures = wasStable ? 0 : state.failures;
  const retryInMs = retryDelay(failures, code, policy, random);
  return {
    next: { kind: 'waiting', until: after(now, retryInMs), failures: failures + 1 },
    effects: [{ kind: 'close' }, { kind: 'down', code, reason, retryInMs }],
  };
}

/** The exchange has shut this address out: each further attempt makes that longer (bybit-v5.md 0.19). */
const shutOut: readonly ErrorCode[] = ['ip_banned', 'rate_limited', 'region_blocked'];

function retryDelay(failures: number, code: ErrorCode, policy: ConnectionPolicy, random: Random): Millis {
  if (failures > policy.fastAttempts || shutOut.includes(code))
    return Math.round(policy.slowRetryMs * (0.5 + random() / 2));
  if (failures === 0) return 0;
  return backoffDelay(failures - 1, policy.backoff, random);
}

function restartDeadlines(state: ConnectionState, now: MonoMs, policy: ConnectionPolicy): ConnectionState {
  switch (state.kind) {
    case 'closed':
    case 'waiting':
      return state;
    case 'connecting':
      return { ...state, openBy: after(now, policy.openTimeoutMs) };
    case 'open':
      return { ...state, pongBy: state.pongBy === undefined ? undefined : after(now, policy.pongWithinMs) };
  }
}

function failuresOf(state: ConnectionState): number {
  return state.kind === 'closed' ? 0 : state.failures;
}

function stay(next: ConnectionState): ConnectionStep {
  return { next, effects: nothing };
}
