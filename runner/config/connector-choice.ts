/**
 * Which connector is spawned: CONNECTOR_COMMAND over BYBIT_CONNECTOR_CONFIG_FILE over CONNECTOR_PROFILE over
 * BYBIT_CONNECTOR_TESTNET over DATA_SOURCE=hft_connector over mainnet (DESIGN 7.4).
 *
 * A weaker setting that says something else about the network or the clock is a contradiction, not a detail: whoever set it
 * believes it.
 */
import path from 'node:path';
import type { Result } from '../../shared/errors.ts';
import type { ClockKind, Environment } from '../../shared/market.ts';
import { commandWords } from './command-words.ts';
import { type Profile, parseProfile } from './profile.ts';
import { type Findings, quoted, type RawSettings } from './raw-settings.ts';
import { type SettingValues, settingsTable } from './settings-table.ts';

/** Where we are; main.ts knows. All paths are absolute. */
export type Surroundings = {
  /** The project's folder: profiles are there, and their commands run there. */
  readonly root: string;
  /** The folder that relative paths of the user's settings start from. */
  readonly cwd: string;
  /** The Node that runs us (process.execPath). */
  readonly node: string;
  readonly fileExists: (file: string) => boolean;
};

/** Reads and parses a JSON file; the failure says what is wrong with it. */
export type ReadProfile = (file: string) => Result<unknown>;

/** The program to spawn. `environment` and `clock` are unknown for a foreign one until it says `ready`. */
export type ChosenConnector = {
  readonly name: string;
  readonly command: readonly string[];
  /** The program that tells past trades, if there is one. */
  readonly history?: readonly string[];
  /** The folder to run it in. */
  readonly cwd: string;
  readonly environment?: Environment;
  readonly clock?: ClockKind;
  /** A program of the user's own, started by CONNECTOR_COMMAND: nothing is appended to its command line. */
  readonly foreign: boolean;
  /** What its profile adds to the environment of the child. */
  readonly profileEnv: Readonly<Record<string, string>>;
};

export function chooseConnector(
  values: SettingValues,
  raw: RawSettings,
  around: Surroundings,
  readProfile: ReadProfile,
  findings: Findings,
): ChosenConnector | undefined {
  checkSource(values, raw, findings);
  if (values.CONNECTOR_COMMAND !== undefined) {
    const weaker = ['BYBIT_CONNECTOR_CONFIG_FILE', 'CONNECTOR_PROFILE', 'BYBIT_CONNECTOR_TESTNET'] as const;
    warnUnused(raw, weaker, 'CONNECTOR_COMMAND goes before it', findings);
    const words = commandWords(values.CONNECTOR_COMMAND);
    if (words.ok)
      return { name: 'custom', command: words.value, cwd: around.cwd, foreign: true, profileEnv: {} };
    findings.problems.push(
      `${quoted('CONNECTOR_COMMAND', raw.CONNECTOR_COMMAND)} cannot be split into words: ${words.failure.message}. Correct it.`,
    );
    return undefined;
  }
  const file = profileFile(values, around);
  if (values.BYBIT_CONNECTOR_CONFIG_FILE === undefined && values.CONNECTOR_PROFILE === 'paper') {
    findings.problems.push(
      'CONNECTOR_PROFILE="paper" is not built yet in this version: use mainnet, testnet, demo, simulated or replay.',
    );
    return undefined;
  }
  const profile = loadProfile(file, readProfile);
  if (!profile.ok) {
    findings.problems.push(profile.failure.message);
    return undefined;
  }
  checkWeakerProfile(values, raw, profile.value, around, readProfile, findings);
  checkContradictions(values, raw, profile.value, findings);
  return fromProfile(profile.value, values, raw, around, findings);
}

function profileFile(values: SettingValues, around: Surroundings): string {
  if (values.BYBIT_CONNECTOR_CONFIG_FILE !== undefined)
    return path.resolve(around.cwd, values.BYBIT_CONNECTOR_CONFIG_FILE);
  return ownProfileFile(profileName(values), around);
}

function ownProfileFile(name: string, around: Surroundings): string {
  return path.join(around.root, 'config', 'connectors', `${name}.json`);
}

function loadProfile(file: string, readProfile: ReadProfile): Result<Profile> {
  const content = readProfile(file);
  return content.ok ? parseProfile(file, content.value) : content;
}

function profileName(values: SettingValues): string {
  if (values.CONNECTOR_PROFILE !== undefined) return values.CONNECTOR_PROFILE;
  if (values.BYBIT_CONNECTOR_TESTNET === true) return 'testnet';
  return values.DATA_SOURCE === 'hft_connector' ? 'simulated' : 'mainnet';
}

function checkSource(values: SettingValues, raw: RawSettings, findings: Findings): void {
  if (values.DATA_SOURCE === 'binance_ws') {
    findings.problems.push(
      `${quoted('DATA_SOURCE', raw.DATA_SOURCE)} is not built yet: use bybit_connector or hft_connector, or unset it.`,
    );
  }
  if (values.DATA_SOURCE === 'hft_connector' && values.BYBIT_CONNECTOR_TESTNET === true) {
    findings.problems.push(
      'DATA_SOURCE=hft_connector (the simulated exchange) and BYBIT_CONNECTOR_TESTNET=true contradict each other: keep one of them.',
    );
  }
}

/** CONNECTOR_PROFILE beside a profile file: it is not used, and it must not name another network or clock. */
function checkWeakerProfile(
  values: SettingValues,
  raw: RawSettings,
  chosen: Profile,
  around: Surroundings,
  readProfile: ReadProfile,
  findings: Findings,
): void {
  const { BYBIT_CONNECTOR_CONFIG_FILE: file, CONNECTOR_PROFILE: name } = values;
  if (file === undefined || name === undefined) return;
  const loaded = loadProfile(ownProfileFile(name, around), readProfile);
  // A profile that is not built yet has no file; its name still says what was believed.
  const weaker = loaded.ok ? loaded.value : { environment: name, clock: 'live' };
  const differ =
    weaker.clock !== chosen.clock ||
    (weaker.environment !== undefined &&
      chosen.environment !== undefined &&
      weaker.environment !== chosen.environment);
  if (!differ) {
    warnUnused(raw, ['CONNECTOR_PROFILE'], 'BYBIT_CONNECTOR_CONFIG_FILE goes before it', findings);
    return;
  }
  findings.problems.push(
    `${quoted('BYBIT_CONNECTOR_CONFIG_FILE', raw.BYBIT_CONNECTOR_CONFIG_FILE)} is ${nature(chosen)}, but ${quoted('CONNECTOR_PROFILE', raw.CONNECTOR_PROFILE)} is ${nature(weaker)}: remove one of them.`,
  );
}

type Nature = { readonly environment?: string | undefined; readonly clock: string };

function nature({ environment, clock }: Nature): string {
  if (clock === 'replay') return environment === undefined ? 'a replay' : `a replay of ${environment}`;
  return environment ?? 'of an unknown network';
}

function checkContradictions(
  values: SettingValues,
  raw: RawSettings,
  profile: Profile,
  findings: Findings,
): void {
  const chosenBy = (['BYBIT_CONNECTOR_CONFIG_FILE', 'CONNECTOR_PROFILE'] as const).find(
    (name) => values[name] !== undefined,
  );
  if (chosenBy === undefined) return;
  const testnet = values.BYBIT_CONNECTOR_TESTNET;
  if (
    testnet !== undefined &&
    profile.environment !== undefined &&
    testnet !== (profile.environment === 'testnet')
  ) {
    findings.problems.push(
      `${quoted(chosenBy, raw[chosenBy])} is ${profile.environment}, but ${quoted('BYBIT_CONNECTOR_TESTNET', raw.BYBIT_CONNECTOR_TESTNET)} says otherwise: remove one of them.`,
    );
  }
  if (
    values.DATA_SOURCE === 'hft_connector' &&
    profile.environment !== undefined &&
    profile.environment !== 'simulated'
  ) {
    findings.problems.push(
      `DATA_SOURCE=hft_connector means the simulated exchange, but ${quoted(chosenBy, raw[chosenBy])} is ${profile.environment}: remove one of them.`,
    );
  }
}

function fromProfile(
  profile: Profile,
  values: SettingValues,
  raw: RawSettings,
  around: Surroundings,
  findings: Findings,
): ChosenConnector {
  const { command, history } = profile;
  const programOf = ([program = '', ...rest]: readonly string[]): readonly string[] => [
    program === 'node' ? around.node : program,
    ...rest,
  ];
  const replay = profile.clock === 'replay' ? replayArguments(profile, values, around, findings) : [];
  if (profile.clock !== 'replay')
    warnUnused(
      raw,
      ['CONNECTOR_REPLAY_FILE', 'CONNECTOR_REPLAY_SPEED'],
      `profile ${profile.name} replays nothing`,
      findings,
    );
  return {
    name: profile.name,
    command: [...programOf(command), ...replay],
    ...(history === undefined ? {} : { history: programOf(history) }),
    cwd: around.root,
    ...(profile.environment === undefined ? {} : { environment: profile.environment }),
    clock: profile.clock,
    foreign: false,
    profileEnv: profile.env,
  };
}

function replayArguments(
  profile: Profile,
  values: SettingValues,
  around: Surroundings,
  findings: Findings,
): readonly string[] {
  const file = values.CONNECTOR_REPLAY_FILE;
  if (file === undefined) {
    if (!profile.command.includes('--file')) {
      findings.problems.push(
        `profile ${profile.name} needs a recording: set CONNECTOR_REPLAY_FILE to its path.`,
      );
    }
    return [];
  }
  const absolute = path.resolve(around.cwd, file);
  if (!around.fileExists(absolute)) {
    findings.problems.push(
      `CONNECTOR_REPLAY_FILE=${JSON.stringify(file)}: there is no file ${absolute}. Correct the path.`,
    );
  }
  return ['--file', absolute, '--speed', values.CONNECTOR_REPLAY_SPEED];
}

function warnUnused(
  raw: RawSettings,
  names: readonly (keyof RawSettings)[],
  because: string,
  findings: Findings,
): void {
  for (const name of names) {
    if (raw[name].text !== settingsTable[name].default)
      findings.warnings.push(`${quoted(name, raw[name])} is not used: ${because}.`);
  }
}
