/** The options of `connector replay`, checked all at once. */
import { type Category, categories, type Environment, environments } from '../shared/market.ts';
import { type Policy, scaledPolicy } from '../shared/policy.ts';
import { UsageError } from './command-line.ts';
import type { Environ } from './stream-options.ts';

export type ReplayFlags = {
  readonly file?: string;
  readonly speed?: string;
  readonly category?: string;
  readonly environment?: string;
  readonly stopOnEof?: boolean;
};

export type ReplayOptions = {
  readonly file: string;
  /** Recorded seconds per real second; infinite means as fast as the reader takes it. */
  readonly speed: number;
  readonly category: Category;
  /** What the user says; a recording that says it itself must agree. */
  readonly environment: Environment | undefined;
  /** Under a runner nothing starts before it has subscribed. */
  readonly supervised: boolean;
  readonly stopOnEof: boolean;
  readonly parentPid: number | undefined;
  readonly policy: Policy;
};

export function readReplayOptions(flags: ReplayFlags, env: Environ, stray: readonly string[]): ReplayOptions {
  const problems = [...stray];
  const file = flags.file ?? '';
  if (file === '')
    problems.push('--file is missing: the recording to replay (made by: connector stream --record FILE)');
  const speed =
    flags.speed === undefined ? 1 : flags.speed === 'max' ? Number.POSITIVE_INFINITY : Number(flags.speed);
  if (!(speed > 0))
    problems.push(`--speed: ${JSON.stringify(flags.speed)} is neither a number above 0 nor max`);
  const wanted = (flags.category ?? (env['CATEGORY'] || 'linear')).toLowerCase();
  const category = categories.find((known) => known === wanted);
  if (category === undefined)
    problems.push(
      `--category: ${JSON.stringify(flags.category ?? env['CATEGORY'])} is unknown; known: ${categories.join(', ')}`,
    );
  const environment = environments.find((known) => known === flags.environment);
  if (flags.environment !== undefined && environment === undefined)
    problems.push(
      `--environment: ${JSON.stringify(flags.environment)} is unknown; known: ${environments.join(', ')}`,
    );
  if (category === undefined || problems.length > 0) throw new UsageError('replay', problems);
  const parent = env['TOWLINE_PARENT_PID'] || undefined;
  return {
    file,
    speed,
    category,
    environment,
    supervised: parent !== undefined,
    stopOnEof: flags.stopOnEof === true || env['TOWLINE_STOP_ON_EOF'] === '1',
    parentPid: parent === undefined ? undefined : Number(parent),
    policy: scaledPolicy(Number(env['TIME_SCALE'] || 1)),
  };
}
