/** What a reader of /stream gets when the runner listens to 600 symbols: no more than it can look at. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveHub } from '../../../runner/api/live-hub.ts';
import { type LiveTopics, liveTopics, TOPICS_A_PAGE } from '../../../runner/api/live-topics.ts';
import type { TopicStatus } from '../../../runner/api/views.ts';
import type { Instrument } from '../../../shared/market.ts';
import { unixMs } from '../../../shared/time.ts';
import { btc, fakePorts, fakeTopic, fakeTrade, fakeWorld } from './fake-ports.ts';

const SYMBOLS = 600;
const symbols: readonly Instrument[] = Array.from({ length: SYMBOLS }, (_, index) => ({
  category: 'linear',
  symbol: index === 0 ? btc.symbol : `COIN${index}USDT`,
}));

function topicsOf(over: (index: number) => Partial<TopicStatus>): TopicStatus[] {
  return symbols.flatMap((instrument, index) =>
    (['trades', 'depth'] as const).map((channel) => {
      const { topic } = fakeTopic(channel);
      const key = `${channel === 'depth' ? 'depth.50' : channel}:linear:${instrument.symbol}`;
      return fakeTopic(channel, { topic: { ...topic, ...instrument }, key, ...over(index) });
    }),
  );
}

/** Bytes a second to one reader over ten seconds, at the pace of the stream; each second `change` moves the world. */
function bytesPerSecond(change: (world: ReturnType<typeof fakeWorld>, second: number) => void) {
  const world = fakeWorld();
  world.instruments = symbols;
  const hub = new LiveHub(fakePorts(world));
  const bytes = { snapshot: 0, updates: 0 };
  change(world, 0);
  hub.join({ instrument: btc, topics: { words: '', page: 1 } }, (text) => {
    bytes[text.startsWith('event: snapshot') ? 'snapshot' : 'updates'] += Buffer.byteLength(text);
    return true;
  });
  for (let second = 1; second <= 10; second += 1) {
    change(world, second);
    hub.flush(true);
    for (let flush = 1; flush < 5; flush += 1) {
      world.trades.get('linear:BTCUSDT')?.unshift(fakeTrade(250 + 5 * second + flush));
      for (const tell of world.listeners) tell('trades', btc);
      hub.flush(false);
    }
  }
  return { snapshot: bytes.snapshot, second: bytes.updates / 10 };
}

test('at 600 symbols and 1,200 topics a reader gets what it sees: under 30 kB a second, most of it the trades it looks at', () => {
  const { snapshot, second } = bytesPerSecond((world, at) => {
    world.topics = topicsOf((index) => ({ age_ms: 100 * at + index, messages: 1_000 * at }));
  });
  assert.ok(snapshot < 60_000, `${snapshot} bytes at the beginning`);
  assert.ok(second < 30_000, `${second} bytes a second`);
});

test('when all 1,200 topics fall silent it does not grow by more than 10 kB a second', () => {
  const { second } = bytesPerSecond((world, at) => {
    const why = (index: number) => `nothing for ${10_000 + 1_000 * at + index} ms, normal is up to 10000 ms`;
    world.topics = topicsOf((index) => ({
      phase: 'stale',
      stale: true,
      stale_reason: why(index),
      age_ms: at,
    }));
    world.readiness = {
      ready: false,
      missing: Array.from(
        { length: 100 },
        (_, index) => `acknowledgement of depth.50:linear:COIN${index}USDT, ${at}`,
      ),
      refused: world.topics.map(({ key }) => ({ topic: key, reason: `error:handler not found, ${at}` })),
    };
    const reasons = world.topics
      .slice(0, 50)
      .map(({ key }) => ({ code: 'topic_stale', topic: key, since: unixMs(0), words: why(0) }) as const);
    world.strategies = {
      gate: { open: false, reasons },
      strategies: world.strategies.strategies.map((one) => ({ ...one, gate: { open: false, reasons } })),
    };
  });
  assert.ok(second < 40_000, `${second} bytes a second`);
});

test('topics: those of the shown instrument, then what does not flow, a page at a time', () => {
  const topics = topicsOf((index) =>
    index >= 590 ? { phase: 'stale', stale: true, stale_reason: 'nothing for 12 s', age_ms: 12_000 } : {},
  );
  const first = liveTopics(topics, btc, { words: '', page: 1 });
  assert.deepEqual([first.total, first.phases.flowing, first.phases.stale], [1_200, 1_180, 20]);
  assert.deepEqual(names(first.own), ['trades:linear:BTCUSDT', 'depth.50:linear:BTCUSDT']);
  assert.equal(first.rows.length, TOPICS_A_PAGE);
  assert.ok(first.rows.every(({ phase }) => phase === 'stale'));
  assert.deepEqual([first.found, first.page, first.pages], [1_198, 1, 100], 'its own are not counted twice');
  const last = liveTopics(topics, btc, { words: '', page: 1_000 });
  assert.deepEqual([last.page, last.rows.length], [100, 1_198 - 99 * TOPICS_A_PAGE]);
});

test('topics are found by words in their name or phase, in any order and case', () => {
  const topics = topicsOf((index) => (index === 7 ? { phase: 'refused', refusal: 'handler not found' } : {}));
  const find = (words: string) => names(liveTopics(topics, btc, { words, page: 1 }).rows);
  assert.deepEqual(find('coin599 DEPTH'), ['depth.50:linear:COIN599USDT']);
  assert.deepEqual(find('refused'), ['trades:linear:COIN7USDT', 'depth.50:linear:COIN7USDT']);
  assert.deepEqual(find('btc'), ['trades:linear:BTCUSDT', 'depth.50:linear:BTCUSDT']);
  assert.deepEqual(find('btc refused'), []);
});

function names(rows: LiveTopics['rows']): readonly string[] {
  return rows.map(({ topic }) => topic);
}
