/** What can go wrong with a feed for hftbacktest. Failures are values at the boundary; nothing half written is left behind. */
import type { Result } from '../../../shared/errors.ts';
import { failureOf } from '../store/failures.ts';

export const feedErrors = {
  file_name_wrong: { retryable: false, meaning: 'the name of the file ends neither in .npz nor in .npy' },
  local_time_missing: {
    retryable: false,
    meaning: 'an event tells no receipt, and no latency was given to make one',
  },
  latency_wrong: { retryable: false, meaning: 'a latency is negative' },
  too_far_out_of_order: {
    retryable: false,
    meaning: 'putting the rows in order would take more memory than is allowed',
  },
  feed_empty: { retryable: false, meaning: 'there is no event of that instrument to write' },
  disk_full: { retryable: true, meaning: 'there is no room on the disk' },
  write_failed: {
    retryable: true,
    meaning: 'the file could not be written, or its events could not be read',
  },
} as const satisfies Record<string, { readonly retryable: boolean; readonly meaning: string }>;

export type FeedErrorCode = keyof typeof feedErrors;
/** `message` names what is wrong and what to do about it. */
export type FeedFailure = { readonly code: FeedErrorCode; readonly message: string };
export type FeedResult<T> = Result<T, FeedFailure>;

/** A failure on its way out of nested loops. */
export class FeedError extends Error {
  override readonly name = 'FeedError';
  readonly code: FeedErrorCode;

  constructor(code: FeedErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What was thrown while `doing` was tried, as a value. */
export function feedFailureOf(error: unknown, doing: string): FeedFailure {
  if (error instanceof FeedError) return { code: error.code, message: error.message };
  const { code, message } = failureOf(error, 'write_failed', doing);
  return { code: code === 'disk_full' ? 'disk_full' : 'write_failed', message };
}
