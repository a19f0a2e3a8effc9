/** The cache as a backtest reads it: HistoryStore behind the port. Nothing is written, and nothing is made where nothing is. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { HistoryStore } from '../../connector/history/io/history-store.ts';
import { datesOf } from '../../connector/history/store/spans.ts';
import { symbolPattern } from '../../shared/market.ts';
import type { BacktestOptions } from '../options.ts';
import type { StoredDay, StoredHistory } from '../ports.ts';

export type OpenedHistory = StoredHistory & { readonly close: () => Promise<void> };

export function openStoredHistory(
  {
    cache,
    environment,
    instrument,
    span,
  }: Pick<BacktestOptions, 'cache' | 'environment' | 'instrument' | 'span'>,
  unixMs: () => number,
): OpenedHistory {
  const store = new HistoryStore({ root: cache, unixMs });
  const key = { environment, ...instrument };
  return {
    days: async () => {
      const days: StoredDay[] = [];
      for (const date of datesOf(span)) days.push(await dayOf(store, { ...key, date }));
      return days;
    },
    trades: () => store.tradesOf(key, span, { skipMissing: true }),
    symbols: async () => {
      const names = await readdir(path.join(cache, environment, instrument.category)).catch(() => []);
      return names.filter((name) => symbolPattern.test(name)).toSorted();
    },
    close: () => store.close(),
  };
}

async function dayOf(store: HistoryStore, key: Parameters<HistoryStore['judge']>[0]): Promise<StoredDay> {
  const { date } = key;
  const trust = await store.judge(key);
  switch (trust.kind) {
    case 'trusted': {
      const { spans, gaps, price_decimals: priceDecimals } = trust.manifest;
      return { date, kind: 'stored', spans, gaps, priceDecimals };
    }
    case 'absent':
      return { date, kind: 'absent' };
    case 'untrusted':
      return { date, kind: 'untrusted', reason: trust.reason };
  }
}
