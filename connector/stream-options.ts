/**
 * The options of `connector stream`, checked all at once.
 *
 * Under a runner no topic is taken from here: it sends subscribe commands. Alone in a terminal, the configured symbols (or
 * BTCUSDT) are subscribed at once.
 */

import type { Category, Environment, Instrument, Topic } from '../shared/market.ts';
import type { Policy } from '../shared/policy.ts';
import { networkOfHost, networksFor, type UrlPurpose } from '../shared/settings/bybit-hosts.ts';
import { restBaseUrl, type SocketOverrides } from '../shared/settings/bybit-urls.ts';
import { proxyProblem } from '../shared/settings/proxy.ts';
import type { SymbolFilter } from '../shared/settings/symbol-selectors.ts';
import {
  DEFAULT_SUBSCRIPTIONS,
  readSymbols,
  readTopics,
  type Subscription,
  symbolNames,
  type TextFindings,
} from '../shared/settings/topics.ts';
import { anyText, cited, longLine, type NamedText, wholeNumber } from '../shared/settings/words.ts';
import { ConfigError, UsageError } from './command-line.ts';
import { type FlightOptions, readFlightOptions } from './flight/options.ts';
import {
  DEFAULT_DATA_DIR,
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
  /** The same as `symbol`. */
  readonly symbols?: string;
  readonly category?: string;
  readonly subscriptions?: string;
  readonly environment?: string;
  readonly url?: string;
  readonly record?: string;
  readonly dumpDir?: string;
  readonly stateDir?: string;
  readonly stopOnEof?: boolean;
};

export type StreamOptions = {
  readonly environment: Environment;
  readonly category: Category;
  readonly topics: readonly Topic[];
  /** What is wanted beside them once the exchange was asked what it trades; undefined when there are no filters. */
  readonly filtered: FilteredWish | undefined;
  readonly overrides: SocketOverrides;
  /** Sockets for each topic (REDUNDANCY). */
  readonly redundancy: number;
  /** Base of the REST interface, without a slash at its end; undefined when it is not known which one belongs to the sockets. */
  readonly restUrl: string | undefined;
  readonly record: string | undefined;
  readonly flight: FlightOptions;
  /** A folder for what is to be remembered across restarts; without one nothing is. */
  readonly stateDir: string | undefined;
  /** Where shut-outs are shared with other programs: by hand the folder of the runner, if no other is named. */
  readonly banDir: string | undefined;
  readonly stopOnEof: boolean;
  readonly parentPid: number | undefined;
  readonly policy: Policy;
  /** What was taken otherwise than it was written: nobody but us would tell whoever runs us alone. */
  readonly warnings: readonly string[];
};

/** Filters of `--symbols`, and what is listened to of all that they fit. */
export type FilteredWish = {
  readonly filters: readonly SymbolFilter[];
  readonly excluded: readonly Instrument[];
  readonly subscriptions: readonly Subscription[];
};

/**
 * Reads and checks everything at once. Throws a UsageError that lists what is wrong on the command line, or else a ConfigError that
 * lists what is wrong in the environment and .env. `known`: what is wrong with .env already.
 */
export function readStreamOptions(
  flags: StreamFlags,
  env: Environ,
  stray: readonly string[],
  known: readonly string[] = [],
): StreamOptions {
  const findings: Findings = { usage: [...stray], config: [...known], warnings: [] };
  const { usage, config: problems, warnings } = findings;
  const network = readTestnet(env, problems) ? 'testnet' : 'mainnet';
  const environment = readEnvironment(flags.environment, usage) ?? network;
  const category = readCategory(flags.category, env, flags.category === undefined ? problems : usage);
  const { supervised, ...lifeline } = readLifeline(flags.stopOnEof, env);
  const isNamed = flags.symbol !== undefined || flags.symbols !== undefined;
  const { topics, filtered } =
    supervised && !isNamed ? { topics: [], filtered: undefined } : topicsSaid(flags, env, category, findings);
  const overrides = readUrls(flags, env, problems, usage);
  const restUrl = readRestUrl(environment, overrides, env, problems);
  if (filtered !== undefined && restUrl === undefined)
    (isNamed ? usage : problems).push(
      `${filtered.filters.map(({ text }) => text).join(', ')}: what fits a filter is asked of the REST interface, and which one belongs to these sockets is not known: name it in BYBIT_REST_BASE_URL, or name the symbols`,
    );
  const stateDir = (option('--state-dir', flags.stateDir || undefined) ?? variable(env, 'TOWLINE_STATE_DIR'))
    ?.text;
  const dataDir =
    readText(variable(env, 'DATA_DIR'), anyText('the path of a folder'), problems) ?? DEFAULT_DATA_DIR;
  const options = {
    environment,
    category,
    topics,
    filtered,
    overrides,
    redundancy: readText(variable(env, 'REDUNDANCY'), wholeNumber(1, 2), problems) ?? 1,
    restUrl,
    record: flags.record,
    flight: readFlightOptions(flags.dumpDir, { stateDir, dataDir }, env, problems),
    stateDir,
    banDir: stateDir ?? (supervised ? undefined : dataDir),
    ...lifeline,
    policy: readPolicy(env, problems),
    warnings,
  };
  const proxy = proxyProblem(env);
  if (proxy !== undefined) problems.push(proxy);
  if (usage.length > 0) throw new UsageError('stream', usage);
  if (problems.length > 0) throw new ConfigError('stream', problems);
  return options;
}

/** What is wrong, by whose fault: of the command line, or of the environment and .env. */
type Findings = { readonly usage: string[]; readonly config: string[]; readonly warnings: string[] };

/** What to stream at once: by the options, else by the variables, else BTCUSDT. */
function topicsSaid(
  flags: StreamFlags,
  env: Environ,
  category: Category,
  { usage, config, warnings }: Findings,
): Pick<StreamOptions, 'topics' | 'filtered'> {
  const options = [option('--symbols', flags.symbols), option('--symbol', flags.symbol)];
  const isOption = options.some((text) => text !== undefined);
  const ofSymbols: TextFindings = { problems: isOption ? usage : config, warnings };
  const texts = isOption ? options : symbolNames.map((name) => variable(env, name));
  const said = texts.filter((text) => text !== undefined);
  const chosen = option('--subscriptions', flags.subscriptions);
  const set = chosen ?? variable(env, 'SUBSCRIPTIONS');
  const subscriptions = set ?? { name: 'SUBSCRIPTIONS', text: DEFAULT_SUBSCRIPTIONS };
  const ofChannels =
    set === undefined ? ofSymbols : { problems: chosen === undefined ? config : usage, warnings };
  const line = anyText('one line of at most 32,000 characters', longLine);
  // An empty option is told as naming nothing.
  for (const text of said) if (text.text !== '') readText(text, line, ofSymbols.problems);
  if (subscriptions.text !== '') readText(subscriptions, line, ofChannels.problems);
  const { filters, excluded, ...named } = readSymbols(said, category, ofSymbols);
  const read = readTopics({ ...named, filters }, subscriptions, ofChannels);
  if (filters.length === 0) return { topics: read.topics, filtered: undefined };
  return { topics: read.topics, filtered: { filters, excluded, subscriptions: read.subscriptions } };
}

/** The public sockets that are to be used instead of the exchange's own. `usage`: for what is wrong with `--url`. */
export function readUrls(
  flags: Pick<StreamFlags, 'url'>,
  env: Environ,
  problems: string[],
  usage = problems,
): SocketOverrides {
  const chosen = option('--url', flags.url || undefined);
  const publicUrl = chosen ?? variable(env, 'BYBIT_WEBSOCKET_PUBLIC_URL');
  const spotUrl = variable(env, 'SPOT_WEBSOCKET_URL');
  for (const said of [publicUrl, spotUrl]) {
    if (said !== undefined && !isSocketUrl(said.text))
      (said === chosen ? usage : problems).push(`${cited(said)} is not a ws:// or wss:// URL`);
  }
  return { publicUrl: publicUrl?.text, spotUrl: spotUrl?.text };
}

/**
 * BYBIT_REST_BASE_URL, or the REST that belongs to the sockets: the environment's own, or that of the simulated exchange that was
 * named. Sockets of a stranger have none that we know of: with Bybit's rows their gaps would be filled with other prices.
 */
export function readRestUrl(
  environment: Environment,
  { publicUrl, spotUrl }: SocketOverrides,
  env: Environ,
  problems: string[],
): string | undefined {
  const said = variable(env, 'BYBIT_REST_BASE_URL');
  if (said !== undefined) {
    const problem = baseUrlProblem(said, environment, 'rest');
    if (problem !== undefined) problems.push(`${cited(said)} ${problem}`);
    return restBaseUrl(environment, said.text);
  }
  const strangers = [publicUrl, spotUrl].filter((url) => url !== undefined && isStranger(url));
  const [stranger] = strangers;
  if (stranger === undefined) return restBaseUrl(environment);
  return environment === 'simulated' ? new URL(stranger).origin.replace(/^ws/, 'http') : undefined;
}

/** Is this no host of Bybit's? */
export function isStranger(url: string): boolean {
  return URL.canParse(url) && networkOfHost(new URL(url).hostname) === undefined;
}

/** What is wrong with a base URL. A host of another network of Bybit's would heal with its prices. */
export function baseUrlProblem(
  { text }: NamedText,
  environment: Environment,
  purpose: UrlPurpose,
): string | undefined {
  if (!/^https?:\/\/[^\s/]+/.test(text) || !URL.canParse(text) || /[?#]/.test(text))
    return 'is not a http:// or https:// URL';
  const network = networkOfHost(new URL(text).hostname);
  const allowed = networksFor(environment, purpose);
  if (network === undefined || allowed.includes(network)) return undefined;
  const wanted = allowed.length === 0 ? 'no host of Bybit' : `a host of ${allowed.join(' or ')}`;
  return `is a host of Bybit's ${network}, but the environment is ${environment}, which needs ${wanted} there`;
}

/** A URL that a WebSocket client takes: it refuses other schemes and a fragment. */
function isSocketUrl(text: string): boolean {
  return /^wss?:\/\/[^\s/]+/.test(text) && URL.canParse(text) && !text.includes('#');
}
