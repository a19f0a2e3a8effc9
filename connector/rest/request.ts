/** One question to the exchange's REST interface and what came back: the words in which client and dialect speak. */
import type { Failure, Result } from '../../shared/errors.ts';
import type { Millis, UnixMicros, UnixMs } from '../../shared/time.ts';

/**
 * Who goes first when requests wait: an alarm waits for a silence to be explained, for less than a second, and few ask so;
 * trades that are missing heal within seconds or not at all.
 */
export const priorities = { silence: 5, trades: 4, klines: 3, audit: 2, instruments: 1, clock: 0 } as const;
export type Subject = keyof typeof priorities;

export type RestRequest = {
  /** The path; also what a shut-out of one endpoint goes by. */
  readonly endpoint: string;
  /** What stands behind the `?`, already percent-encoded; empty when nothing does. */
  readonly query: string;
  readonly subject: Subject;
  /** Without it a failure that may pass is tried again (`tries` of the policy). */
  readonly once?: boolean;
};

/** What a server said, whoever it was. `headers` have lower-case names. */
export type HttpAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly sentAt: UnixMicros;
  /** When its head came. */
  readonly receivedAt: UnixMicros;
  /** From `sentAt` to `receivedAt` by the monotonic clock. */
  readonly tookMs: Millis;
};

/** The content of an answer that the exchange gave to a question it understood. */
export type RestAnswer = Pick<HttpAnswer, 'sentAt' | 'receivedAt' | 'tookMs'> & {
  readonly result: unknown;
  /** The exchange's clock as it answered. */
  readonly exchangeAt: UnixMs;
};

/**
 * What a failure says about the next request. `request`: nothing, this question is wrong. `outage`: nobody answers or the server
 * is in trouble. `endpoint`: this one was asked too often. `address`: nothing may be sent from this address.
 */
export type Blame =
  | { readonly kind: 'request' }
  | { readonly kind: 'outage' }
  | { readonly kind: 'endpoint'; readonly waitMs: Millis | undefined }
  | { readonly kind: 'address' };

/** What came of one try. */
export type Tried<T> =
  | { readonly kind: 'answered'; readonly answer: T }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly blame: Blame };

export type Verdict = Tried<RestAnswer>;

/** Asks and waits for the answer, politely; a failure is final for now. Never rejects. */
export type Ask = (request: RestRequest) => Promise<Result<RestAnswer>>;
