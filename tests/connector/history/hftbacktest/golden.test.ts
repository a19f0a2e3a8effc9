/** The vector that hftbacktest's own converter made of five recorded lines (facts of its `convert_depth`). */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseFrame } from '../../../../connector/bybit/frames.ts';
import { readDepth, readTrades } from '../../../../connector/bybit/market-data.ts';
import {
  type FeedEvent,
  FeedMapper,
  feedRow,
  upstreamRules,
} from '../../../../connector/history/hftbacktest/feed-rows.ts';
import { RowBlock } from '../../../../connector/history/hftbacktest/row-bytes.ts';
import type { EventRow } from '../../../../shared/hftbacktest.ts';
import { unixMicros } from '../../../../shared/time.ts';
import { choice, inOrder, instrument } from './feeds.ts';

const lines: readonly (readonly [receivedNs: bigint, frame: unknown])[] = [
  [
    1700000000100000001n,
    {
      topic: 'orderbook.50.BTCUSDT',
      type: 'snapshot',
      ts: 1700000000050,
      cts: 1700000000045,
      data: {
        s: 'BTCUSDT',
        u: 1,
        seq: 1,
        b: [
          ['100.1', '2'],
          ['100.0', '3'],
        ],
        a: [
          ['100.2', '1'],
          ['100.3', '4'],
        ],
      },
    },
  ],
  [
    1700000000110000002n,
    {
      topic: 'publicTrade.BTCUSDT',
      type: 'snapshot',
      ts: 1700000000105,
      data: [
        {
          T: 1700000000104,
          s: 'BTCUSDT',
          S: 'Sell',
          v: '0.5',
          p: '100.1',
          L: 'MinusTick',
          i: 'a',
          BT: false,
          RPI: false,
        },
      ],
    },
  ],
  [
    1700000000112000003n,
    {
      topic: 'orderbook.50.BTCUSDT',
      type: 'delta',
      ts: 1700000000103,
      cts: 1700000000102,
      data: { s: 'BTCUSDT', u: 2, seq: 2, b: [['100.1', '1.5']], a: [] },
    },
  ],
  [
    1700000000113000004n,
    {
      topic: 'orderbook.1.BTCUSDT',
      type: 'snapshot',
      ts: 1700000000110,
      cts: 1700000000109,
      data: { s: 'BTCUSDT', u: 3, seq: 3, b: [['100.1', '1.5']], a: [['100.2', '1']] },
    },
  ],
  [1700000000120000005n, { op: 'pong', args: ['1700000000119'], conn_id: 'x' }],
];

const golden = `
E0000003 1700000000050000000 1700000000100000001 100.0 0
E0000004 1700000000050000000 1700000000100000001 100.1 2
E0000004 1700000000050000000 1700000000100000001 100.0 3
D0000003 1700000000050000000 1700000000100000001 100.3 0
D0000004 1700000000050000000 1700000000100000001 100.2 1
D0000004 1700000000050000000 1700000000100000001 100.3 4
A0000001 1700000000103000000 1700000000112000003 100.1 1.5
D0000002 1700000000104000000 1700000000110000002 100.1 0.5
60000001 1700000000103000000 1700000000112000003 100.1 1.5`;

/** What the connector makes of a frame. */
function eventsOf(frame: unknown): readonly FeedEvent[] {
  const parsed = parseFrame(JSON.stringify(frame));
  if (parsed.kind !== 'data') return [];
  const receivedAt = unixMicros(1);
  if (parsed.topic.startsWith('publicTrade')) return readTrades(parsed, instrument, receivedAt).rows;
  const read = readDepth(parsed, instrument, parsed.topic.startsWith('orderbook.1.') ? 1 : 50, receivedAt);
  assert.notEqual(typeof read, 'string', String(read));
  return typeof read === 'string' ? [] : [read];
}

it('frames become the rows of upstream, to the byte', () => {
  const mapper = new FeedMapper({ ...choice, rules: upstreamRules });
  const rows: EventRow[] = [];
  for (const [receivedNs, frame] of lines) {
    for (const event of eventsOf(frame))
      mapper.map(event, (...row) => rows.push(feedRow(...row)), receivedNs);
  }
  const block = new RowBlock(16);
  for (const { ev, exch_ts, local_ts, px, qty } of inOrder(rows).rows)
    block.put(ev, exch_ts, local_ts, px, qty);
  assert.equal(Buffer.from(block.bytes).toString('hex'), goldenBytes().toString('hex'));
  assert.deepEqual(mapper.counts, { trades: 1, books: 2, block_trades: 0, other_books: 1 });
});

function goldenBytes(): Buffer {
  const rows = golden.trim().split('\n');
  const bytes = Buffer.alloc(64 * rows.length);
  for (const [index, row] of rows.entries()) {
    const [ev = '', exch = '', local = '', px = '', qty = ''] = row.split(' ');
    bytes.writeBigUInt64LE(BigInt(`0x${ev}`), index * 64);
    bytes.writeBigInt64LE(BigInt(exch), index * 64 + 8);
    bytes.writeBigInt64LE(BigInt(local), index * 64 + 16);
    bytes.writeDoubleLE(Number(px), index * 64 + 24);
    bytes.writeDoubleLE(Number(qty), index * 64 + 32);
  }
  return bytes;
}
