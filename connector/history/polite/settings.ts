/**
 * What history reads from the environment (DESIGN 7.4, group history), checked all at once: addresses, key, cache, and how politely.
 *
 * A runner has checked the variables before it starts a child; alone in a terminal nobody else does. An empty variable is "not set".
 */
import { type HistoryPolicy, historyPolicy } from '../../../shared/history-policy.ts';
import type { Environment } from '../../../shared/market.ts';
import type { Policy } from '../../../shared/policy.ts';
import { proxyProblem } from '../../../shared/settings/proxy.ts';
import {
  anyText,
  cited,
  decimalNumber,
  type TextType,
  wholeNumber,
  yesOrNo,
} from '../../../shared/settings/words.ts';
import { archiveBaseUrl } from '../../bybit/archive-files.ts';
import type { ApiKey } from '../../bybit/sign.ts';
import { type Environ, readPolicy, readTestnet, readText, variable } from '../../settings.ts';
import { baseUrlProblem, isStranger, readRestUrl, readUrls } from '../../stream-options.ts';
import { archivesExistFor } from '../plan/archive-days.ts';

export type HistorySettings = {
  readonly environment: Environment;
  /** Base of the REST interface of this very market; undefined when it is not known which one that is. */
  readonly restUrl: string | undefined;
  /** The same of the archive: undefined also where there is none. */
  readonly archiveUrl: string | undefined;
  /** It buys more requests at a time, and nothing else: market data need none. */
  readonly key: ApiKey | undefined;
  readonly cache: { readonly isEnabled: boolean; readonly folder: string };
  /** Of the requests, as of the live connector's, with what history does otherwise. */
  readonly rest: Policy['rest'];
  readonly policy: HistoryPolicy;
};

export const DEFAULT_CACHE_FOLDER = './data/history';

/** `chosen`: what the command line says; without it the network of BYBIT_CONNECTOR_TESTNET. All problems are told, in words for people. */
export function historySettings(
  env: Environ,
  chosen?: Environment,
): { readonly settings: HistorySettings; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const network = readTestnet(env, problems) ? 'testnet' : 'mainnet';
  const environment = chosen ?? network;
  const sockets = readUrls({}, env, problems);
  const restUrl = readRestUrl(environment, sockets, env, problems);
  const { rest, ...policy } = readManners(env, problems);
  const proxy = proxyProblem(env);
  if (proxy !== undefined) problems.push(proxy);
  const folder = readText(variable(env, 'BACKFILL_CACHE_DIR'), anyText('the path of a folder'), problems);
  const settings = {
    environment,
    restUrl,
    archiveUrl: readArchiveUrl(environment, restUrl, env, problems),
    key: readKey(env, problems),
    cache: {
      isEnabled: readText(variable(env, 'BACKFILL_CACHE_ENABLED'), yesOrNo, problems) ?? true,
      folder: folder ?? DEFAULT_CACHE_FOLDER,
    },
    rest,
    ...policy,
  };
  return { settings, problems };
}

/** The policies of both clients with what the environment says about them. */
function readManners(env: Environ, problems: string[]): Pick<HistorySettings, 'rest' | 'policy'> {
  const number = (name: string, type: TextType<number>, standard: number): number =>
    readText(variable(env, name), type, problems) ?? standard;
  const scale = readText(variable(env, 'TIME_SCALE'), decimalNumber(0.0001, 10), []) ?? 1;
  const live = readPolicy(env, problems).rest;
  const { rest, manners, ...standard } = historyPolicy(scale);
  const most = number('BYBIT_BACKFILL_MAX_CONCURRENT_CHUNKS', wholeNumber(1, 32), manners.concurrencyKeyed);
  const baseMs = number('BYBIT_BACKFILL_RETRY_BASE', decimalNumber(0.05, 60), 0.5) * 1_000 * scale;
  // By the name they are retries, by the document five tries: so many tries, and the question is put at least once.
  const tries = Math.max(1, number('BYBIT_BACKFILL_MAX_RETRIES', wholeNumber(0, 100), rest.tries));
  const threshold = number(
    'BYBIT_BACKFILL_RATE_LIMIT_THRESHOLD',
    wholeNumber(1, 100),
    manners.breaker.threshold,
  );
  const cooldown = number('BYBIT_BACKFILL_COOLDOWN_SECONDS', wholeNumber(1, 3_600), 60);
  const delay = number('BYBIT_BACKFILL_PUBLIC_DELAY_MS', wholeNumber(0, 60_000), 50);
  const backoff = { ...rest.backoff, baseMs, capMs: Math.max(baseMs, rest.backoff.capMs) };
  const ofHistory = { ...rest, tries, backoff };
  return {
    rest: { ...live, ...ofHistory, concurrency: most },
    policy: {
      ...standard,
      rest: ofHistory,
      manners: {
        ...manners,
        concurrencyKeyed: most,
        concurrencyPublic: Math.min(most, manners.concurrencyPublic),
        delayMs: delay * scale,
        breaker: { threshold, cooldownMs: cooldown * 1_000 * scale },
      },
    },
  };
}

/**
 * BYBIT_ARCHIVE_BASE_URL, or the archive that belongs to the market: the exchange's own, and with the simulated one its REST address.
 * Where sockets or REST are a stranger's, nobody knows whose rows Bybit's files would be put among: none is read unless it is named.
 */
function readArchiveUrl(
  environment: Environment,
  restUrl: string | undefined,
  env: Environ,
  problems: string[],
): string | undefined {
  const said = variable(env, 'BYBIT_ARCHIVE_BASE_URL');
  if (said !== undefined) {
    const problem = archivesExistFor(environment)
      ? baseUrlProblem(said, environment, 'archive')
      : `is set, but ${environment} has no archive: remove it`;
    if (problem === undefined) return archiveBaseUrl(environment, said.text);
    problems.push(`${cited(said)} ${problem}`);
    return undefined;
  }
  if (environment === 'simulated') return restUrl;
  return restUrl === undefined || isStranger(restUrl) ? undefined : archiveBaseUrl(environment);
}

/** Neither is ever shown. */
function readKey(env: Environ, problems: string[]): ApiKey | undefined {
  const key = variable(env, 'BYBIT_API_KEY');
  const secret = variable(env, 'BYBIT_API_SECRET');
  if (key === undefined && secret === undefined) return undefined;
  if (key === undefined || secret === undefined) {
    const [there, missing] = key === undefined ? ['SECRET', 'KEY'] : ['KEY', 'SECRET'];
    problems.push(`BYBIT_API_${there} is set without BYBIT_API_${missing}: set both, or none`);
    return undefined;
  }
  const wrong = [key, secret].filter(({ text }) => !/^[\x21-\x7e]{1,500}$/.test(text));
  for (const { name } of wrong)
    problems.push(`${name} (its value is not shown) has characters that no key has: copy it again`);
  return wrong.length > 0 ? undefined : { key: key.text, secret: secret.text };
}
