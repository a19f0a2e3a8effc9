/** The answer of /v5/user/query-api (bybit-v5.md 6.7): what the key that signed the question may do. */
import { fail, ok, type Result } from '../../shared/errors.ts';
import { type UnixMs, unixMs } from '../../shared/time.ts';
import { isRecord } from './values.ts';

/** The question's path; it takes no parameters, and any permission will do. */
export const keyEndpoint = '/v5/user/query-api';

export type KeyRights = {
  readonly readOnly: boolean;
  /** Group and right as the exchange names them: `Spot.SpotTrade`. Sorted. */
  readonly permissions: readonly string[];
  /** May it move money out? */
  readonly canWithdraw: boolean;
  /** Addresses that it is bound to; empty: any. */
  readonly ips: readonly string[];
  /** Undefined: never, or the exchange does not say. */
  readonly expiresAt: UnixMs | undefined;
};

export function readKeyRights(result: unknown): Result<KeyRights> {
  if (!isRecord(result) || !isRecord(result['permissions']))
    return fail('answer_bad', 'the answer does not say what the key may do');
  const permissions = Object.entries(result['permissions'])
    .flatMap(([group, rights]) => texts(rights).map((right) => `${group}.${right}`))
    .toSorted();
  const readOnly = result['readOnly'] === 1 || result['readOnly'] === '1';
  const expires = typeof result['expiredAt'] === 'string' ? Date.parse(result['expiredAt']) : Number.NaN;
  return ok({
    readOnly,
    permissions,
    canWithdraw: permissions.includes('Wallet.Withdraw') && !readOnly,
    ips: texts(result['ips']).filter((ip) => ip !== '*'),
    // Keys without an end have the beginning of all time there.
    expiresAt: expires > 0 ? unixMs(expires) : undefined,
  });
}

function texts(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((entry) => typeof entry === 'string').slice(0, 1_000) : [];
}
