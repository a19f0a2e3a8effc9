/** Events whose lines were read from their bytes must leave the app exactly as the same lines as texts do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pino } from 'pino';
import { App } from '../../runner/app.ts';
import type { OrdinaryEvent } from '../../shared/events/ordinary-lines.ts';
import type { Topic } from '../../shared/market.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const bitcoin = { category: 'linear', symbol: 'BTCUSDT' } as const;
const topics: readonly Topic[] = [
  { channel: 'trades', ...bitcoin },
  { channel: 'depth', ...bitcoin, depth: 50 },
];

function world() {
  const clock = new VirtualClock();
  const heard: number[] = [];
  const log = pino({ enabled: false });
  const app = new App(
    {
      ...{ instruments: [bitcoin], topics, category: 'linear', bufferSize: 5 },
      ...{ policy: scaledPolicy(1), nonce: 'x', expected: { environment: 'simulated' } },
    },
    {
      ...{ clock, log, announcedReady: () => undefined, refuse: () => undefined, send: () => true },
      heard: (generation) => heard.push(generation),
    },
  );
  app.childStarted(1);
  return { app, clock, heard };
}

/** What can be seen of an app. */
function seen({ app, clock, heard }: ReturnType<typeof world>): unknown {
  const now = clock.monoMs();
  return {
    counts: app.intake.counts(),
    gaps: app.gaps.all(),
    followed: [...app.gaps.followed()],
    tape: [...(app.context.instrument(bitcoin)?.tape.newestFirst() ?? [])],
    childTape: [...app.child.tape(bitcoin)],
    candles: app.context.instrument(bitcoin)?.candles['1m'].list(),
    lastPrice: app.context.instrument(bitcoin)?.lastPrice,
    book: app.context.bookOf(bitcoin, 50, now),
    topics: app.context.topics(now),
    unwanted: app.context.unwanted,
    rates: [app.rates.trades.total, app.rates.depth.total],
    lastLineAt: app.lastLineAt,
    wasHeard: heard.length > 0,
  };
}

const ready = { type: 'status', n: 1, status: 'ready', scope: 'process', environment: 'simulated' };
const symbol = fc.constantFrom('BTCUSDT', 'BTCUSDT', 'BTCUSDT', 'ETHUSDT');
const trade = fc.record({
  symbol,
  at: fc.nat(90_000),
  id: fc.nat(30),
  price: fc.integer({ min: 1, max: 9 }),
});
const book = fc.record({ symbol, delta: fc.boolean(), id: fc.nat(4) });
const part = fc.oneof(
  trade.map(({ at, id, price, symbol: name }) => (n: number, now: number): OrdinaryEvent => {
    const fields = { timestamp: now + at, sent_at: now + at, received_at: now * 1_000, price, qty: 1 };
    return {
      ...{ type: 'trade', n, category: 'linear', symbol: name, ...fields },
      ...{ side: 'buy', is_buyer_maker: false, id: `t${id}`, seq: id },
    };
  }),
  book.map(({ delta, id, symbol: name }) => (n: number, now: number): OrdinaryEvent => {
    const levels = { bids: [[1, id] as const], asks: [[2, 1] as const] };
    return {
      ...{ type: 'depth', n, category: 'linear', symbol: name, timestamp: now + id, ...levels },
      ...{ action: delta ? 'delta' : 'snapshot', depth: 50, last_update_id: id, seq: id },
    };
  }),
);

test('a read of ordinary events leaves what the same lines leave, also before ready, late, doubled or with a jump', () => {
  const holds = fc.property(
    fc.array(part, { maxLength: 30, size: 'max' }),
    fc.boolean(),
    fc.constantFrom(1, 1, 1, 2),
    fc.constantFrom(0, 0, 3),
    (parts, isReady, generation, jump) => {
      const [texts, events] = [world(), world()];
      for (const { app } of [texts, events]) if (isReady) app.onLine(JSON.stringify(ready), 1);
      const now = texts.clock.unixMs();
      const told = parts.map((made, index) => made(index + (isReady ? 2 : 1) + (index > 4 ? jump : 0), now));
      for (const event of told) texts.app.onLine(JSON.stringify(event), generation);
      if (told.length > 0) events.app.onOrdinary(told, generation);
      assert.deepEqual(seen(events), seen(texts));
    },
  );
  fc.assert(holds, { numRuns: 300 });
});
