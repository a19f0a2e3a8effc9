/** Trades of a range in the real world: from the app's tapes, and from what a history child reads of recordings and the cache. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { historyFolder } from '../../../shared/history-files.ts';
import { historyPolicy } from '../../../shared/history-policy.ts';
import type { Environment, Instrument } from '../../../shared/market.ts';
import { RECORDING_FOLDER, recordingFolder } from '../../../shared/recording-files.ts';
import type { Clock } from '../../../shared/time.ts';
import type { App } from '../../app.ts';
import { type HistoryChildSources, historyStarter } from '../../backfill/io/history-child.ts';
import type { Recorder } from '../../history/recorder.ts';
import type { RangePage, RangeWish } from '../range.ts';
import { readRange } from '../read-range.ts';
import { StoredTrades } from '../stored-trades.ts';

export type StoredSources = HistoryChildSources & {
  readonly config: HistoryChildSources['config'] & { readonly timeScale: number };
  readonly clock: Clock;
  readonly app: App;
  /** Undefined when nothing is recorded. */
  readonly recording: { readonly recorder: Pick<Recorder, 'cut'> } | undefined;
};

export type Stored = {
  /** A page of an instrument's trades. Rejects with an ApiError. */
  readonly range: (instrument: Instrument, wish: RangeWish) => Promise<RangePage>;
  /** Ends what is under way. */
  readonly stop: () => void;
};

export function openStored(sources: StoredSources): Stored {
  const { config, app, clock, recording } = sources;
  const { connector, dataDir, backfill } = config;
  const isThere = async (environment: Environment, instrument: Instrument): Promise<boolean> => {
    const recorded = recordingFolder(path.join(dataDir, RECORDING_FOLDER), { environment, ...instrument });
    const cached = historyFolder(backfill.cacheDir, environment, instrument);
    for (const folder of [recorded, cached])
      if ((await readdir(folder).catch(() => [])).length > 0) return true;
    return false;
  };
  const stored = new StoredTrades({
    policy: historyPolicy(config.timeScale).stored,
    prepare: async ({ category, symbol }) => {
      const environment = app.context.environment ?? connector.environment;
      if (environment === undefined) return false;
      // The tape may have let go already of what waits to be written.
      await recording?.recorder.cut();
      return await isThere(environment, { category, symbol });
    },
    start: historyStarter(sources),
    after: (ms, ring) => {
      const timer = setTimeout(ring, ms).unref();
      return () => clearTimeout(timer);
    },
  });
  return {
    range: (instrument, wish) =>
      readRange(instrument, wish, {
        tape: app.context.instrument(instrument)?.tape,
        gaps: app.gaps.all(),
        now: app.context.exchangeNow(clock.unixMs()),
        ask: async (request) => {
          if (connector.history === undefined || app.context.clock === 'replay') return undefined;
          return await stored.ask(request);
        },
      }),
    stop: () => stored.stop(),
  };
}
