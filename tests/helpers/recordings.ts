/** Recorded trades as a reader finds them on the disk, and what the exchange executed. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { bootId } from '../../shared/io/boot-id.ts';
import {
  dateOfRecording,
  RECORDING_FOLDER,
  type RecordedInstrument,
  type RecordedSpan,
  recordingFolder,
  spansFileOf,
  spansOfLines,
  tradesFileOf,
} from '../../shared/recording-files.ts';
import type { Exchange } from './processes.ts';

export type RecordedLine = {
  readonly timestamp: number;
  readonly seq?: number;
  readonly id: string;
  readonly price: number;
  readonly qty: number;
  readonly side: string;
  readonly block?: boolean;
  readonly rpi?: boolean;
};

export type Recorded = {
  readonly trades: readonly RecordedLine[];
  /** By day; those of two days may touch. */
  readonly spans: readonly RecordedSpan[];
};

/** Of trades that were confirmed before that was written, as earlier versions did. */
export function spanLine({ from, to }: RecordedSpan): string {
  return `{"from":${from},"to":${to}}\n`;
}

/** All days of one instrument, in their order. A last line without its end does not count, as for every reader. */
export function readRecording(dataDir: string, of: RecordedInstrument, boot = bootId()): Recorded {
  const folder = recordingFolder(path.join(dataDir, RECORDING_FOLDER), of);
  const read = (name: string): string => {
    const file = path.join(folder, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const dates = [...new Set(names.map((name) => dateOfRecording(name) ?? assert.fail(name)))].toSorted();
  const trades = dates.flatMap((date) => {
    const lines = read(tradesFileOf(date)).split('\n').slice(0, -1);
    const rows = lines.map((line) => JSON.parse(line) as RecordedLine);
    for (const { timestamp } of rows) assert.equal(new Date(timestamp).toISOString().slice(0, 10), date);
    return rows;
  });
  return { trades, spans: dates.flatMap((date) => spansOfLines(read(spansFileOf(date)), boot)) };
}

export function isCovered({ spans }: Recorded, timestamp: number): boolean {
  return spans.some(({ from, to }) => timestamp >= from && timestamp < to);
}

type Executed = {
  readonly T: number;
  readonly id: string;
  readonly seq: number;
  readonly price: string;
  readonly size: string;
  readonly side: string;
};

/** Every execution of a symbol so far, oldest first, as lines of a recording should have it. */
export async function executedLines(exchange: Exchange, symbol: string): Promise<readonly RecordedLine[]> {
  const all: RecordedLine[] = [];
  for (let after = ''; ; ) {
    const query = `category=linear&symbol=${symbol}&limit=10000${after === '' ? '' : `&after=${after}`}`;
    const page = (await (await fetch(`${exchange.url}/sim/executions?${query}`)).json()) as
      | { list?: Executed[] }
      | Executed[];
    const rows = Array.isArray(page) ? page : (page.list ?? []);
    for (const { T, id, seq, price, size, side } of rows)
      all.push({ timestamp: T, seq, id, price: Number(price), qty: Number(size), side: side.toLowerCase() });
    const last = rows.at(-1);
    if (last === undefined || rows.length < 10_000) return all;
    after = last.id;
  }
}

/** Everything that is claimed is there, once and with its values, and nothing else is; answers how much is claimed. */
export function checkRecording(
  recorded: Recorded,
  executed: readonly RecordedLine[],
): { readonly covered: number } {
  const byId = new Map<string, RecordedLine>();
  for (const trade of recorded.trades) {
    assert.ok(!byId.has(trade.id), `${trade.id} is recorded twice`);
    byId.set(trade.id, trade);
  }
  const truth = new Map(executed.map((trade) => [trade.id, trade]));
  for (const { id, rpi: _, block: __, ...trade } of recorded.trades)
    assert.deepEqual({ id, ...trade }, truth.get(id) ?? `${id} was never executed`);
  const claimed = executed.filter(({ timestamp }) => isCovered(recorded, timestamp));
  for (const { id, timestamp } of claimed)
    assert.ok(byId.has(id), `${id} at ${timestamp} is claimed and was not recorded`);
  return { covered: claimed.length };
}
