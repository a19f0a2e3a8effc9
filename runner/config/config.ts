/**
 * The configuration: environment and .env in, everything the runner needs to know out, or all problems at once.
 *
 * An invalid setting never falls back to a default (a typo must not choose for the owner of the money), and a setting whose
 * feature does not exist yet is refused, since what is accepted is believed.
 */
import path from 'node:path';
import type { LogLevel } from '../../shared/io/log.ts';
import type { Category, ClockKind, Environment, Instrument, Topic } from '../../shared/market.ts';
import { checkNames } from '../../shared/settings/known-names.ts';
import type { SymbolFilter, SymbolWishes } from '../../shared/settings/symbol-selectors.ts';
import type { Subscription } from '../../shared/settings/topics.ts';
import type { ContextSettings } from '../context/context-settings.ts';
import { childEnvironment } from './child-environment.ts';
import {
  type ChosenConnector,
  chooseConnector,
  type ReadProfile,
  type Surroundings,
} from './connector-choice.ts';
import { contextSettings } from './context-settings.ts';
import {
  type Findings,
  gatherSettings,
  parseValues,
  type RawSettings,
  type Source,
  type Variables,
} from './raw-settings.ts';
import { type SettingName, type SettingValues, settingNames, settingsTable } from './settings-table.ts';
import { parseSymbols, parseTopics } from './topics.ts';
import { checkUrls } from './url-checks.ts';

export type { ReadProfile, Surroundings } from './connector-choice.ts';

/** What is spawned, and with which environment. */
export type ConnectorConfig = {
  /** The profile's name, or `custom`. */
  readonly name: string;
  readonly command: readonly string[];
  /** The program that tells past trades; absent where there is none. */
  readonly history?: readonly string[];
  /** The folder it runs in (absolute). */
  readonly cwd: string;
  /** What the child may not contradict (intake/child-identity.ts); undefined when only the child knows. */
  readonly environment?: Environment;
  readonly clock?: ClockKind;
  /** From CONNECTOR_COMMAND: a program of the user's own. */
  readonly foreign: boolean;
  /** The whole environment of the child: ours without secrets, with the profile's and .env's values. */
  readonly env: Readonly<Record<string, string>>;
};

/** One line of "what is in force": value as text, secrets masked. */
export type SettingReport = { readonly name: SettingName; readonly value: string; readonly source: Source };

export type Config = {
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
  readonly logFile?: string;
  /** Absolute. */
  readonly dataDir: string;
  /** Is there a flight recorder? */
  readonly recordsFlight: boolean;
  /** Whose trades are recorded, and what is kept of them. */
  readonly recording: {
    readonly trades: 'named' | 'all' | 'off';
    readonly keep: { readonly bytes: number; readonly ageMs: number };
  };
  /** Of whose history is fetched, how true today must be before a signal leaves, and where fetched history is kept (absolute). */
  readonly backfill: BackfillSettings;
  /** With less free space nothing is written that can be spared; 0: no limit. */
  readonly minFreeBytes: number;
  readonly apiToken?: string;
  /** Names beside loopback and `host` that the API is served under, in small letters, some with a port. */
  readonly allowedHosts: readonly string[];
  /** More deaths of the connector than this within the window lead to slow retries. */
  readonly maxDeaths: number;
  /** All durations are multiplied by it (1 in production). */
  readonly timeScale: number;
  readonly category: Category;
  /** Named one by one; the first is the API's default. Empty only when there are filters. */
  readonly instruments: readonly Instrument[];
  /** Those of `instruments`. */
  readonly topics: readonly Topic[];
  /** What the exchange's list is to be asked for, and what is listened to of all that it answers. */
  readonly filters: readonly SymbolFilter[];
  readonly excluded: readonly Instrument[];
  readonly subscriptions: readonly Subscription[];
  /** Trades kept for each symbol. */
  readonly bufferSize: number;
  readonly context: ContextSettings;
  /** Absolute paths. */
  readonly strategies: readonly string[];
  readonly connector: ConnectorConfig;
  readonly settings: readonly SettingReport[];
};

export type BackfillSettings = {
  readonly of: 'named' | 'all' | 'off';
  readonly gateNeeds: 'exact' | 'approximate';
  readonly cacheDir: string;
  /** Stored days that are older are removed; absent: all are kept. */
  readonly keptDays?: number;
};

export type ConfigResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly string[]; readonly warnings: readonly string[] };

/**
 * Reads all settings. `env` goes before `envFile` (what .env holds); an empty value is "not set". `known` are the problems that
 * reading .env found: they are told with the others.
 */
export function parseConfig(
  env: Variables,
  envFile: Variables,
  readProfile: ReadProfile,
  around: Surroundings,
  known: readonly string[] = [],
): ConfigResult {
  const findings: Findings = { problems: [...known], warnings: [] };
  checkNames(env, envFile, findings);
  const raw = gatherSettings(env, envFile);
  const values = parseValues(raw, findings);
  const wishes = parseSymbols(raw, values.CATEGORY, findings);
  const { topics, subscriptions } = parseTopics(raw, wishes, findings);
  const connector = chooseConnector(values, raw, around, readProfile, findings);
  if (connector !== undefined) checkUrls(values, raw, connector, marketsOf(wishes), findings);
  const strategies = parseStrategies(values, around, findings);
  const context = contextSettings(values, findings);
  warnAboutRisks(values, wishes.instruments, findings);
  const { problems, warnings } = findings;
  if (problems.length > 0 || connector === undefined) return { ok: false, problems, warnings };
  const config: Config = {
    host: values.HOST,
    port: values.PORT,
    logLevel: values.LOG_LEVEL,
    ...(values.LOG_FILENAME === undefined ? {} : { logFile: path.resolve(around.cwd, values.LOG_FILENAME) }),
    dataDir: path.resolve(around.cwd, values.DATA_DIR),
    recordsFlight: values.FLIGHT_RECORDER_MB > 0,
    recording: {
      trades: values.RECORD_TRADES,
      keep: { bytes: values.RECORD_MAX_MB * 1024 * 1024, ageMs: values.RECORD_KEPT_DAYS * 86_400_000 },
    },
    backfill: {
      of: values.CONTEXT_BACKFILL_TEST_MODE ? 'off' : values.BACKFILL,
      gateNeeds: values.GATE_NEEDS,
      cacheDir: path.resolve(around.cwd, values.BACKFILL_CACHE_DIR),
      ...(values.BACKFILL_KEPT_DAYS === undefined ? {} : { keptDays: values.BACKFILL_KEPT_DAYS }),
    },
    minFreeBytes: values.MIN_FREE_DISK_MB * 1024 * 1024,
    ...(values.API_TOKEN === undefined ? {} : { apiToken: values.API_TOKEN }),
    allowedHosts: values.ALLOWED_HOSTS ?? [],
    maxDeaths: values.CONNECTOR_MAX_DEATHS,
    timeScale: values.TIME_SCALE,
    category: values.CATEGORY,
    ...wishes,
    topics,
    subscriptions,
    bufferSize: values.WEBSOCKET_BUFFER_SIZE,
    context,
    strategies,
    connector: connectorConfig(connector, env, raw, path.resolve(around.cwd, values.DATA_DIR)),
    settings: reports(raw),
  };
  return { ok: true, config, warnings };
}

/** All problems as one message for stderr. */
export function problemsText(problems: readonly string[]): string {
  const head = problems.length === 1 ? 'one setting is wrong' : `${problems.length} settings are wrong`;
  return [
    `towline does not start: ${head}.`,
    ...problems.map((problem, index) => `  ${index + 1}. ${problem}`),
  ].join('\n');
}

function connectorConfig(
  chosen: ChosenConnector,
  env: Variables,
  raw: RawSettings,
  dataDir: string,
): ConnectorConfig {
  const { profileEnv, ...rest } = chosen;
  return { ...rest, env: childEnvironment(env, raw, profileEnv, dataDir) };
}

function marketsOf({ instruments, filters }: SymbolWishes): readonly Category[] {
  return [...instruments, ...filters].map(({ category }) => category);
}

function parseStrategies(values: SettingValues, around: Surroundings, findings: Findings): readonly string[] {
  const files = (values.STRATEGIES ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part.length > 0);
  const absolute = [...new Set(files.map((file) => path.resolve(around.cwd, file)))];
  for (const file of absolute) {
    if (!around.fileExists(file))
      findings.problems.push(`STRATEGIES: there is no file ${file}. Correct the path.`);
  }
  return absolute;
}

const loopbackHosts = ['127.0.0.1', '::1', 'localhost'];

function warnAboutRisks(values: SettingValues, instruments: readonly Instrument[], findings: Findings): void {
  if (!loopbackHosts.includes(values.HOST) && values.API_TOKEN === undefined) {
    findings.warnings.push(
      `HOST=${values.HOST} opens the API to other machines without API_TOKEN: they can read everything; whatever changes state is refused to them.`,
    );
  }
  if (values.WEBSOCKET_BUFFER_SIZE * instruments.length > 200_000) {
    findings.warnings.push(
      `WEBSOCKET_BUFFER_SIZE=${values.WEBSOCKET_BUFFER_SIZE} for ${instruments.length} symbols is more than the 200,000 trades that are kept in all.`,
    );
  }
  if (values.TIME_SCALE !== 1) {
    findings.warnings.push(`TIME_SCALE=${values.TIME_SCALE} changes all waits: it is for tests only.`);
  }
}

function reports(raw: RawSettings): readonly SettingReport[] {
  return settingNames.flatMap((name) => {
    const { text, source } = raw[name];
    if (text === undefined) return [];
    return [{ name, value: settingsTable[name].secret === true ? '(set, not shown)' : text, source }];
  });
}
