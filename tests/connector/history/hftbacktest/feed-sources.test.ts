/** A recording, and lines of a connector, become the same feed as their events. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { FeedEvent } from '../../../../connector/history/hftbacktest/feed-rows.ts';
import { exportFeed } from '../../../../connector/history/io/feed-file.ts';
import { eventsOfLines, eventsOfRecording } from '../../../../connector/history/io/feed-sources.ts';
import type { Topic } from '../../../../shared/market.ts';
import { scaledPolicy } from '../../../../shared/policy.ts';
import { bookFrame, tradeFrame } from '../../../helpers/bybit-frames.ts';
import { choice, instrument, rowsOfNpy } from './feeds.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'towline-feed-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Kinds and receipts (ms after the start) of what each side of the file sees. */
async function written(
  folder: string,
  events: AsyncIterable<readonly FeedEvent[]>,
): Promise<readonly (readonly [kind: number, receipt: number])[]> {
  const file = path.join(folder, 'feed.npy');
  const result = await exportFeed(events, { ...choice, file });
  assert.ok(result.ok, result.ok ? '' : result.failure.message);
  return rowsOfNpy(readFileSync(file))
    .filter(({ ev }) => (ev & 0x40000000n) !== 0n)
    .map(({ ev, local_ts }) => [Number(ev & 0xffn), Number(local_ts / 1_000_000n) - START]);
}

/** Later than the frames of the helpers say that they are from. */
const START = 1_750_000_000_000;

it('a recording, with its receipts; a line that is cut off is told', async (t) => {
  const folder = folderOf(t);
  const lines = [
    { t: 'connect', at: START * 1_000, category: 'linear', environment: 'simulated' },
    { t: 'recv', at: (START + 1) * 1_000, category: 'linear', frame: bookFrame({ type: 'snapshot', u: 1 }) },
    { t: 'recv', at: (START + 2) * 1_000, category: 'linear', frame: tradeFrame(['a', 'b']) },
    {
      t: 'recv',
      at: (START + 3) * 1_000,
      category: 'linear',
      frame: tradeFrame(['c'], { symbol: 'ETHUSDT' }),
    },
  ];
  const file = path.join(folder, 'recorded.jsonl.gz');
  writeFileSync(
    file,
    gzipSync(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"t":"recv","at":17500`),
  );
  const topics: readonly [Topic, Topic] = [
    { ...instrument, channel: 'trades' },
    { ...instrument, channel: 'depth', depth: 50 },
  ];
  const bad: string[] = [];
  const rows = await written(
    folder,
    eventsOfRecording(file, topics, scaledPolicy(), (reason) => bad.push(reason)),
  );
  assert.deepEqual(
    rows.filter(([kind]) => kind === 2),
    [
      [2, 2],
      [2, 2],
    ],
  );
  assert.deepEqual(
    rows.filter(([kind]) => kind === 3),
    [
      [3, 1],
      [3, 1],
    ],
  );
  assert.deepEqual(bad, [`${file} line 5: not JSON`]);
});

it('lines of a connector of any make; what is no event is told, and what is not for a feed passed over', async (t) => {
  async function* lines(): AsyncGenerator<string> {
    yield '{"type":"status","status":"connected","connector":"own"}';
    for (let at = 1; at <= 1_200; at += 1) {
      const trade = {
        type: 'trade',
        timestamp: START + at,
        price: 1,
        qty: 1,
        side: 'buy',
        is_buyer_maker: false,
        id: at,
      };
      yield JSON.stringify({ ...trade, received_at: (START + at + 3) * 1_000 });
    }
    yield '{"type":"trade","price":-1}';
    yield '{"type":"news"}';
  }
  const bad: string[] = [];
  const events = eventsOfLines(lines(), instrument, (reason) => bad.push(reason));
  const rows = await written(folderOf(t), events);
  assert.deepEqual(
    rows,
    Array.from({ length: 1_200 }, (_, index) => [2, index + 4]),
  );
  assert.equal(bad.length, 1);
  assert.match(bad[0] ?? '', /^line 1202: /);
});
