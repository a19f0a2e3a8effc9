/** A cache in a folder of its own, archive files of made trades, and what is stored, read by hand. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { HistoryStore } from '../../../../connector/history/io/history-store.ts';
import type { ArchiveImport } from '../../../../connector/history/io/import-archive.ts';
import { rowsOf } from '../../../../connector/history/io/trade-rows.ts';
import { type DayKey, dayFiles } from '../../../../connector/history/store/paths.ts';
import { spanOfDay } from '../../../../connector/history/store/spans.ts';
import type { TradeRow } from '../../../../connector/history/store/verification.ts';

export const date = '2026-08-01';
export const midnight = Date.UTC(2026, 7, 1);
export const linearKey: DayKey = { environment: 'simulated', category: 'linear', symbol: 'BTCUSDT', date };
export const spotKey: DayKey = { ...linearKey, category: 'spot' };
export const madeAt = midnight + 90_000_000;

/** A trade of an archive: `at` in ten thousandths of a second since midnight. */
export type Made = {
  readonly at: number;
  readonly id: string;
  readonly price: string;
  readonly qty: string;
  readonly side: 'buy' | 'sell';
  readonly rpi?: boolean;
};

export function made(at: number, more: Partial<Made> = {}): Made {
  return { at, id: `id-${at}`, price: '93500.1', qty: '0.25', side: 'buy', ...more };
}

const old =
  'timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional';

/** A file of contracts: 11 columns, or 10 without the RPI mark. `seconds` cuts the decimals of times off, as old files have it. */
export function contractsCsv(
  rows: readonly Made[],
  options: { readonly rpi?: boolean; readonly seconds?: boolean; readonly symbol?: string } = {},
): string {
  const { rpi = true, seconds = false, symbol = 'BTCUSDT' } = options;
  const lines = rows.map(({ at, id, price, qty, side, rpi: mark = false }) => {
    const whole = midnight / 1_000 + Math.floor(at / 10_000);
    const time = seconds
      ? String(whole)
      : `${whole}.${String(at % 10_000).padStart(4, '0')}`.replace(/\.?0+$/, '');
    const word = side === 'buy' ? 'Buy' : 'Sell';
    const fields = [time, symbol, word, qty, price, 'ZeroPlusTick', id, '2.4725004e+11', '0.003', '247.25'];
    return [...fields, ...(rpi ? [mark ? '1' : '0'] : [])].join(',');
  });
  return [rpi ? `${old},RPI` : old, ...lines, ''].join('\n');
}

/** A file of spot: ids count its rows. */
export function spotCsv(rows: readonly Made[], { rpi = true }: { readonly rpi?: boolean } = {}): string {
  const lines = rows.map(({ at, price, qty, side, rpi: mark = false }, index) =>
    [
      String(index + 1),
      String(midnight + Math.floor(at / 10)),
      price,
      qty,
      side,
      ...(rpi ? [mark ? '1' : '0'] : []),
    ].join(','),
  );
  return [`id,timestamp,price,volume,side${rpi ? ',rpi' : ''}`, ...lines, ''].join('\n');
}

export type CacheWorld = {
  readonly root: string;
  readonly store: HistoryStore;
  /** Writes a file of that text and name, compressed, outside the cache. */
  readonly packed: (csv: string, name?: string) => string;
  readonly raw: (content: string | Uint8Array, name?: string) => string;
  readonly archive: (key: DayKey, file: string) => ArchiveImport;
  readonly stored: (key: DayKey) => Promise<readonly TradeRow[]>;
  /** Every file below the cache with its digest, without those that only say who is at work. */
  readonly inventory: () => Readonly<Record<string, string>>;
};

/** `t`: a test, or `{ after }` of node:test for all tests of a suite. */
export function cacheWorld(t: { readonly after: (fn: () => Promise<void>) => void }): CacheWorld {
  const base = mkdtempSync(path.join(tmpdir(), 'towline-cache-'));
  const root = path.join(base, 'cache');
  mkdirSync(root);
  const store = new HistoryStore({ root, unixMs: () => madeAt, limits: { lockWaitMs: 500 } });
  t.after(async () => {
    await store.close();
    rmSync(base, { recursive: true, force: true });
  });
  const raw = (content: string | Uint8Array, name = 'fetched.csv.gz'): string => {
    const file = path.join(base, name);
    writeFileSync(file, content);
    return file;
  };
  return {
    root,
    store,
    raw,
    packed: (csv, name) => raw(gzipSync(csv), name),
    archive: (key, file) => ({ key, file, url: 'https://archive.test/file', fetchedAt: madeAt }),
    stored: (key) => rowsIn(store, key),
    inventory: () => inventoryOf(root),
  };
}

export async function rowsIn(store: HistoryStore, key: DayKey): Promise<readonly TradeRow[]> {
  const rows: TradeRow[] = [];
  for await (const batch of store.tradesOf(key, spanOfDay(key.date))) rows.push(...rowsOf(batch));
  return rows;
}

export function inventoryOf(root: string): Readonly<Record<string, string>> {
  const files = readdirSync(root, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map((entry) => path.join(entry.parentPath, entry.name))
      .toSorted()
      .map((file) => [path.relative(root, file), digestOf(file)]),
  );
}

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

export function parquetOf(root: string, key: DayKey): string {
  return dayFiles(root, key, 'trades').parquet;
}

/** What the store makes of an archive's trade. */
export function asStored({ at, id, price, qty, side, rpi = false }: Made): TradeRow {
  return {
    timestamp: midnight + Math.floor(at / 10),
    seq: null,
    id,
    price: Number(price),
    qty: Number(qty),
    side,
    block: null,
    rpi,
    source: 'archive',
  };
}
