/** Events for feeds, rows put in order in memory, and files of rows read by hand. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { EventOrder, FeedMeasure } from '../../../../connector/history/hftbacktest/event-order.ts';
import {
  type FeedBook,
  type FeedChoice,
  type FeedEvent,
  FeedMapper,
  type FeedTrade,
  feedRow,
} from '../../../../connector/history/hftbacktest/feed-rows.ts';
import type { EventRow } from '../../../../shared/hftbacktest.ts';
import type { Level } from '../../../../shared/market.ts';

export const start = 1_700_000_000_000;
export const instrument = { category: 'linear', symbol: 'BTCUSDT' } as const;
export const choice: FeedChoice = { ...instrument, depth: 50, latency: null };

/** A trade `at` ms after the start, received 5 ms later. */
export function trade(at: number, more: Partial<FeedTrade> = {}): FeedTrade {
  const timestamp = start + at;
  return {
    type: 'trade',
    ...instrument,
    timestamp,
    received_at: (timestamp + 5) * 1_000,
    price: 100.1,
    qty: 0.5,
    side: 'buy',
    ...more,
  };
}

export function book(
  at: number,
  bids: readonly Level[],
  asks: readonly Level[],
  more: Partial<FeedBook> = {},
): FeedBook {
  const timestamp = start + at;
  return {
    type: 'depth',
    ...instrument,
    timestamp,
    sent_at: timestamp + 2,
    received_at: (timestamp + 8) * 1_000,
    action: 'delta',
    depth: 50,
    bids,
    asks,
    ...more,
  };
}

/** The rows of events as they come, without flags of who sees them. */
export function mapped(events: readonly FeedEvent[], options: FeedChoice = choice): readonly EventRow[] {
  const mapper = new FeedMapper(options);
  const rows: EventRow[] = [];
  for (const event of events) mapper.map(event, (...row) => rows.push(feedRow(...row)));
  return rows;
}

/** The rows in the order of a file; and the most that waited. */
export function inOrder(
  rows: readonly EventRow[],
  baseLatency = 0n,
): { readonly rows: readonly EventRow[]; readonly waited: number } {
  const measure = new FeedMeasure();
  for (const row of rows) measure.add(row.exch_ts, row.local_ts);
  const shift = measure.shift(baseLatency);
  const order = new EventOrder(measure.lateness, 1_000_000);
  const written: EventRow[] = [];
  let waited = 0;
  const drain = (): void => {
    while (order.next((...row) => written.push(feedRow(...row))));
  };
  for (const { ev, exch_ts, local_ts, px, qty } of rows) {
    order.add(ev, exch_ts, local_ts + shift, px, qty);
    drain();
    waited = Math.max(waited, order.waiting);
  }
  order.end();
  drain();
  assert.equal(order.waiting, 0);
  return { rows: written, waited };
}

/** Rows of a .npy by DataView, field by field: shares nothing with what wrote them. */
export function rowsOfNpy(npy: Uint8Array): readonly EventRow[] {
  const view = new DataView(npy.buffer, npy.byteOffset, npy.byteLength);
  assert.deepEqual([...npy.subarray(0, 8)], [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  const first = 10 + view.getUint16(8, true);
  assert.equal(first % 64, 0, 'hftbacktest refuses what is not aligned with cache lines');
  assert.equal((npy.length - first) % 64, 0, 'hftbacktest counts rows by the length of the file');
  return Array.from({ length: (npy.length - first) / 64 }, (_, index) => {
    const at = first + index * 64;
    return {
      ev: view.getBigUint64(at, true),
      exch_ts: view.getBigInt64(at + 8, true),
      local_ts: view.getBigInt64(at + 16, true),
      px: view.getFloat64(at + 24, true),
      qty: view.getFloat64(at + 32, true),
      order_id: view.getBigUint64(at + 40, true),
      ival: view.getBigInt64(at + 48, true),
      fval: view.getFloat64(at + 56, true),
    };
  });
}

/** The only member of a zip and its name, by its central directory. */
export function memberOf(file: string): { readonly name: string; readonly bytes: Uint8Array } {
  const zip = readFileSync(file);
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  assert.equal(zip.readUInt16LE(end + 10), 1, 'one member');
  const entry = zip.readUInt32LE(end + 16);
  assert.equal(zip.readUInt16LE(entry + 10), 8, 'deflated');
  const name = zip.toString('utf8', entry + 46, entry + 46 + zip.readUInt16LE(entry + 28));
  const local = zip.readUInt32LE(entry + 42);
  const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const bytes = inflateRawSync(zip.subarray(data, data + zip.readUInt32LE(entry + 20)));
  assert.equal(bytes.length, zip.readUInt32LE(entry + 24));
  return { name, bytes };
}
