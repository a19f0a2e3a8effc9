/**
 * The catalogue of error codes: what each means, whether trying again can help, and with which code a process ends.
 *
 * Every `error` event, `reply` and refused setting carries one of these codes, so that a reader can look it up here and in
 * docs/troubleshooting.md. Codes are lower snake nouns.
 */

/** Exit codes after sysexits(3), read by the supervisor and by systemd alike. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 64,
  dataError: 65,
  bug: 70,
  tryAgain: 75,
  refused: 77,
  config: 78,
} as const;

/** Nobody restarts a process that ended with one of these: the cause is still there. */
export const permanentExitCodes: readonly number[] = [exitCodes.usage, exitCodes.refused, exitCodes.config];

export const errorCatalogue = {
  usage_invalid: { retryable: false, exitCode: 64, meaning: 'the command line is wrong' },
  config_invalid: {
    retryable: false,
    exitCode: 78,
    meaning: 'a setting is wrong, missing or contradicts another',
  },
  auth_rejected: { retryable: false, exitCode: 77, meaning: 'the exchange refused the credentials' },
  bug: { retryable: false, exitCode: 70, meaning: 'an invariant of ours is broken' },
  resource_taken: {
    retryable: true,
    exitCode: 75,
    meaning: 'a port or a data folder is in use by another process',
  },
  connect_failed: { retryable: true, meaning: 'no connection to the exchange could be opened' },
  connect_refused: {
    retryable: true,
    meaning: 'the exchange answered the connection request with an error status',
  },
  connection_budget: {
    retryable: true,
    meaning:
      'so many connections were opened of late that the next one waits, before the exchange shuts us out',
  },
  socket_lost: { retryable: true, meaning: 'the connection to the exchange ended' },
  pong_missing: { retryable: true, meaning: 'the exchange did not answer a ping in time' },
  data_silent: { retryable: true, meaning: 'the connection is open but no data come' },
  machine_slept: { retryable: true, meaning: 'the wall clock ran away from the monotonic clock' },
  topic_refused: { retryable: false, meaning: 'the exchange does not know this topic or refuses it' },
  ack_missing: { retryable: true, meaning: 'the exchange did not acknowledge a subscription in time' },
  bad_frame: { retryable: false, meaning: 'the exchange sent something that cannot be read' },
  book_gap: {
    retryable: true,
    meaning: 'an update of the order book is missing; the book is being fetched anew',
  },
  book_crossed: {
    retryable: true,
    meaning: 'the best bid is not below the best ask; the book is being fetched anew',
  },
  bad_line: { retryable: false, meaning: 'a line on stdio is not a valid event or command' },
  line_too_long: { retryable: false, meaning: 'a line on stdio is longer than 1 MiB' },
  bad_command: { retryable: false, meaning: 'a command lacks a field or has a wrong one' },
  unknown_command: { retryable: false, meaning: 'there is no such command' },
  overloaded: { retryable: true, meaning: 'the reader is too slow; data were dropped and the gap is told' },
  rate_limited: { retryable: true, meaning: 'too many requests; wait before the next one' },
  ip_banned: {
    retryable: true,
    meaning: 'this IP address sent too many requests and is shut out for at least 10 minutes',
  },
  region_blocked: { retryable: false, meaning: 'the exchange does not serve this country' },
  request_failed: { retryable: true, meaning: 'a request to the exchange failed' },
  request_refused: {
    retryable: false,
    meaning: 'the exchange refused a request as wrong, for example because it does not know the symbol',
  },
  answer_bad: { retryable: true, meaning: 'the answer to a request cannot be read' },
  requests_full: {
    retryable: true,
    meaning: 'too many requests to the exchange wait already; this one was not sent',
  },
  dump_failed: { retryable: true, meaning: 'the memory of the flight recorder could not be written out' },
  recording_bad: { retryable: false, exitCode: 65, meaning: 'a recorded file cannot be read' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

export type ErrorEntry = {
  readonly retryable: boolean;
  readonly exitCode?: number;
  readonly meaning: string;
};

/** What went wrong, as a value: `message` tells the reader what is wrong and, where it helps, what to do. */
export type Failure = { readonly code: ErrorCode; readonly message: string };

/** The answer of a function that can fail for reasons outside our code. */
export type Result<T, F = Failure> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: F };

export function ok<T>(value: T): Result<T, never> {
  return { ok: true, value };
}

export function fail(code: ErrorCode, message: string): Result<never> {
  return { ok: false, failure: { code, message } };
}

/** Is it worth trying again? */
export function isRetryable(code: ErrorCode): boolean {
  return errorCatalogue[code].retryable;
}

/** A broken invariant: our own fault, never the exchange's or the child's. The process ends with 70, the level above restarts it. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws when something that our own code guarantees does not hold. Stays on in production. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
