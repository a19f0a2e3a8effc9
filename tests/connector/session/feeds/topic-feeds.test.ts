/** What the feeds of a connection do with the frames of each channel; their faults are in the tests of the session. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DataFrame, parseFrame } from '../../../../connector/bybit/frames.ts';
import { bybitTopic } from '../../../../connector/bybit/topics.ts';
import { Replay } from '../../../../connector/replay.ts';
import { TopicFeeds } from '../../../../connector/session/feeds/topic-feeds.ts';
import type { UnnumberedEvent } from '../../../../shared/events/event.ts';
import { type Channel, channels, type Topic } from '../../../../shared/market.ts';
import { scaledPolicy } from '../../../../shared/policy.ts';
import { monoMs, unixMicros, unixMs } from '../../../../shared/time.ts';
import {
  bookFrame,
  klineFrame,
  liquidationFrame,
  tickerFrame,
  tradeFrame,
} from '../../../helpers/bybit-frames.ts';

const at = unixMs(1_760_000_000_000);

function world(channel: Channel) {
  const topic: Topic = { channel, category: 'linear', symbol: 'BTCUSDT' };
  const name = bybitTopic(topic);
  const events: UnnumberedEvent[] = [];
  const renewed: string[] = [];
  const bad: string[] = [];
  const feeds = new TopicFeeds(scaledPolicy(), 'g', {
    emit: (event) => events.push(event),
    renew: (of) => renewed.push(of),
    bad: (reason) => bad.push(reason),
  });
  feeds.add(name, topic);
  const data = (frame: DataFrame, now = 1): void =>
    feeds.data(frame, '', unixMicros(at * 1_000), monoMs(now));
  const told = (): string[] => events.map(({ type }) => type);
  return { topic, name, feeds, events, renewed, bad, data, told };
}

function frameOf(text: string): DataFrame {
  const frame = parseFrame(text);
  assert.equal(frame.kind, 'data');
  if (frame.kind !== 'data') throw new Error('not a data frame');
  return frame;
}

test('of a recording, topics of every channel are met', () => {
  const counted = new Set<string>();
  const replay = new Replay('linear', scaledPolicy(), ({ type }) => counted.add(type));
  const frames: Readonly<Record<Channel, string>> = {
    trades: tradeFrame(['t1']),
    depth: bookFrame({ type: 'snapshot', u: 5 }),
    kline: klineFrame([{ start: 1_750_000_020_000, confirm: true }]),
    ticker: tickerFrame('snapshot', { lastPrice: '5' }),
    liquidation: liquidationFrame([{ S: 'Buy', p: '5' }]),
  };
  for (const channel of channels) {
    const detail = channel === 'kline' ? { interval: '1' as const } : {};
    replay.want({ channel, category: 'linear', symbol: 'BTCUSDT', ...detail });
    replay.entry({ t: 'recv', at: at * 1_000, frame: frames[channel] });
  }
  assert.deepEqual(replay.missing(), []);
  assert.deepEqual([...counted].toSorted(), ['depth', 'kline', 'liquidation', 'status', 'ticker', 'trade']);
});

test('a frame that nobody can assign opens a gap for trades, and asks for no book anew', () => {
  const trades = world('trades');
  trades.data(frameOf(tradeFrame(['t1'])));
  trades.feeds.unreadable(undefined, 'not JSON', at);
  assert.deepEqual(trades.told(), ['status', 'trade', 'gap']);
  const book = world('depth');
  book.data(frameOf(bookFrame({ type: 'snapshot', u: 5 })));
  book.feeds.unreadable(undefined, 'not JSON', at);
  assert.deepEqual([book.told(), book.renewed], [['status', 'depth'], []]);
});

test('a book frame that cannot be read breaks the book, and the topic is asked for anew once', () => {
  const { name, renewed, bad, data, told } = world('depth');
  data(frameOf(bookFrame({ type: 'snapshot', u: 5 })));
  const unreadable = { ...frameOf(bookFrame({ type: 'delta', u: 6 })), data: 'levels' };
  data(unreadable);
  data(unreadable);
  assert.deepEqual(told(), ['status', 'depth', 'gap', 'status']);
  assert.deepEqual(renewed, [name]);
  assert.deepEqual(bad, [`${name}: data is not an object`, `${name}: data is not an object`]);
});

test('trades that fall silent open a gap for that cause', () => {
  const { name, feeds, events, data } = world('trades');
  for (let count = 1; count <= 100; count += 1) data(frameOf(tradeFrame([`t${count}`])), count * 100);
  assert.equal(feeds.get(name)?.judge(monoMs(1e8), at), 'renew');
  assert.deepEqual(
    events.flatMap((event) => (event.type === 'gap' ? [event.cause] : [])),
    ['data_silent'],
  );
});

test('after a lost connection a topic says again that it flows', () => {
  const { feeds, events, data } = world('trades');
  data(frameOf(tradeFrame(['t1'])));
  feeds.interruptAll('socket_lost', at);
  data(frameOf(tradeFrame(['t2'])));
  assert.deepEqual(
    events.flatMap((event) => (event.type === 'status' ? [event.status] : [])),
    ['flowing', 'flowing'],
  );
});

test('a book that was dropped tells nothing until its snapshot, which is waited for anew', () => {
  const { name, feeds, events, data, told } = world('depth');
  const feed = feeds.get(name);
  const { snapshotWithinMs } = scaledPolicy().connection;
  assert.equal(feed?.judge(monoMs(0), at), 'nothing');
  for (let u = 1; u <= 100; u += 1) data(frameOf(bookFrame({ type: 'snapshot', u })), u * 100);
  const now = 100 * 100;
  assert.equal(feed?.judge(monoMs(now), at), 'nothing');
  feed?.dropBook();
  const before = told().length;
  data(frameOf(bookFrame({ type: 'delta', u: 101 })), now);
  assert.equal(told().length, before);
  // Its silence, however long, is not called stale meanwhile: the wait for the snapshot is the judge.
  const later = now + 1e8;
  assert.equal(feed?.judge(monoMs(later), at), 'nothing');
  assert.equal(feed?.judge(monoMs(later + snapshotWithinMs), at), 'renew');
  assert.deepEqual(
    events.flatMap((event) => (event.type === 'status' ? [event.status] : [])),
    ['flowing', 'resync'],
  );
});
