/** The real source and store of history for programs, with the settings of the environment and of .env. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../../../shared/io/clock.ts';
import { type OwnSettings, readOwnSettings } from '../../../../shared/io/own-settings.ts';
import type { Environment } from '../../../../shared/market.ts';
import { networkOfSettings } from '../../../../shared/settings/own-network.ts';
import { DEFAULT_DATA_DIR, variable } from '../../../settings.ts';
import { rowsOf } from '../../io/trade-rows.ts';
import { openPolite, type PolitePorts } from '../../polite/io/polite.ts';
import { historySettings } from '../../polite/settings.ts';
import type { ReadTrades } from '../iterate-trades.ts';
import type { RunPorts } from '../run-days.ts';
import { openStore } from './day-store.ts';
import { holdSymbol } from './fetch-folder.ts';
import { sharedBans } from './shared-bans.ts';
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
  /** Without it what CONNECTOR_PROFILE says of a program that is started by hand, or mainnet. */
  readonly environment?: Environment;
  /**
   * The folder of the cache; without it BACKFILL_CACHE_DIR, or ./data/history. With BACKFILL_CACHE_ENABLED=false and no folder
   * named here there is no cache: a folder of this history alone takes its place, which `close` removes.
   */
  readonly root?: string;
  /** May one-minute candles stand in where there are no trades? Default: no. */
  readonly klines?: boolean;
  /** Settings; without them those of the environment and of .env, as `npm run history` has them. */
  readonly env?: NodeJS.ProcessEnv;
  /** Hears what costs speed, and what is odd in .env. */
  readonly warn?: (message: string) => void;
};

/** Throws a RangeError when a setting is wrong. Ask it to close when all is done. */
export async function openHistory(choice: HistoryChoice = {}): Promise<HistoryOfPrograms> {
  const { klines = false, warn = () => undefined } = choice;
  const own = ownSettings(choice.env);
  const { env } = own;
  const said = historySettings(env, choice.environment ?? own.network);
  const { settings } = said;
  const problems = [...own.problems, ...said.problems];
  if (problems.length > 0) throw new RangeError(problems.join('; '));
  for (const warning of own.warnings) warn(warning);
  const clock = systemClock(settings.policy.plan.askAgainMs, () => undefined);
  const isTemporary = choice.root === undefined && !settings.cache.isEnabled;
  const root = isTemporary
    ? await mkdtemp(path.join(tmpdir(), 'towline-history-'))
    : (choice.root ?? settings.cache.folder);
  const dataDir = variable(env, 'DATA_DIR')?.text ?? DEFAULT_DATA_DIR;
  const ports: PolitePorts = { clock, env, warn: (_fields, message) => warn(message) };
  const polite = openPolite(settings, { ...ports, bans: sharedBans(dataDir, settings, ports) });
  const store = openStore({ root, unixMs: clock.unixMs });
  const offsetMs = await clockOffset(polite, {
    warn: (_fields: unknown, message?: string) => warn(message ?? ''),
  });
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
      if (isTemporary) await rm(root, { recursive: true, force: true });
    },
  };
}

function ownSettings(env: NodeJS.ProcessEnv | undefined): OwnSettings {
  if (env !== undefined) return { env, problems: [], warnings: [] };
  const own = readOwnSettings(process.env);
  // To a strategy nobody says --environment: its runner or backtest names the network as a setting.
  const network = own.network ?? networkOfSettings(own.env, []);
  return network === undefined ? own : { ...own, network };
}
