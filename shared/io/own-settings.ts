/**
 * The settings of a program that somebody starts by hand: the environment over `.env`, with the rules and the words of the runner.
 *
 * A child of a runner has its settings from the runner, which keeps secrets to itself: it must not get them back out of the file. No
 * more may a strategy, in a runner or in a backtest.
 */
import path from 'node:path';
import type { Environment } from '../market.ts';
import { checkNames, isKnownName } from '../settings/known-names.ts';
import { networkOfSettings } from '../settings/own-network.ts';
import { readEnvFile } from './env-file.ts';

export type OwnSettings = {
  /** The environment, and what .env says of names that it does not set. */
  readonly env: NodeJS.ProcessEnv;
  /** What the settings choose for the runner; undefined where they choose none, and for a child of a runner. */
  readonly network?: Environment;
  /** Sentences; with any of them the settings must not be acted on. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
};

/** Set for every program and every strategy that a runner or a backtest starts, and for whatever those start. */
export const RUNNER_PID = 'TOWLINE_PARENT_PID';

/** `named`: the file of `--settings`, which must exist; without it .env of the current folder is read when it is there. */
export function readOwnSettings(env: NodeJS.ProcessEnv, named?: string): OwnSettings {
  if ((env[RUNNER_PID] ?? '').trim() !== '') {
    const refusal =
      '--settings is not for a connector that a runner started: set it in the settings of the runner.';
    return { env, problems: named === undefined ? [] : [refusal], warnings: [] };
  }
  const file = readEnvFile(path.resolve(named ?? '.env'), named !== undefined);
  const findings: { readonly problems: string[]; readonly warnings: string[] } = {
    problems: [...file.problems],
    warnings: [],
  };
  checkNames(env, file.values, findings);
  const merged: NodeJS.ProcessEnv = { ...env };
  for (const [name, value] of Object.entries(file.values)) {
    // An empty value is "not set", here and there.
    if (isKnownName(name) && value.trim() !== '' && (env[name] ?? '').trim() === '') merged[name] = value;
  }
  const network = networkOfSettings(merged, findings.problems);
  return { env: merged, ...(network === undefined ? {} : { network }), ...findings };
}
