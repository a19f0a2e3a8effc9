/** A reader of archive files that shares nothing with the exchange: texts, whole numbers, sums. */
import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import type { Running } from '../io/running.ts';

/** One line of a file: `tenths` of a millisecond since 1970; numbers as they were written. */
export type ArchiveRow = {
  readonly tenths: bigint;
  readonly at: number;
  readonly id: string;
  readonly price: string;
  readonly size: string;
  readonly side: string;
  readonly direction: string;
};

export async function fetchFile(server: Running, path: string, init: RequestInit = {}) {
  const response = await fetch(`${server.url}${path}`, init);
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
}

/** The text of a file that must be there. */
export async function textOf(server: Running, path: string): Promise<string> {
  const { response, bytes } = await fetchFile(server, path);
  assert.equal(response.status, 200, path);
  return gunzipSync(bytes).toString();
}

export function rowsOf(text: string): readonly ArchiveRow[] {
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const names = header.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    assert.equal(cells.length, names.length, line);
    const cell = (name: string): string => cells[names.indexOf(name)] ?? '';
    const isSpot = names[0] === 'id';
    const [seconds = '', decimals = ''] = cell('timestamp').split('.');
    const tenths = isSpot ? BigInt(seconds) * 10n : BigInt(seconds + decimals.padEnd(4, '0'));
    return {
      tenths,
      at: Number(tenths / 10n),
      id: cell(isSpot ? 'id' : 'trdMatchID'),
      price: cell('price'),
      size: cell(isSpot ? 'volume' : 'size'),
      side: cell('side'),
      direction: cell('tickDirection'),
    };
  });
}

const DIGITS = 14;
const UNIT = 10n ** BigInt(DIGITS);

/** A decimal text as a whole number of 10^-14. */
export function units(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(DIGITS, '0'));
}

export type Sums = {
  open: bigint;
  high: bigint;
  low: bigint;
  close: bigint;
  volume: bigint;
  turnover: bigint;
};

/** The candle of the rows from `start` to `end` (ms); it opens at the close of the row before, if there is one. */
export function candleOf(
  rows: readonly ArchiveRow[],
  start: number,
  end: number,
  isInverse = false,
): Sums | undefined {
  const inside = rows.filter(({ at }) => at >= start && at < end);
  const before = rows.findLast(({ at }) => at < start);
  const first = before ?? inside[0];
  if (first === undefined) return undefined;
  const open = units(first.price);
  const sums: Sums = { open, high: open, low: open, close: open, volume: 0n, turnover: 0n };
  for (const row of inside) {
    const [price, size] = [units(row.price), units(row.size)];
    if (price > sums.high) sums.high = price;
    if (price < sums.low) sums.low = price;
    sums.close = price;
    sums.volume += size;
    sums.turnover += isInverse ? coins(size, price) : (price * size) / UNIT;
  }
  return sums;
}

/** size / price, rounded to 8 digits for each trade, as the exchange says it does. */
function coins(size: bigint, price: bigint): bigint {
  const digit = 10n ** BigInt(DIGITS - 8);
  const last = UNIT / digit;
  return ((size * last * 2n + price) / (price * 2n)) * digit;
}

/** A row of GET /v5/market/kline in the same units. */
export function sumsOf(row: readonly string[]): Sums {
  const [open, high, low, close, volume, turnover] = row.slice(1).map(units);
  assert.ok(open !== undefined && high !== undefined && low !== undefined && close !== undefined);
  return { open, high, low, close, volume: volume ?? 0n, turnover: turnover ?? 0n };
}

/** All candles between two times, oldest first, page by page as a client must. */
export async function klines(server: Running, query: string, from: number, to: number): Promise<string[][]> {
  const rows: string[][] = [];
  for (let end = to - 1; ; ) {
    const answer = await server.get(`/v5/market/kline?${query}&limit=1000&start=${from}&end=${end}`);
    const { list } = answer['result'] as { list: string[][] };
    rows.push(...list);
    const oldest = Number(list.at(-1)?.[0]);
    if (list.length < 1000 || oldest <= from) return rows.toReversed();
    end = oldest - 1;
  }
}
