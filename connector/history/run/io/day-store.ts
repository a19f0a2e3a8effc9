/** The store of history as the fetching of it uses it. */
import { CandleStore } from '../../io/candle-store.ts';
import { HistoryStore } from '../../io/history-store.ts';
import type { StoreOptions } from '../../io/workshop.ts';
import { isFromArchive } from '../../store/merge.ts';
import type { DayStore } from '../ports.ts';
import { keepVerification, verificationEvent } from './kept-verification.ts';
import { dropLines } from './sources.ts';

export type OpenedStore = {
  readonly days: DayStore;
  readonly trades: HistoryStore;
  readonly candles: CandleStore;
  readonly close: () => Promise<void>;
};

export function openStore(options: StoreOptions): OpenedStore {
  const trades = new HistoryStore(options);
  const candles = new CandleStore(options);
  const days: DayStore = {
    look: async (key) => {
      const trust = await trades.judge(key);
      const minutes = await candles.spans(key);
      if (trust.kind !== 'trusted')
        return { trades: [], rows: undefined, bytes: undefined, isArchive: false, candles: minutes };
      const { spans, rows, bytes } = trust.manifest;
      return { trades: spans, rows, bytes, isArchive: isFromArchive(trust.manifest), candles: minutes };
    },
    importArchive: async (key, { file, url, bytes, sha256, fetchedAt }) => {
      const done = await trades.importArchive({ key, file, url, fetchedAt, announced: { bytes, sha256 } });
      if (!done.ok) return done;
      const { verification } = done.value;
      // Not keeping it costs nothing but a look back: the recording itself was replaced.
      if (verification !== null)
        await keepVerification(
          options.root,
          key,
          verificationEvent(key, verification, options.unixMs()),
        ).catch(() => undefined);
      return { ok: true, value: verification };
    },
    appendLines: async (key, { files, spans, gaps }, source, fetchedAt) => {
      const done = await trades.appendLines({ key, files, source, spans, gaps, fetchedAt });
      await dropLines(options.root, key);
      return done.ok ? { ok: true, value: null } : done;
    },
    retract: (key, spans) => trades.retract(key, spans),
    writeCandles: (key, rows) => candles.write(key, rows),
  };
  return {
    days,
    trades,
    candles,
    close: async () => {
      await Promise.all([trades.close(), candles.close()]);
    },
  };
}
