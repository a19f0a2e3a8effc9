/** What a strategy file must export, and what is said when it does not. */
import { z } from 'zod';
import { describeIssues } from '../../shared/describe-issues.ts';
import type { Result } from '../../shared/errors.ts';
import type { Strategy, StrategyOptions } from './api.ts';
import { needsSchema } from './messages.ts';

const EXPECTED = 'it must export `strategy` or `createStrategy(options)` (docs/strategies.md)';

const handlers = [
  'onTrade',
  'onBook',
  'onCandle',
  'onKline',
  'onTicker',
  'onLiquidation',
  'onGap',
  'onGate',
  'onTimer',
] as const;
const handler = z
  .custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'must be a function')
  .optional();
const shape = z.looseObject({
  name: z.string().min(1).max(100),
  needs: needsSchema.optional(),
  ...Object.fromEntries(handlers.map((name) => [name, handler])),
});

/** The strategy of an imported module, or words for the user. Throws only what `createStrategy` throws. */
export function strategyOf(
  module: Readonly<Record<string, unknown>>,
  file: string,
  options: StrategyOptions,
): Result<Strategy, string> {
  const { strategy, createStrategy } = module;
  if (strategy === undefined && createStrategy === undefined)
    return unusable(file, `has neither export; ${EXPECTED}`);
  if (strategy === undefined && !isFactory(createStrategy))
    return unusable(file, `exports a createStrategy that is not a function; ${EXPECTED}`);
  const value = strategy ?? (isFactory(createStrategy) ? createStrategy(options) : undefined);
  const parsed = shape.safeParse(value);
  if (!parsed.success)
    return unusable(file, `does not give a strategy (${describeIssues(parsed.error.issues)}); ${EXPECTED}`);
  const candidate = value as Strategy;
  if (handlers.every((name) => candidate[name] === undefined))
    return unusable(file, `gives a strategy without a handler; it needs one of ${handlers.join(', ')}`);
  return { ok: true, value: candidate };
}

/** "strategy file /srv/strategies/x.ts ..." */
export function unusable(file: string, what: string): Result<never, string> {
  return { ok: false, failure: `strategy file ${file} ${what}` };
}

function isFactory(value: unknown): value is (options: StrategyOptions) => unknown {
  return typeof value === 'function';
}
