/**
 * The same work with libraries in JavaScript alone: papaparse reads the rows, they are sorted and doubles dropped, hyparquet-writer makes the
 * file, hyparquet reads it. Levels are sums of floating point numbers here. Arguments as of towline-history.ts.
 */
import { createReadStream, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { parquetWriteFile } from 'hyparquet-writer';
import Papa from 'papaparse';
import { dayStart } from '../../shared/day-totals.ts';
import { DATE, HALF_DAY_MS } from './archive.ts';
import { type Figures, MINUTE_QUERIES, minuteOf, tell } from './figures.ts';

const [task = '', root = '', file = ''] = process.argv.slice(2);
const parquet = path.join(root, 'peer.parquet');
const began = performance.now();
let figures: Figures = { ms: 0, rows: 0 };
if (task === 'convert' || task === 'levels') figures = { ...figures, ...(await convert()) };
if (task === 'levels' || task === 'cached') figures = { ...figures, ...(await levels()) };
if (task === 'minute') figures = { ...figures, ...(await minute()) };
tell({ ...figures, ms: task === 'minute' ? figures.ms : performance.now() - began });

type Trade = { timestamp: number; id: string; price: number; qty: number; side: string };

async function convert(): Promise<Partial<Figures>> {
  const trades = await parsed();
  trades.sort((a, b) => a.timestamp - b.timestamp);
  const seen = new Set<string>();
  const rows = trades.filter(({ id }) => !seen.has(id) && seen.add(id));
  mkdirSync(root, { recursive: true });
  parquetWriteFile({
    filename: parquet,
    rowGroupSize: 50_000,
    columnData: [
      { name: 'timestamp', data: rows.map(({ timestamp }) => timestamp), type: 'DOUBLE' },
      { name: 'id', data: rows.map(({ id }) => id), type: 'STRING' },
      { name: 'price', data: rows.map(({ price }) => price), type: 'DOUBLE' },
      { name: 'qty', data: rows.map(({ qty }) => qty), type: 'DOUBLE' },
      { name: 'side', data: rows.map(({ side }) => side), type: 'STRING' },
    ],
  });
  return { rows: rows.length };
}

function parsed(): Promise<Trade[]> {
  const trades: Trade[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<Trade[]>();
  const text = createReadStream(file).pipe(createGunzip());
  Papa.parse<Record<string, string>>(text, {
    header: true,
    skipEmptyLines: true,
    step: ({ data }) => {
      trades.push({
        timestamp: Math.floor(Number(data['timestamp']) * 1_000),
        id: data['trdMatchID'] ?? '',
        price: Number(data['price']),
        qty: Number(data['size']),
        side: data['side'] === 'Buy' ? 'buy' : 'sell',
      });
    },
    complete: () => resolve(trades),
    error: reject,
  });
  return promise;
}

async function levels(): Promise<Partial<Figures>> {
  const start = dayStart(DATE);
  const buffer = await asyncBufferFromFile(parquet);
  const rows = (await parquetReadObjects({ file: buffer, compressors })) as Trade[];
  let [volume, notional] = [0, 0];
  const bins = new Map<number, number>();
  for (const { timestamp, price, qty } of rows) {
    if (timestamp < start || timestamp >= start + HALF_DAY_MS) continue;
    volume += qty;
    notional += price * qty;
    const bin = Math.round(price * 10);
    bins.set(bin, (bins.get(bin) ?? 0) + qty);
  }
  let poc = 0;
  for (const [bin, traded] of bins) if (traded > (bins.get(poc) ?? 0)) poc = bin;
  return { rows: rows.length, vwap: notional / volume, poc: poc / 10 };
}

async function minute(): Promise<Partial<Figures>> {
  const times: number[] = [];
  let rows = 0;
  for (let query = 0; query < MINUTE_QUERIES; query += 1) {
    const { from, to } = minuteOf(query);
    const at = performance.now();
    const buffer = await asyncBufferFromFile(parquet);
    const found = await parquetReadObjects({
      file: buffer,
      compressors,
      filter: { timestamp: { $gte: from, $lt: to } },
    });
    rows += found.length;
    times.push(performance.now() - at);
  }
  const [first = 0] = times;
  return { ms: times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0, firstMs: first, rows };
}
