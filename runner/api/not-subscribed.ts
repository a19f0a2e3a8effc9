/** What is answered about what nobody listens to: an empty answer would look like a quiet market. */
import { type Instrument, instrumentKey } from '../../shared/market.ts';
import { ApiError } from './api-error.ts';

/** `value`, or a 409 that says what to subscribe. */
export function subscribed<T>(value: T | undefined, instrument: Instrument, subscription: string): T {
  if (value === undefined) throw notSubscribed(instrument, subscription);
  return value;
}

export function notSubscribed(instrument: Instrument, subscription: string): ApiError {
  return new ApiError(
    'not_subscribed',
    `${subscription} of ${instrumentKey(instrument)} is not subscribed: add ${subscription} to SUBSCRIPTIONS`,
  );
}
