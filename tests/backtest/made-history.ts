/** A market that never was, as archive files and as columns: prices walk, and takers come in waves, so that sweeps occur. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { StoredDay, TradeColumns } from '../../backtest/ports.ts';
import { HistoryStore } from '../../connector/history/io/history-store.ts';
import { DAY_MS, dayStart, utcDateOf } from '../../shared/day-totals.ts';

export const symbol = 'BTCUSDT';
export const instrument = { category: 'linear', symbol } as const;

export type MadeTrade = {
  readonly timestamp: number;
  readonly id: string;
  readonly price: number;
  readonly qty: number;
  readonly side: 'buy' | 'sell';
};

/** A number in [0, 1), the same on every machine. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Trades of a span, about one every `everyMs`. */
export function madeTrades(from: number, to: number, everyMs: number, seed = 7): readonly MadeTrade[] {
  const random = seeded(seed);
  const trades: MadeTrade[] = [];
  let price = 93_500;
  let lean = 0;
  let at = from + 1;
  for (let number = 1; at < to; number += 1) {
    if (random() < 0.02) lean = random() - 0.5;
    const side = random() < 0.5 + lean * 0.8 ? 'buy' : 'sell';
    // Against the takers as often as with them: that is what a sweep detector looks for.
    price += (random() - 0.5 - lean * 0.25) * 8;
    const qty = random() < 0.003 ? 5 + random() * 5 : 0.001 + random() * 0.2;
    const rounded = { price: Number(price.toFixed(1)), qty: Number(qty.toFixed(3)) };
    trades.push({ timestamp: Math.floor(at), id: `made-${seed}-${number}`, ...rounded, side });
    at += everyMs * (0.2 + 1.6 * random());
  }
  return trades;
}

/** The same as the store gives them, `size` rows at a time. */
export function batchesOf(trades: readonly MadeTrade[], size = 2_000): readonly TradeColumns[] {
  const batches: TradeColumns[] = [];
  for (let start = 0; start < trades.length; start += size) {
    const rows = trades.slice(start, start + size);
    batches.push({
      rows: rows.length,
      timestamp: rows.map(({ timestamp }) => timestamp),
      seq: rows.map(() => null),
      id: rows.map(({ id }) => id),
      price: rows.map(({ price }) => price),
      qty: rows.map(({ qty }) => qty),
      side: rows.map(({ side }) => side),
      block: rows.map(() => null),
      rpi: rows.map(() => false),
    });
  }
  return batches;
}

/** A day of which everything is stored. */
export function wholeDay(date: string): StoredDay {
  const from = dayStart(date);
  return { date, kind: 'stored', spans: [{ from, to: from + DAY_MS }], gaps: [], priceDecimals: 1 };
}

/** The lines of a daily archive file of contracts. */
export function archiveCsv(trades: readonly MadeTrade[]): string {
  const head =
    'timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional,RPI';
  const lines = trades.map(({ timestamp, id, price, qty, side }) => {
    const word = side === 'buy' ? 'Buy' : 'Sell';
    return `${timestamp / 1_000},${symbol},${word},${qty},${price},ZeroPlusTick,${id},1,1,1,0`;
  });
  return [head, ...lines, ''].join('\n');
}

export type MadeCache = { readonly root: string; readonly folder: string };

/** A cache of these days in a folder of its own, which `t` removes. */
export async function madeCache(
  t: { readonly after: (fn: () => void) => unknown },
  days: readonly (readonly MadeTrade[])[],
): Promise<MadeCache> {
  const folder = mkdtempSync(path.join(tmpdir(), 'towline-backtest-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const root = path.join(folder, 'cache');
  await fillCache(root, folder, days);
  return { root, folder };
}

export async function fillCache(
  root: string,
  folder: string,
  days: readonly (readonly MadeTrade[])[],
): Promise<void> {
  const store = new HistoryStore({ root, unixMs: () => dayStart('2026-08-10') });
  for (const trades of days) {
    const date = utcDateOf(trades[0]?.timestamp ?? 0);
    const file = path.join(folder, `${date}.csv.gz`);
    writeFileSync(file, gzipSync(archiveCsv(trades)));
    const key = { environment: 'mainnet', ...instrument, date } as const;
    const imported = await store.importArchive({ key, file, url: null, fetchedAt: dayStart('2026-08-09') });
    if (!imported.ok) throw new Error(imported.failure.message);
  }
  await store.close();
}
