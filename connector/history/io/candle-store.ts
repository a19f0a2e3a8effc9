/**
 * One-minute candles of a day as a Parquet file with a manifest, as days of trades are kept: `klines_1m_2026-08-01.parquet` with the
 * columns start, open, high, low, close, volume, turnover. Those that are written are added to those that are there.
 */
import { rm, writeFile } from 'node:fs/promises';
import type { Candle } from '../run/ports.ts';
import { decimalsOf } from '../store/decimals.ts';
import { StoreError, type StoreResult } from '../store/failures.ts';
import type { Manifest } from '../store/manifest.ts';
import { type DayKey, dayFiles } from '../store/paths.ts';
import { type Span, spanOfDay, union } from '../store/spans.ts';
import { copyToParquet, literal } from '../store/sql-text.ts';
import type { Trust } from '../store/trust.ts';
import { discard, publish } from './day-file.ts';
import { factsOf } from './durable.ts';
import { attempt, type StoreOptions, Workshop } from './workshop.ts';

const MINUTE_MS = 60_000;

const columns = {
  start: 'BIGINT',
  open: 'DOUBLE',
  high: 'DOUBLE',
  low: 'DOUBLE',
  close: 'DOUBLE',
  volume: 'DOUBLE',
  turnover: 'DOUBLE',
} as const;
const names = ['start', 'open', 'high', 'low', 'close', 'volume', 'turnover'] as const;
const listed = names.map((name) => `"${name}"`).join(', ');

export class CandleStore {
  readonly #workshop: Workshop;

  constructor(options: StoreOptions) {
    this.#workshop = new Workshop(options);
  }

  judge(key: DayKey): Promise<Trust> {
    return this.#workshop.judge.judge(key, 'klines');
  }

  /** The minutes that are there. */
  async spans(key: DayKey): Promise<readonly Span[]> {
    const trust = await this.judge(key);
    return trust.kind === 'trusted' ? trust.manifest.spans : [];
  }

  /** Closed candles of the day; one that is there already is replaced, those of other days are left out. */
  write(key: DayKey, candles: readonly Candle[]): Promise<StoreResult<null>> {
    return attempt('write_failed', `store the candles of ${key.symbol} of ${key.date}`, () =>
      this.#workshop.write(key, async () => {
        const kept = new Map<number, Candle>();
        for (const candle of [...(await this.#read(key)), ...candles]) kept.set(candle.start, candle);
        const day = spanOfDay(key.date);
        const rows = [...kept.values()]
          .filter(({ start }) => start >= day.from && start < day.to && start % MINUTE_MS === 0)
          .toSorted((one, other) => one.start - other.start);
        if (rows.length > 0) await this.#replace(key, rows);
        return null;
      }),
    );
  }

  /** In their order. A day without them has none. */
  read(key: DayKey): Promise<StoreResult<readonly Candle[]>> {
    return attempt('read_failed', `read the candles of ${key.symbol} of ${key.date}`, () => this.#read(key));
  }

  close(): Promise<void> {
    return this.#workshop.close();
  }

  async #read(key: DayKey): Promise<readonly Candle[]> {
    const trust = await this.judge(key);
    if (trust.kind !== 'trusted') return [];
    const file = literal(dayFiles(this.#workshop.root, key, 'klines').parquet);
    const db = await this.#workshop.reader();
    const rows = await db.rows(`SELECT ${listed} FROM read_parquet(${file}) ORDER BY "start"`);
    return rows.map((row) => ({
      start: row.number('start'),
      open: row.number('open'),
      high: row.number('high'),
      low: row.number('low'),
      close: row.number('close'),
      volume: row.number('volume'),
      turnover: row.number('turnover'),
    }));
  }

  async #replace(key: DayKey, rows: readonly Candle[]): Promise<void> {
    const files = dayFiles(this.#workshop.root, key, 'klines');
    const partial = this.#workshop.partial(files.parquet);
    const lines = `${partial}.csv.partial`;
    try {
      await writeFile(lines, rows.map((row) => `${names.map((name) => row[name]).join(',')}\n`).join(''));
      await this.#workshop.make(async (db) => {
        const types = names.map((name) => `'${name}': '${columns[name]}'`).join(', ');
        const source = `read_csv(${literal(lines)}, header = false, auto_detect = false, delim = ',', columns = {${types}})`;
        await db.run(copyToParquet(`SELECT ${listed} FROM ${source} ORDER BY "start"`, partial));
        const read = await db.one(
          `SELECT count(*) AS "rows", min("start") AS "first", max("start") AS "last" FROM read_parquet(${literal(partial)})`,
        );
        const isWhole =
          read.number('rows') === rows.length &&
          read.number('first') === rows[0]?.start &&
          read.number('last') === rows.at(-1)?.start;
        if (!isWhole)
          throw new StoreError(
            'readback_wrong',
            `${partial} does not hold the candles that were written to it`,
          );
      });
      const facts = await factsOf(partial);
      if (facts === undefined)
        throw new StoreError('readback_wrong', `${partial} vanished while it was being made`);
      await publish(files, partial, this.#manifest(key, rows, facts));
    } finally {
      await rm(lines, { force: true });
      await discard(partial);
    }
  }

  #manifest(key: DayKey, rows: readonly Candle[], facts: Pick<Manifest, 'bytes' | 'sha256'>): Manifest {
    const now = this.#workshop.unixMs();
    const { environment, category, symbol, date } = key;
    const place = (row: Candle | undefined) =>
      row === undefined ? null : { timestamp: row.start, id: String(row.start) };
    const spans = union(rows.map(({ start }) => ({ from: start, to: start + MINUTE_MS })));
    return {
      version: 1,
      ...{ environment, category, symbol, date, rows: rows.length },
      ...{ first: place(rows[0]), last: place(rows.at(-1)) },
      price_decimals: Math.max(
        ...rows.flatMap(({ open, high, low, close }) => [open, high, low, close].map(decimalsOf)),
      ),
      qty_decimals: Math.max(...rows.map(({ volume }) => decimalsOf(volume))),
      ...facts,
      sources: [
        { source: 'klines', rows: rows.length, url: null, bytes: null, sha256: null, fetched_at: now },
      ],
      spans: spans.map(({ from, to }) => ({ from, to, exactness: 'exact' })),
      gaps: [],
      doubles: 0,
      made_at: now,
    };
  }
}
