/** Imports the user's file into this thread. */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Strategy } from '../../runner/strategy/api.ts';
import { strategyOf, unusable } from '../../runner/strategy/strategy-module.ts';
import { describeError } from '../../runner/strategy/strategy-run.ts';
import type { Result } from '../../shared/errors.ts';
import type { Instrument } from '../../shared/market.ts';
import { guarded, HangError } from './guard.ts';

/** The strategy, or what is wrong with the file. A loop at the top of the file itself cannot be ended: only Ctrl-C ends that. */
export async function loadStrategy(
  file: string,
  instrument: Instrument,
  withinMs: number,
): Promise<Result<Strategy, string>> {
  if (!existsSync(file)) return unusable(file, 'does not exist; look at --strategy');
  try {
    const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    return guarded(withinMs, () => strategyOf(module, file, { instruments: [instrument] }));
  } catch (error) {
    if (error instanceof HangError) return unusable(file, `hangs in createStrategy: ${error.message}`);
    return unusable(file, `cannot be loaded: ${describeError(error, file)}`);
  }
}
