/**
 * Of what was told only its place is kept. An event that was cut out of its frame keeps the frame's text alive: one of each topic
 * of a whole market would survive every collection of the young generation, its largest cost at 600 symbols (docs/performance.md).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFrame } from '../../connector/bybit/frames.ts';
import { bybitTopic } from '../../connector/bybit/topics.ts';
import { Outbox } from '../../connector/outbox.ts';
import { TopicFeeds } from '../../connector/session/feeds/topic-feeds.ts';
import type { Topic } from '../../shared/market.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { monoMs, unixMicros } from '../../shared/time.ts';
import { bookFrame, tradeFrame } from '../helpers/bybit-frames.ts';
import { collectGarbage, kept, note, type Told } from '../helpers/kept.ts';

const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];
const topics = symbols.flatMap((symbol): readonly Topic[] => [
  { channel: 'trades', category: 'linear', symbol },
  { channel: 'depth', category: 'linear', symbol, depth: 50 },
]);

test('the connector keeps no update of a book, and no trade', async () => {
  const told: Told[] = [];
  const outbox = new Outbox('n', 1_000_000, {
    write: () => undefined,
    isBlocked: () => false,
    refetch: () => undefined,
    nowMs: () => 1_750_000_000_000,
  });
  const feeds = new TopicFeeds(scaledPolicy(1), 'g', {
    emit: (event) => {
      note(told, event);
      outbox.offer(event);
    },
    renew: () => undefined,
    bad: (reason) => assert.fail(reason),
  });
  for (const topic of topics) feeds.add(bybitTopic(topic), topic);
  let spliced = 0;
  for (let u = 1; u <= 5; u += 1) {
    for (const symbol of symbols) {
      const frames = [
        bookFrame({ type: u === 1 ? 'snapshot' : 'delta', u, symbol }),
        tradeFrame([`t-${u}`], { symbol, seq: u }),
      ];
      for (const text of frames) {
        const at = unixMicros(1_750_000_000_000_000 + u);
        if (feeds.frame(text, at, monoMs(u)) !== undefined) {
          spliced += 1;
          continue;
        }
        const frame = parseFrame(text);
        assert.ok(frame.kind === 'data');
        feeds.data(frame, text, at, monoMs(u));
      }
    }
  }
  assert.equal(told.length, 30);
  assert.ok(spliced > 20, `${spliced} frames were cut`);
  await collectGarbage();
  assert.deepEqual(kept(told), []);
  assert.ok(outbox.counts.written > 30, 'and the outbox is still there');
  assert.ok(feeds.get('orderbook.50.BTCUSDT'));
});
