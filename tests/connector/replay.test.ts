/** A recording of several sockets: what interrupts which topics. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Replay, readRecordedLine } from '../../connector/replay.ts';
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { bookFrame, tradeFrame } from '../helpers/bybit-frames.ts';

test('another connection of a socket interrupts its own topics, not those of the others', () => {
  const events: UnnumberedEvent[] = [];
  const replay = new Replay('linear', scaledPolicy(), (event) => events.push(event));
  let at = 1_750_000_000_000_000;
  const say = (t: 'connect' | 'recv', socket: number | undefined, frame?: string): void => {
    at += 1_000;
    replay.entry({ t, at, category: 'linear', socket, frame });
  };
  say('connect', undefined);
  say('recv', 0, tradeFrame(['a']));
  say('connect', 1);
  say('recv', 1, tradeFrame(['b'], { symbol: 'ETHUSDT' }));
  assert.deepEqual(
    events.filter(({ type }) => type === 'gap'),
    [],
  );
  say('connect', 1);
  say('recv', 0, tradeFrame(['c']));
  say('recv', 1, tradeFrame(['d'], { symbol: 'ETHUSDT' }));
  const gaps = events.flatMap((event) => (event.type === 'gap' ? [`${event.symbol} ${event.gap_id}`] : []));
  assert.deepEqual(gaps, ['ETHUSDT replay-linear-t1', 'ETHUSDT replay-linear-t1']);
});

test('a recording of raced sockets is one stream again: each trade once, and one book at a time', () => {
  const events: UnnumberedEvent[] = [];
  const replay = new Replay('linear', scaledPolicy(), (event) => events.push(event));
  let at = 1_750_000_000_000_000;
  const say = (t: 'connect' | 'recv', socket: number, frame?: string): void => {
    at += 1_000;
    replay.entry({ t, at, category: 'linear', socket, frame });
  };
  for (const socket of [0, 1]) say('connect', socket);
  say('recv', 0, bookFrame({ type: 'snapshot', u: 10 }));
  say('recv', 1, bookFrame({ type: 'snapshot', u: 10 }));
  say('recv', 0, tradeFrame(['a'], { seq: 1 }));
  say('recv', 1, tradeFrame(['a'], { seq: 1 }));
  say('recv', 1, tradeFrame(['b'], { seq: 2 }));
  say('recv', 0, tradeFrame(['b'], { seq: 2 }));
  say('connect', 0);
  say('recv', 1, bookFrame({ type: 'delta', u: 11 }));
  say('recv', 1, tradeFrame(['c'], { seq: 3 }));
  const told = events.flatMap((event) => {
    if (event.type === 'trade') return [event.id];
    if (event.type === 'depth') return [`${event.action ?? ''} ${event.last_update_id}`];
    return event.type === 'gap' ? ['gap'] : [];
  });
  assert.deepEqual(told, ['snapshot 10', 'a', 'b', 'snapshot 10', 'delta 11', 'c']);
});

test('a dump begins in the middle: a connect after frames interrupts, and lines of other kinds change nothing', () => {
  const events: UnnumberedEvent[] = [];
  const replay = new Replay('linear', scaledPolicy(), (event) => events.push(event));
  const at = 1_750_000_000_000_000;
  replay.entry({ t: 'recv', at, category: 'linear', frame: tradeFrame(['a']) });
  replay.entry({ t: 'note', at: at + 1_000, environment: 'simulated' });
  replay.entry({ t: 'connect', at: at + 2_000, category: 'linear' });
  replay.entry({ t: 'recv', at: at + 3_000, category: 'linear', frame: tradeFrame(['b']) });
  const causes = events.flatMap((event) => (event.type === 'gap' ? [event.cause] : []));
  assert.deepEqual([...new Set(causes)], ['socket_lost']);
  assert.equal(replay.counts.trades, 2);
});

test('the number of a socket is read where it is one', () => {
  const line = { t: 'connect', at: 1_750_000_000_000_000, category: 'linear' };
  const read = (socket: unknown) => readRecordedLine(JSON.stringify({ ...line, socket }));
  assert.equal(typeof read(undefined), 'object');
  const entry = read(2);
  assert.equal(typeof entry === 'object' ? entry.socket : entry, 2);
  assert.equal(read(-1), 'socket is not a number from 0');
});
