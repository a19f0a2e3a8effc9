/**
 * A feed for hftbacktest as a file: .npz (packed, key `data`) or .npy.
 *
 * Memory is bounded, whatever the length: events become rows in a file beside the target as they come (64 bytes a row), while it is measured
 * how far they are out of order; then these rows are read once more, put in order, and written. So while it works it needs room on the disk
 * for the rows up to three times. A file takes its name when it is whole and on the disk; what a killed run left is removed by the
 * next one for the same target.
 */
import { type FileHandle, open, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { InvariantError } from '../../../shared/errors.ts';
import { EVENT_ROW_BYTES } from '../../../shared/hftbacktest.ts';
import { EventOrder, FeedMeasure, OrderCheck } from '../hftbacktest/event-order.ts';
import { FeedError, type FeedResult, feedFailureOf } from '../hftbacktest/failures.ts';
import { type FeedChoice, type FeedEvent, FeedMapper } from '../hftbacktest/feed-rows.ts';
import { HEADER_BYTES, npyHeader, RowBlock } from '../hftbacktest/row-bytes.ts';
import { removeQuietly, syncFile, syncFolder } from './durable.ts';
import { packNpz } from './feed-npz.ts';

export type FeedExport = FeedChoice & {
  /** Where to: a name that ends in .npz or .npy. Replaced when it is there. */
  readonly file: string;
  /**
   * When some event was received before it happened (the clocks differ), all receipts are made later: the least latency becomes this, in
   * ns. 0 unless given. Otherwise receipts stay as they are.
   */
  readonly baseLatency?: bigint;
  /** Rows that may wait in memory for one that is late; some 250 bytes each. 1,000,000 unless given. */
  readonly waitingMax?: number;
};

export type FeedReport = FeedMapper['counts'] & {
  readonly file: string;
  /** Rows of the file; a row that stands in both orders at one place counts once. */
  readonly rows: number;
  /** Rows that are told twice, since one order could not serve both sides. */
  readonly split: number;
  /** The least time from exchange to receipt as the events have it, ns. */
  readonly least_latency: bigint;
  /** What was added to each receipt, ns. */
  readonly shifted: bigint;
};

const WAITING_MAX = 1_000_000;
/** 1 MiB. An event has at most 4,002 rows. */
const BLOCK_ROWS = 16_384;
const ROWS_OF_EVENT = 4_096;

/** Numbers what this process makes. */
let made = 0;

/**
 * Writes the trades and books of one instrument. The events come in parts (of some hundreds or thousands), in the order in which they were
 * received or stored; others in between are passed over. Throws only InvariantError.
 */
export async function exportFeed(
  events: AsyncIterable<Iterable<FeedEvent>> | Iterable<Iterable<FeedEvent>>,
  options: FeedExport,
): Promise<FeedResult<FeedReport>> {
  const { file } = options;
  made += 1;
  const partial = (what: string): string => `${file}.${process.pid}-${made}.${what}${PARTIAL}`;
  const [rows, npy, npz] = [partial('rows'), partial('npy'), partial('npz')];
  try {
    if (!/\.np[yz]$/.test(file))
      throw new FeedError('file_name_wrong', `"${file}" must end in .npz (packed) or .npy`);
    await clearLeftovers(file);
    const mapper = new FeedMapper(options);
    const measure = await spool(events, mapper, rows);
    if (measure.rows === 0)
      throw new FeedError(
        'feed_empty',
        `no trade or book of ${options.category}:${options.symbol} was given`,
      );
    const written = await writeInOrder(rows, npy, measure, options);
    const isPacked = file.endsWith('.npz');
    if (isPacked) {
      await removeQuietly(rows);
      await packNpz(npy, npz);
    }
    await publish(isPacked ? npz : npy, file);
    return { ok: true, value: { ...mapper.counts, file, ...written } };
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    return { ok: false, failure: feedFailureOf(error, `write the feed ${file}`) };
  } finally {
    for (const name of [rows, npy, npz]) await removeQuietly(name);
  }
}

/** Rows as they come, without order, into a file. */
async function spool(
  events: AsyncIterable<Iterable<FeedEvent>> | Iterable<Iterable<FeedEvent>>,
  mapper: FeedMapper,
  name: string,
): Promise<FeedMeasure> {
  const measure = new FeedMeasure();
  const block = new RowBlock(BLOCK_ROWS);
  const put: typeof block.put = (ev, exchTs, localTs, px, qty) => {
    measure.add(exchTs, localTs);
    block.put(ev, exchTs, localTs, px, qty);
  };
  const handle = await open(name, 'wx', 0o644);
  try {
    for await (const part of events) {
      for (const event of part) {
        if (block.rows > BLOCK_ROWS - ROWS_OF_EVENT) await flush(handle, block);
        mapper.map(event, put);
      }
    }
    await flush(handle, block);
  } finally {
    await handle.close();
  }
  return measure;
}

type Written = Pick<FeedReport, 'rows' | 'split' | 'least_latency' | 'shifted'>;

async function writeInOrder(
  from: string,
  to: string,
  measure: FeedMeasure,
  { baseLatency = 0n, waitingMax = WAITING_MAX }: FeedExport,
): Promise<Written> {
  const shifted = measure.shift(baseLatency);
  const order = new EventOrder(measure.lateness, waitingMax);
  const out = new RowBlock(BLOCK_ROWS);
  const check = new OrderCheck();
  let rows = 0;
  const put: typeof out.put = (ev, exchTs, localTs, px, qty) => {
    const wrong = check.add(ev, exchTs, localTs);
    if (wrong !== undefined) throw new InvariantError(`the feed goes backwards on the ${wrong} side`);
    rows += 1;
    out.put(ev, exchTs, localTs, px, qty);
  };
  const source = await open(from, 'r');
  const target = await open(to, 'wx', 0o644);
  const drain = async (): Promise<void> => {
    while (order.next(put)) if (out.rows === out.capacity) await flush(target, out);
  };
  try {
    // Its length does not depend on the number of rows, which is known at the end.
    await target.write(npyHeader(0));
    const block = new RowBlock(BLOCK_ROWS);
    while (await fill(source, block)) {
      for (let index = 0; index < block.rows; index += 1) {
        const { ev, exch_ts, local_ts, px, qty } = block.row(index);
        order.add(ev, exch_ts, local_ts + shifted, px, qty);
      }
      await drain();
    }
    order.end();
    await drain();
    await flush(target, out);
    await target.write(npyHeader(rows), 0, HEADER_BYTES, 0);
  } finally {
    await source.close();
    await target.close();
  }
  return { rows, split: rows - measure.rows, least_latency: measure.leastLatency ?? 0n, shifted };
}

async function flush(handle: FileHandle, block: RowBlock): Promise<void> {
  for (let rest = block.bytes; rest.length > 0; ) {
    const { bytesWritten } = await handle.write(rest);
    rest = rest.subarray(bytesWritten);
  }
  block.rows = 0;
}

/** The next rows of a file; false at its end. */
async function fill(handle: FileHandle, block: RowBlock): Promise<boolean> {
  let bytes = 0;
  while (bytes < block.room.length) {
    const { bytesRead } = await handle.read(block.room, bytes, block.room.length - bytes);
    if (bytesRead === 0) break;
    bytes += bytesRead;
  }
  block.rows = bytes / EVENT_ROW_BYTES;
  return bytes > 0;
}

async function publish(partial: string, file: string): Promise<void> {
  await syncFile(partial);
  await rename(partial, file);
  await syncFolder(path.dirname(file));
}

const PARTIAL = '.partial';

/** Removes what runs for this target left that are not alive any more. */
async function clearLeftovers(file: string): Promise<void> {
  const folder = path.dirname(file);
  const start = `${path.basename(file)}.`;
  for (const name of await readdir(folder)) {
    if (!name.startsWith(start) || !name.endsWith(PARTIAL)) continue;
    const pid = /^(\d+)-\d+\.(?:rows|npy|npz)\.partial$/.exec(name.slice(start.length))?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await removeQuietly(path.join(folder, name));
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
