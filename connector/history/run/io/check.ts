/** The task `check`: one public question, one signed question, and what the answers mean. */
import { exitCodes, type Failure } from '../../../../shared/errors.ts';
import type { KeyCheck } from '../../polite/access.ts';
import { isBan, isWorthRepeating } from '../outcome.ts';
import type { HistoryWorld, Line } from './run-history.ts';

export async function checkAccess({ polite, options, emit }: HistoryWorld): Promise<number> {
  const { settings } = options;
  // The question about the key comes with one about the clock: asked alone it would be two.
  const look = settings.key === undefined ? await polite.rest.clock() : undefined;
  const key = await polite.checkKey();
  const failure = look?.ok === false ? look.failure : key.kind === 'unknown' ? key.failure : undefined;
  const lines = [
    `environment  ${settings.environment}`,
    `REST         ${settings.restUrl ?? 'not known: set BYBIT_REST_BASE_URL'}`,
    `archive      ${settings.archiveUrl ?? 'none'}`,
    `public       ${publicWords(failure, look?.ok === true ? look.value.offsetMs : undefined)}`,
    `key          ${keyWords(key)}`,
  ];
  if (process.stdout.isTTY) process.stdout.write(`${lines.join('\n')}\n`);
  else emit(accessEvent(settings.environment, failure, key));
  if (key.kind === 'refused') return exitCodes.refused;
  if (failure === undefined) return exitCodes.done;
  if (settings.restUrl === undefined) return exitCodes.config;
  return isBan(failure.code) && !isWorthRepeating(failure.code) ? exitCodes.refused : exitCodes.tryAgain;
}

function accessEvent(environment: string, failure: Failure | undefined, key: KeyCheck): Line {
  return {
    type: 'access',
    environment,
    public: failure === undefined ? { ok: true } : { ok: false, code: failure.code, error: failure.message },
    key: key.kind,
    ...(key.kind === 'taken'
      ? {
          read_only: key.rights.readOnly,
          permissions: key.rights.permissions,
          can_withdraw: key.rights.canWithdraw,
          ips: key.rights.ips,
          expires_at: key.rights.expiresAt ?? null,
        }
      : {}),
    ...(key.kind === 'refused' ? { code: key.failure.code, error: key.failure.message } : {}),
  };
}

function publicWords(failure: Failure | undefined, offsetMs: number | undefined): string {
  if (failure !== undefined) return `no answer (${failure.code}): ${failure.message}`;
  return offsetMs === undefined
    ? 'answers'
    : `answers; our clock is ${Math.round(offsetMs)} ms ahead of the exchange's`;
}

function keyWords(key: KeyCheck): string {
  switch (key.kind) {
    case 'none':
      return 'none: not needed for history; with one more is asked at a time';
    case 'unknown':
      return `could not be checked (${key.failure.code}): ${key.failure.message}`;
    case 'refused':
      return `refused (${key.failure.code}): ${key.failure.message}. Make a new one, or unset BYBIT_API_KEY and BYBIT_API_SECRET`;
    case 'taken': {
      const { readOnly, permissions, canWithdraw, ips, expiresAt } = key.rights;
      const expiry = expiresAt === undefined ? 'never' : new Date(expiresAt).toISOString();
      return [
        `taken; it may ${readOnly ? 'only read' : 'read and write'}: ${permissions.join(', ') || 'nothing'}`,
        `             withdrawals: ${canWithdraw ? 'ALLOWED. History never needs that: make a key that may only read' : 'no'}`,
        `             bound to: ${ips.join(', ') || 'any address'}; expires: ${expiry}`,
      ].join('\n');
    }
  }
}
