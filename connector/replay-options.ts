/** The options of `connector replay`, checked all at once. */
import type { Category, Environment } from '../shared/market.ts';
import type { Policy } from '../shared/policy.ts';
import { ConfigError, UsageError } from './command-line.ts';
import {
  type Environ,
  type Lifeline,
  readCategory,
  readEnvironment,
  readLifeline,
  readPolicy,
} from './settings.ts';

export type ReplayFlags = {
  readonly file?: string;
  readonly speed?: string;
  readonly category?: string;
  readonly environment?: string;
  readonly stopOnEof?: boolean;
};

/** Under a runner (`supervised`) nothing starts before it has subscribed. */
export type ReplayOptions = Lifeline & {
  readonly file: string;
  /** Recorded seconds per real second; infinite means as fast as the reader takes it. */
  readonly speed: number;
  readonly category: Category;
  /** What the user says; a recording that says it itself must agree. */
  readonly environment: Environment | undefined;
  readonly policy: Policy;
};

/** The recording may also be named without an option: `replay FILE`. `words` are those of no option, `stray` what is said of them. */
export function takeFileWord(
  flags: ReplayFlags,
  words: readonly string[],
  stray: readonly string[],
): { readonly flags: ReplayFlags; readonly stray: readonly string[] } {
  const [file] = words;
  if (flags.file !== undefined || file === undefined || file.startsWith('-')) return { flags, stray };
  return { flags: { ...flags, file }, stray: stray.slice(1) };
}

/** As of `stream`: throws a UsageError or a ConfigError. */
export function readReplayOptions(
  flags: ReplayFlags,
  env: Environ,
  stray: readonly string[],
  known: readonly string[] = [],
): ReplayOptions {
  const problems = [...stray];
  const config = [...known];
  const file = flags.file ?? '';
  if (file === '')
    problems.push(
      '--file is missing: the recording to replay (made by: connector stream --record FILE), or a dump of the flight recorder',
    );
  const speed =
    flags.speed === undefined ? 1 : flags.speed === 'max' ? Number.POSITIVE_INFINITY : Number(flags.speed);
  if (!(speed > 0))
    problems.push(`--speed: ${JSON.stringify(flags.speed)} is neither a number above 0 nor max`);
  const options = {
    file,
    speed,
    category: readCategory(flags.category, env, flags.category === undefined ? config : problems),
    environment: readEnvironment(flags.environment, problems),
    ...readLifeline(flags.stopOnEof, env),
    policy: readPolicy(env, config),
  };
  if (problems.length > 0) throw new UsageError('replay', problems);
  if (config.length > 0) throw new ConfigError('replay', config);
  return options;
}
