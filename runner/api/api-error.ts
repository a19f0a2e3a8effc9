/**
 * Errors as the API tells them: `{error: {code, message}}` with the status that fits.
 *
 * A handler throws an ApiError for what the caller did wrong or must wait for; everything else that is thrown is a bug of
 * ours and becomes a 500 without inner details.
 */
import { z } from 'zod';

/** Codes are lower snake nouns; the message names the field and what is allowed. */
export const apiErrorCodes = {
  invalid_parameter: 400,
  unknown_instrument: 400,
  invalid_cursor: 400,
  bad_request: 400,
  token_required: 401,
  host_refused: 403,
  origin_refused: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_subscribed: 409,
  too_many_topics: 409,
  no_filters: 409,
  not_known_yet: 503,
  too_many_streams: 503,
  dump_failed: 503,
  history_busy: 503,
  history_failed: 503,
  history_slow: 504,
  bug: 500,
} as const;
export type ApiErrorCode = keyof typeof apiErrorCodes;

export type ErrorBody = { readonly error: { readonly code: string; readonly message: string } };

export const errorBodySchema = z
  .object({ error: z.object({ code: z.string(), message: z.string() }) })
  .describe('What is wrong and what is allowed');

/** Thrown by handlers; the error handler turns it into a response. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;

  constructor(code: ApiErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  get statusCode(): number {
    return apiErrorCodes[this.code];
  }
}

export function errorBody(code: string, message: string): ErrorBody {
  return { error: { code, message } };
}
