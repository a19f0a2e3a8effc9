import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcomeEvent } from '../../../../connector/session/subscriptions/outcome-event.ts';
import { eventSchema } from '../../../../shared/events/event.ts';
import type { Topic } from '../../../../shared/market.ts';
import { unixMs } from '../../../../shared/time.ts';

const topics: readonly Topic[] = [
  { channel: 'trades', category: 'linear', symbol: 'BTCUSDT' },
  { channel: 'depth', category: 'spot', symbol: 'BTCUSDT', depth: 200 },
  { channel: 'kline', category: 'linear', symbol: 'BTCUSDT', interval: '5' },
];

test('whatever became of a wish, the event names the whole topic', () => {
  for (const topic of topics) {
    for (const kind of ['subscribed', 'unsubscribed', 'refused'] as const) {
      const event = eventSchema.parse(outcomeEvent({ kind, topic, message: 'no' }, unixMs(1)));
      assert.partialDeepStrictEqual(event, topic);
    }
  }
});
