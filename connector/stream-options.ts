/**
 * The options of `connector stream`: from the command line first, from the environment (DESIGN 7.4) where a flag is absent.
 *
 * Under a runner no topic is taken from here: it sends subscribe commands. Alone in a terminal, the configured symbols (or
 * BTCUSDT) are subscribed at once.
 */

import {
  type Category,
  categories,
  depths,
  type Environment,
  environments,
  symbolPattern,
  type Topic,
} from '../shared/market.ts';
import { type Policy, scaledPolicy } from '../shared/policy.ts';
import type { UrlOverrides } from './bybit/endpoints.ts';
import { UsageError } from './command-line.ts';
import { proxyProblem } from './proxy.ts';

export type StreamFlags = {
  readonly symbol?: string;
  readonly category?: string;
  readonly subscriptions?: string;
  readonly environment?: string;
  readonly url?: string;
  readonly record?: string;
  readonly stopOnEof?: boolean;
};

export type Environ = Readonly<Record<string, string | undefined>>;

export type StreamOptions = {
  readonly environment: Environment;
  readonly category: Category;
  readonly topics: readonly Topic[];
  readonly overrides: UrlOverrides;
  readonly record: string | undefined;
  readonly stopOnEof: boolean;
  readonly parentPid: number | undefined;
  readonly policy: Policy;
};

/** Reads and checks everything at once; throws a UsageError that lists all problems. */
export function readStreamOptions(flags: StreamFlags, env: Environ, stray: readonly string[]): StreamOptions {
  const problems = [...stray];
  const environment = oneOf('--environment', flags.environment ?? testnetFlag(env), environments, problems);
  const category = oneOf('--category', flags.category ?? env['CATEGORY'] ?? 'linear', categories, problems);
  const supervised = env['TOWLINE_PARENT_PID'] !== undefined && env['TOWLINE_PARENT_PID'] !== '';
  const symbols =
    flags.symbol ??
    (supervised ? undefined : env['SYMBOLS'] || env['SYMBOL'] || env['BYBIT_SYMBOL'] || 'BTCUSDT');
  const subscriptions = flags.subscriptions ?? (env['SUBSCRIPTIONS'] || 'trades,depth.50');
  const topics = symbols === undefined ? [] : readTopics(symbols, subscriptions, category, problems);
  const publicUrl = flags.url ?? env['BYBIT_WEBSOCKET_PUBLIC_URL'];
  for (const [name, url] of [
    ['--url or BYBIT_WEBSOCKET_PUBLIC_URL', publicUrl],
    ['SPOT_WEBSOCKET_URL', env['SPOT_WEBSOCKET_URL']],
  ] as const) {
    if (url && !isSocketUrl(url))
      problems.push(`${name}: ${JSON.stringify(url)} is not a ws:// or wss:// URL`);
  }
  const proxy = proxyProblem(env);
  if (proxy !== undefined) problems.push(proxy);
  const policy = readPolicy(env, problems);
  if (problems.length > 0) throw new UsageError('stream', problems);
  return {
    environment,
    category,
    topics,
    overrides: { publicUrl: publicUrl || undefined, spotUrl: env['SPOT_WEBSOCKET_URL'] || undefined },
    record: flags.record,
    stopOnEof: flags.stopOnEof === true || env['TOWLINE_STOP_ON_EOF'] === '1',
    parentPid: supervised ? Number(env['TOWLINE_PARENT_PID']) : undefined,
    policy,
  };
}

/** `BTCUSDT,spot:ETHUSDT` times `trades,depth.50`. */
export function readTopics(
  symbols: string,
  subscriptions: string,
  category: Category,
  problems: string[],
): readonly Topic[] {
  const instruments = listOf(symbols).flatMap((word) => {
    const colon = word.indexOf(':');
    const left = colon < 0 ? category : word.slice(0, colon);
    const right = word.slice(colon + 1);
    const market = categories.find((known) => known === left.toLowerCase());
    const symbol = right.toUpperCase();
    if (market === undefined)
      problems.push(`--symbol: ${JSON.stringify(left)} is no category; known: ${categories.join(', ')}`);
    if (!symbolPattern.test(symbol))
      problems.push(`--symbol: ${JSON.stringify(right)} is not a symbol such as BTCUSDT`);
    return market === undefined ? [] : [{ category: market, symbol }];
  });
  const wishes = listOf(subscriptions).flatMap((word): readonly Pick<Topic, 'channel' | 'depth'>[] => {
    if (word === 'trades') return [{ channel: 'trades' }];
    const depth = depths.find((known) => word === `depth.${known}`);
    if (depth !== undefined) return [{ channel: 'depth', depth }];
    problems.push(
      `--subscriptions: ${JSON.stringify(word)} is unknown; known: trades, ${depths.map((known) => `depth.${known}`).join(', ')}`,
    );
    return [];
  });
  if (listOf(symbols).length === 0) problems.push('--symbol: names no symbol');
  if (listOf(subscriptions).length === 0) problems.push('--subscriptions: names nothing');
  return instruments.flatMap((instrument) => wishes.map((wish) => ({ ...wish, ...instrument })));
}

function readPolicy(env: Environ, problems: string[]): Policy {
  const scale = numberIn(env, 'TIME_SCALE', 1, 0.000_1, 10, problems);
  const policy = scaledPolicy(scale);
  const capSeconds = numberIn(env, 'BYBIT_WEBSOCKET_RECONNECT_DELAY', 10, 0.5, 300, problems);
  const pingSeconds = Math.min(10, numberIn(env, 'BYBIT_WEBSOCKET_HEARTBEAT_INTERVAL', 20, 1, 20, problems));
  const connection = {
    ...policy.connection,
    backoff: { ...policy.connection.backoff, capMs: capSeconds * 1_000 * scale },
    pingEveryMs: pingSeconds * 1_000 * scale,
    fastAttempts: numberIn(env, 'BYBIT_WEBSOCKET_MAX_RECONNECT_ATTEMPTS', 10, 1, 1_000, problems),
    sendsPerSecond: numberIn(env, 'BYBIT_WEBSOCKET_RATE_LIMIT', 20, 1, 500, problems),
  };
  return { ...policy, connection };
}

function numberIn(
  env: Environ,
  name: string,
  standard: number,
  least: number,
  most: number,
  problems: string[],
): number {
  const text = env[name];
  if (text === undefined || text === '') return standard;
  const value = Number(text);
  if (value >= least && value <= most) return value;
  problems.push(`${name}: ${JSON.stringify(text)} is not a number from ${least} to ${most}`);
  return standard;
}

function oneOf<T extends string>(
  name: string,
  text: string,
  known: readonly [T, ...T[]] | readonly T[],
  problems: string[],
): T {
  const found = known.find((value) => value === text.toLowerCase());
  if (found !== undefined) return found;
  problems.push(`${name}: ${JSON.stringify(text)} is unknown; known: ${known.join(', ')}`);
  return known[0];
}

/** A URL that a WebSocket client takes: it refuses other schemes and a fragment. */
function isSocketUrl(text: string): boolean {
  return /^wss?:\/\/[^\s/]+/.test(text) && URL.canParse(text) && !text.includes('#');
}

function testnetFlag(env: Environ): string {
  return /^(true|1|yes)$/i.test(env['BYBIT_CONNECTOR_TESTNET'] ?? '') ? 'testnet' : 'mainnet';
}

function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
