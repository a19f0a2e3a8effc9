/**
 * A feed is what Python's users of hftbacktest load: checked with numpy, and with hftbacktest's own engine, where a python3 has them
 * (`PYTHON` names another one). Elsewhere these tests are skipped, and say so.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { it, type TestContext } from 'node:test';
import { type FeedEvent, feedRow } from '../../../../connector/history/hftbacktest/feed-rows.ts';
import { npyHeader, RowBlock } from '../../../../connector/history/hftbacktest/row-bytes.ts';
import { exportFeed } from '../../../../connector/history/io/feed-file.ts';
import { type EventRow, eventRowLayout } from '../../../../shared/hftbacktest.ts';
import { book, choice, inOrder, mapped, rowsOfNpy, trade } from './feeds.ts';

const script = path.join(import.meta.dirname, 'check_feed.py');
const pythons = [process.env['PYTHON'] ?? 'python3', '/usr/bin/python3'];

function pythonWith(module: string): string | undefined {
  return pythons.find((python) => spawnSync(python, ['-c', `import ${module}`]).status === 0);
}

function found(python: string, ...args: readonly string[]): Readonly<Record<string, unknown>> {
  const text = execFileSync(python, [script, ...args], { encoding: 'utf8' });
  const value: unknown = JSON.parse(text.trim().split('\n').at(-1) ?? '');
  assert.ok(typeof value === 'object' && value !== null);
  return { ...value };
}

async function fileOf(t: TestContext, events: readonly FeedEvent[]): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'towline-feed-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'feed.npz');
  const result = await exportFeed([events], { ...choice, file });
  assert.ok(result.ok, result.ok ? '' : result.failure.message);
  return file;
}

/** A book of 96.0 to 100.0 and 101.0 to 105.0, which is told anew, higher up, after a while; trades on the way. */
const events: readonly FeedEvent[] = [
  book(0, levels(100, -1), levels(101, 1), { action: 'snapshot' }),
  ...Array.from({ length: 300 }, (_, index) => [
    trade(10 + index * 10, { price: 101, qty: 0.001 }),
    book(10 + index * 10 - (index % 3), [[100, 5 + index]], [[101, 5]]),
  ]).flat(),
  book(4_000, levels(110, -1), levels(111, 1), { action: 'snapshot' }),
  book(4_010, [[110, 0]], [[110.5, 2]]),
];

function levels(best: number, step: number): readonly (readonly [number, number])[] {
  return Array.from({ length: 5 }, (_, index) => [best + step * index, index + 1] as const);
}

const numpy = pythonWith('numpy');
const without = (module: string): string => `no python3 here has ${module}: ${pythons.join(', ')}`;

it('numpy reads the rows that were meant', { skip: numpy === undefined && without('numpy') }, async (t) => {
  const rows = inOrder(mapped(events)).rows;
  assert.deepEqual(found(numpy ?? '', await fileOf(t, events)), {
    keys: ['data'],
    rows: rows.length,
    dtype: eventRowLayout.map(({ name, type, offset }) => [name, type, offset]),
    itemsize: 64,
    header_is_numpys: true,
    header_bytes: 256,
    backwards: 0,
    without_side: 0,
    prices_missing: 0,
    sum_of_exch_ts: String(rows.reduce((sum, { exch_ts }) => sum + exch_ts, 0n)),
    sum_of_qty: rows.reduce((sum, { qty }) => sum + qty, 0),
  });
});

const hftbacktest = pythonWith('hftbacktest');

it("hftbacktest's own check accepts it, and its engines end with the book and the trades of the events", {
  skip: hftbacktest === undefined && without('hftbacktest'),
}, async (t) => {
  const { engine } = found(hftbacktest ?? '', await fileOf(t, events), '--engine');
  const end = {
    bids: [
      [1060, 5],
      [1070, 4],
      [1080, 3],
      [1090, 2],
    ],
    asks: [
      [1105, 2],
      [1110, 1],
      [1120, 2],
      [1130, 3],
      [1140, 4],
      [1150, 5],
    ],
    trades: 300,
  };
  assert.deepEqual(engine, { is_event_dtype: true, hash_map: end, roi_vector: end });
});

it('rows stand exactly where hftbacktest itself puts them', {
  skip: hftbacktest === undefined && without('hftbacktest'),
  timeout: 300_000,
}, (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'towline-feed-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [raw, ordered] = [path.join(folder, 'raw.npy'), path.join(folder, 'ordered.npy')];
  const rows = scattered(3_000);
  const block = new RowBlock(rows.length);
  for (const { ev, exch_ts, local_ts, px, qty } of rows) block.put(ev, exch_ts, local_ts, px, qty);
  writeFileSync(raw, Buffer.concat([npyHeader(rows.length), block.bytes]));
  execFileSync(hftbacktest ?? '', [script, raw, '--order', '7', ordered]);
  assert.deepEqual(inOrder(rows, 7n).rows, rowsOfNpy(readFileSync(ordered)));
});

/** Rows late and early on both sides. Trades have even times and changes odd ones: on equal times only we put trades first. */
function scattered(count: number): readonly EventRow[] {
  let state = 17;
  const upTo = (limit: number): bigint => {
    state = (state * 48_271) % 2_147_483_647;
    return BigInt(state % limit);
  };
  const base = 1_700_000_000_000_000_000n;
  let received = base;
  return Array.from({ length: count }, (_, index) => {
    const isTrade = upTo(2) === 0n;
    received += upTo(6);
    const exch = ((received + upTo(60)) / 2n) * 2n + (isTrade ? 0n : 1n);
    const [kind, side] = [isTrade ? 2n : 1n, upTo(2) === 0n ? 0x10000000n : 0x20000000n];
    return feedRow(side | kind, exch, received, index % 97 === 0 ? Number.NaN : index, 1);
  });
}
