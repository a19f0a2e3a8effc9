/**
 * Does the exchange take our key? Asked once, by one public and one signed question, before anything else.
 *
 * Market data need no key; one that is taken only allows more requests at a time. So a key that is refused, or that nobody could be asked
 * about, costs speed and nothing else: history goes on without it, and says so once.
 */
import type { Failure } from '../../../shared/errors.ts';
import type { Millis } from '../../../shared/time.ts';
import { type KeyRights, keyEndpoint, readKeyRights } from '../../bybit/rest-key.ts';
import type { MarketRest } from '../../rest/market-rest.ts';
import type { Ask } from '../../rest/request.ts';

export type KeyCheck =
  | { readonly kind: 'none' }
  | { readonly kind: 'taken'; readonly rights: KeyRights }
  | { readonly kind: 'refused'; readonly failure: Failure }
  /** Nobody could be asked, or the answer says something else. */
  | { readonly kind: 'unknown'; readonly failure: Failure };

export type AccessPorts = {
  readonly rest: Pick<MarketRest, 'clock'>;
  /** Signs what is asked of the key's endpoint. */
  readonly ask: Ask;
  /** Our clock is so much ahead of the exchange's. */
  readonly clockIs: (offsetMs: Millis) => void;
};

export async function checkKey({ rest, ask, clockIs }: AccessPorts): Promise<KeyCheck> {
  // A signature from a clock that is a second ahead is refused like one of a wrong key.
  const look = await rest.clock();
  if (look.ok) clockIs(look.value.offsetMs);
  const answer = await ask({ endpoint: keyEndpoint, query: '', subject: 'clock' });
  const rights = answer.ok ? readKeyRights(answer.value.result) : answer;
  if (rights.ok) return { kind: 'taken', rights: rights.value };
  const { failure } = rights;
  return { kind: failure.code === 'auth_rejected' ? 'refused' : 'unknown', failure };
}
