import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TickerPayload } from '../../../runner/api/channel-payloads.ts';
import { LiveHub, MAX_STREAM_CLIENTS } from '../../../runner/api/live-hub.ts';
import type { LiveSection } from '../../../runner/api/ports.ts';
import type { Instrument } from '../../../shared/market.ts';
import { unixMs } from '../../../shared/time.ts';
import {
  btc,
  eth,
  type FakeWorld,
  fakeBook,
  fakeLiquidation,
  fakePorts,
  fakeTicker,
  fakeTopic,
  fakeTrade,
  fakeWorld,
} from './fake-ports.ts';

/** A hub with a reader whose socket takes what it gets until `isFull`. */
function open() {
  const world = fakeWorld();
  const hub = new LiveHub(fakePorts(world));
  const reader = (instrument: Instrument = btc) => {
    const got: { event: string; data: Record<string, unknown> }[] = [];
    const socket = { isFull: false };
    const client = hub.join({ instrument, topics: { words: '', page: 1 } }, (text) => {
      const [, event = '', data = '{}'] = /^event: (\w+)\nid: \d+\ndata: (.*)\n\n$/.exec(text) ?? [
        '',
        'beat',
      ];
      got.push({ event, data: JSON.parse(data) });
      return !socket.isFull;
    });
    return { got, socket, client };
  };
  return { world, hub, reader };
}

function change(world: FakeWorld, section: LiveSection, instrument?: Instrument): void {
  for (const listener of world.listeners) listener(section, instrument);
}

test('a reader begins with everything the page shows', () => {
  const { reader } = open();
  const { got } = reader();
  assert.equal(got.length, 1);
  assert.equal(got[0]?.event, 'snapshot');
  const data = got[0]?.data ?? {};
  assert.deepEqual(Object.keys(data).sort(), [
    ...['audit', 'book', 'candles', 'connectors', 'gaps', 'health', 'instrument', 'instruments', 'life'],
    ...['liquidations', 'mode', 'price', 'price_time', 'readiness', 'signals', 'strategies', 'ticker'],
    ...['time', 'topics', 'trades'],
  ]);
  assert.equal((data['trades'] as unknown[]).length, 30);
  assert.equal((data['book'] as { bids: unknown[] }).bids.length, 10);
  assert.equal(data['price'], 50_025);
});

test('a ticker that turned bad without a word of its own is shown with the next status', () => {
  const { world, hub, reader } = open();
  world.tickers.set('linear:BTCUSDT', fakeTicker());
  const { got } = reader();
  world.tickers.set('linear:BTCUSDT', fakeTicker(btc, { valid: false, reason: 'the connector ended' }));
  hub.flush(true);
  const shown = got.at(-1)?.data['ticker'] as TickerPayload | undefined;
  assert.deepEqual([shown?.valid, shown?.last_price], [false, 50_025], 'struck, not gone');
  world.liquidations.set('linear:BTCUSDT', [fakeLiquidation(1)]);
  change(world, 'liquidations', btc);
  hub.flush(false);
  assert.equal((got.at(-1)?.data['liquidations'] as unknown[] | undefined)?.length, 1);
});

test('an update holds only what changed, once, however often it changed', () => {
  const { world, hub, reader } = open();
  const { got } = reader();
  hub.flush(false);
  assert.equal(got.length, 1, 'nothing changed, nothing is sent');
  for (let number = 251; number <= 300; number += 1) {
    world.trades.get('linear:BTCUSDT')?.unshift(fakeTrade(number));
    change(world, 'trades', btc);
  }
  hub.flush(false);
  hub.flush(false);
  assert.equal(got.length, 2);
  assert.equal(got[1]?.event, 'update');
  assert.deepEqual(Object.keys(got[1]?.data ?? {}), ['time', 'trades', 'price', 'price_time']);
  const trades = got[1]?.data['trades'] as { trade_id: string }[] | undefined;
  assert.equal(trades?.[0]?.trade_id, 't300');
});

test('each reader hears of its own instrument and of what all share', () => {
  const { world, hub, reader } = open();
  const first = reader(btc);
  const second = reader(eth);
  world.books.set('linear:BTCUSDT', { ...fakeBook(), last_update_id: 43 });
  change(world, 'book', btc);
  hub.flush(false);
  assert.deepEqual([first.got.length, second.got.length], [2, 1]);
  world.life = [{ at: unixMs(world.now), kind: 'died', text: 'killed' }];
  change(world, 'life');
  hub.flush(false);
  assert.deepEqual([first.got.length, second.got.length], [3, 2]);
  assert.equal((second.got[1]?.data['life'] as unknown[] | undefined)?.length, 1);
  hub.flush(true);
  assert.deepEqual(Object.keys(second.got[2]?.data ?? {}), ['time'], 'a beat, though nothing changed');
});

test('what is the same as before is not sent again, however often it is marked as changed', () => {
  const { world, hub, reader } = open();
  const { got } = reader();
  change(world, 'book', btc);
  hub.flush(false);
  assert.equal(got.length, 1);
  world.topics = [fakeTopic('trades', { age_ms: 700 }), fakeTopic('depth')];
  hub.flush(true);
  assert.deepEqual(Object.keys(got[1]?.data ?? {}), ['time', 'topics']);
});

test('a reader who came in between, when something was different for a moment, has the same as the others', () => {
  const { world, hub, reader } = open();
  const first = reader();
  const calm = world.life;
  world.life = [{ at: unixMs(world.now), kind: 'died', text: 'killed' }];
  change(world, 'life');
  const second = reader();
  world.life = calm;
  change(world, 'life');
  hub.flush(false);
  assert.equal((second.got.at(-1)?.data['life'] as unknown[] | undefined)?.length, calm.length);
  assert.equal((first.got.at(-1)?.data['life'] as unknown[] | undefined)?.length, calm.length);
});

test('a slow reader is given nothing until it has drained, and then the latest state, not a queue', () => {
  const { world, hub, reader } = open();
  const slow = reader();
  const quick = reader();
  slow.socket.isFull = true;
  world.trades.get('linear:BTCUSDT')?.unshift(fakeTrade(251));
  change(world, 'trades', btc);
  hub.flush(false);
  assert.equal(slow.got.length, 2, 'the text that filled the socket');
  for (let number = 252; number <= 261; number += 1) {
    world.trades.get('linear:BTCUSDT')?.unshift(fakeTrade(number));
    change(world, 'trades', btc);
    hub.flush(false);
    hub.beat();
  }
  assert.equal(slow.got.length, 2);
  assert.equal(quick.got.length, 2 + 20);
  assert.equal(hub.counts.skippedUpdates, 10);
  slow.socket.isFull = false;
  slow.client.drained();
  assert.equal(slow.got[2]?.event, 'snapshot');
  assert.equal(slow.got[2]?.data['price'], fakeTrade(261).price);
  world.books.set('linear:BTCUSDT', { ...fakeBook(), last_update_id: 43 });
  change(world, 'book', btc);
  hub.flush(false);
  assert.equal(slow.got[3]?.event, 'update');
});

test('a book that is not valid keeps its last levels for the page, labelled', () => {
  const { world, hub, reader } = open();
  const { got } = reader();
  world.books.set('linear:BTCUSDT', { ...fakeBook(), valid: false, reason: 'no update for 12 s' });
  change(world, 'book', btc);
  hub.flush(false);
  const book = got[1]?.data['book'] as { valid: boolean; reason: string; bids: unknown[] };
  assert.deepEqual([book.valid, book.reason, book.bids.length], [false, 'no update for 12 s', 10]);
});

test('nothing is subscribed or read while nobody listens', () => {
  const { world, hub, reader } = open();
  hub.flush(true);
  hub.beat();
  assert.deepEqual([world.listeners.size, world.reads], [0, 0]);
  const one = reader();
  const two = reader();
  assert.equal(world.listeners.size, 1);
  one.client.left();
  assert.equal(world.listeners.size, 1);
  two.client.left();
  two.client.drained();
  assert.equal(world.listeners.size, 0);
  const reads = world.reads;
  hub.flush(true);
  assert.equal(world.reads, reads);
  assert.equal(hub.counts.clients, 0);
});

test('what changed while a reader was away is not sent to the next one', () => {
  const { world, hub, reader } = open();
  const one = reader();
  change(world, 'trades', btc);
  one.client.left();
  const two = reader();
  hub.flush(false);
  assert.equal(two.got.length, 1);
});

test('the board is full at its limit and free again when a reader leaves', () => {
  const { hub, reader } = open();
  const readers = Array.from({ length: MAX_STREAM_CLIENTS }, () => reader());
  assert.equal(hub.isFull, true);
  readers[0]?.client.left();
  assert.equal(hub.isFull, false);
});
