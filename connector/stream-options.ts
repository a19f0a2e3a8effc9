/**
 * The options of `connector stream`, checked all at once.
 *
 * Under a runner no topic is taken from here: it sends subscribe commands. Alone in a terminal, the configured symbols (or
 * BTCUSDT) are subscribed at once.
 */

import type { Category, Environment, Topic } from '../shared/market.ts';
import type { Policy } from '../shared/policy.ts';
import type { SocketOverrides } from '../shared/settings/bybit-urls.ts';
import { proxyProblem } from '../shared/settings/proxy.ts';
import {
  DEFAULT_SUBSCRIPTIONS,
  readInstruments,
  readTopics,
  symbolNames,
} from '../shared/settings/topics.ts';
import { anyText, cited, longLine } from '../shared/settings/words.ts';
import { UsageError } from './command-line.ts';
import {
  type Environ,
  option,
  readCategory,
  readEnvironment,
  readLifeline,
  readPolicy,
  readTestnet,
  readText,
  variable,
} from './settings.ts';

export type StreamFlags = {
  readonly symbol?: string;
  readonly category?: string;
  readonly subscriptions?: string;
  readonly environment?: string;
  readonly url?: string;
  readonly record?: string;
  readonly stateDir?: string;
  readonly stopOnEof?: boolean;
};

export type StreamOptions = {
  readonly environment: Environment;
  readonly category: Category;
  readonly topics: readonly Topic[];
  readonly overrides: SocketOverrides;
  readonly record: string | undefined;
  /** A folder for what is to be remembered across restarts; without one nothing is. */
  readonly stateDir: string | undefined;
  readonly stopOnEof: boolean;
  readonly parentPid: number | undefined;
  readonly policy: Policy;
};

/** Reads and checks everything at once; throws a UsageError that lists all problems. */
export function readStreamOptions(flags: StreamFlags, env: Environ, stray: readonly string[]): StreamOptions {
  const problems = [...stray];
  const network = readTestnet(env, problems) ? 'testnet' : 'mainnet';
  const environment = readEnvironment(flags.environment, problems) ?? network;
  const category = readCategory(flags.category, env, problems);
  const { supervised, ...lifeline } = readLifeline(flags.stopOnEof, env);
  const topics = supervised && flags.symbol === undefined ? [] : topicsSaid(flags, env, category, problems);
  const options = {
    environment,
    category,
    topics,
    overrides: readUrls(flags, env, problems),
    record: flags.record,
    stateDir: (option('--state-dir', flags.stateDir || undefined) ?? variable(env, 'TOWLINE_STATE_DIR'))
      ?.text,
    ...lifeline,
    policy: readPolicy(env, problems),
  };
  const proxy = proxyProblem(env);
  if (proxy !== undefined) problems.push(proxy);
  if (problems.length > 0) throw new UsageError('stream', problems);
  return options;
}

/** What to stream at once: by the options, else by the variables, else BTCUSDT. */
function topicsSaid(
  flags: StreamFlags,
  env: Environ,
  category: Category,
  problems: string[],
): readonly Topic[] {
  const findings = { problems, warnings: [] };
  const symbol = option('--symbol', flags.symbol);
  const symbols = symbol === undefined ? symbolNames.map((name) => variable(env, name)) : [symbol];
  const said = symbols.filter((text) => text !== undefined);
  const subscriptions = option('--subscriptions', flags.subscriptions) ??
    variable(env, 'SUBSCRIPTIONS') ?? { name: 'SUBSCRIPTIONS', text: DEFAULT_SUBSCRIPTIONS };
  for (const text of [...said, subscriptions]) {
    // An empty option is told as naming nothing.
    if (text.text !== '')
      readText(text, anyText('one line of at most 32,000 characters', longLine), problems);
  }
  return readTopics(readInstruments(said, category, findings), subscriptions, findings);
}

function readUrls(flags: StreamFlags, env: Environ, problems: string[]): SocketOverrides {
  const publicUrl = option('--url', flags.url || undefined) ?? variable(env, 'BYBIT_WEBSOCKET_PUBLIC_URL');
  const spotUrl = variable(env, 'SPOT_WEBSOCKET_URL');
  for (const said of [publicUrl, spotUrl]) {
    if (said !== undefined && !isSocketUrl(said.text))
      problems.push(`${cited(said)} is not a ws:// or wss:// URL`);
  }
  return { publicUrl: publicUrl?.text, spotUrl: spotUrl?.text };
}

/** A URL that a WebSocket client takes: it refuses other schemes and a fragment. */
function isSocketUrl(text: string): boolean {
  return /^wss?:\/\/[^\s/]+/.test(text) && URL.canParse(text) && !text.includes('#');
}
