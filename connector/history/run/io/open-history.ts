/** The real source and store of history for programs, with the settings of the environment. */
import { systemClock } from '../../../../shared/io/clock.ts';
import type { Environment } from '../../../../shared/market.ts';
import { rowsOf } from '../../io/trade-rows.ts';
import { openPolite } from '../../polite/io/polite.ts';
import { historySettings } from '../../polite/settings.ts';
import type { ReadTrades } from '../iterate-trades.ts';
import { DEFAULT_DATA_DIR } from '../options.ts';
import type { RunPorts } from '../run-days.ts';
import { openStore } from './day-store.ts';
import { holdSymbol } from './fetch-folder.ts';
import { clockOffset, openSource } from './sources.ts';

export type HistoryOfPrograms = {
  readonly environment: Environment;
  /** For `backfillWithCache`. */
  readonly ports: Omit<RunPorts, 'jobs' | 'signal'>;
  /** For `iterateTrades`. */
  readonly read: ReadTrades;
  readonly close: () => Promise<void>;
};

export type HistoryChoice = {
  readonly environment?: Environment;
  /** The folder of the cache; without it BACKFILL_CACHE_DIR, or ./data/history. */
  readonly root?: string;
  /** May one-minute candles stand in where there are no trades? Default: no. */
  readonly klines?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  /** Hears what costs speed. */
  readonly warn?: (message: string) => void;
};

/** Throws a RangeError when a setting of the environment is wrong. Ask it to close when all is done. */
export async function openHistory(choice: HistoryChoice = {}): Promise<HistoryOfPrograms> {
  const { env = process.env, klines = false, warn = () => undefined } = choice;
  const { settings, problems } = historySettings(env, choice.environment);
  if (problems.length > 0) throw new RangeError(problems.join('; '));
  const clock = systemClock(settings.policy.plan.askAgainMs, () => undefined);
  const root = choice.root ?? settings.cache.folder;
  const polite = openPolite(settings, { clock, env, warn: (_fields, message) => warn(message) });
  const store = openStore({ root, unixMs: clock.unixMs });
  const offsetMs = await clockOffset(polite, {
    warn: (_fields: unknown, message?: string) => warn(message ?? ''),
  });
  const dataDir = env['DATA_DIR'] ?? DEFAULT_DATA_DIR;
  const { plan, store: limits } = settings.policy;
  return {
    environment: settings.environment,
    ports: {
      source: openSource({ settings, polite, clock, offsetMs, root, dataDir }),
      store: store.days,
      policy: plan,
      klines,
      hold: (key) => holdSymbol(root, key, limits.lockWaitMs, clock.unixMs()),
    },
    read: async function* (key, span, isWhole) {
      for await (const batch of store.trades.tradesOf(key, span, { skipMissing: !isWhole }))
        yield* rowsOf(batch);
    },
    close: async () => {
      await store.close();
      await polite.close();
    },
  };
}
