/** A book tells what it did not see: a gap from the last update told to the snapshot that makes it true again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UnnumberedEvent } from '../../../../shared/events/event.ts';
import { gapSchema } from '../../../../shared/events/process-events.ts';
import type { Topic } from '../../../../shared/market.ts';
import { bookFrame } from '../../../helpers/bybit-frames.ts';
import { at, FeedWorld, gapLine } from './feed-world.ts';

const book: Topic = { channel: 'depth', category: 'linear', symbol: 'BTCUSDT', depth: 50 };
const snapshot = (u: number): string => bookFrame({ type: 'snapshot', u });
const delta = (u: number): string => bookFrame({ type: 'delta', u });

function told(events: readonly UnnumberedEvent[]): string[] {
  return events.map((event) => {
    if (event.type === 'gap') return gapLine(gapSchema.parse(event));
    return event.type === 'depth' ? `${event.action} ${event.last_update_id}` : event.type;
  });
}

test('a book that is given up while a gap is open tells that it will have no end', () => {
  const world = new FeedWorld(book).frame(snapshot(5)).lost();
  world.feeds.delete(world.name);
  assert.deepEqual(told(world.take()), ['snapshot 5', 'open socket_lost 5..', 'lost socket_lost 5..']);
});

test('a lost connection opens a gap at the last update told; the snapshot ends it, right before itself', () => {
  const world = new FeedWorld(book).frame(snapshot(5), delta(6)).lost().lost('machine_slept');
  world.frame(delta(8), snapshot(9), delta(10));
  const events = world.take();
  assert.deepEqual(told(events), [
    'snapshot 5',
    'delta 6',
    'open socket_lost 6..',
    'healed socket_lost 6..9',
    'snapshot 9',
    'delta 10',
  ]);
  const [open, healed] = events.filter((event) => event.type === 'gap');
  assert.deepEqual(healed, {
    ...open,
    state: 'healed',
    to: { id: '9', timestamp: 1_750_000_000_006, seq: 90 },
    healed_by: 'snapshot',
  });
  assert.deepEqual([open?.channel, open?.depth, open?.from?.seq, open?.at], ['depth', 50, 60, at]);
});

test('nothing is missed before the first snapshot', () => {
  const world = new FeedWorld(book).lost().frame(delta(3));
  world.feeds.unreadable(world.name, 'not JSON', at);
  world.frame(snapshot(5));
  assert.deepEqual(told(world.take()), ['snapshot 5']);
});

test('an update that was left out, and a frame that cannot be read, break the book: one gap each', () => {
  const world = new FeedWorld(book).frame(snapshot(5), delta(7), delta(8), snapshot(9));
  assert.deepEqual(told(world.take()), [
    'snapshot 5',
    'open book_broken 5..',
    'healed book_broken 5..9',
    'snapshot 9',
  ]);
  world.feeds.unreadable(world.name, 'not JSON', at);
  world.feeds.unreadable(world.name, 'not JSON', at);
  world.frame(snapshot(20));
  assert.deepEqual(told(world.take()), ['open bad_frame 9..', 'healed bad_frame 9..20', 'snapshot 20']);
  assert.deepEqual(world.renewed, [world.name, world.name]);
});

test('a text of nobody knows which topic is no gap of a book: its update ids would show it', () => {
  const world = new FeedWorld(book).frame(snapshot(5));
  world.feeds.unreadable(undefined, 'not JSON', at);
  assert.deepEqual(told(world.frame(delta(6)).take()), ['snapshot 5', 'delta 6']);
});

test('a book that fell silent has a gap; an update that joins shows that nothing was missed, the new snapshot that something was', () => {
  const world = new FeedWorld(book).frame(snapshot(1));
  for (let u = 2; u <= 60; u += 1) world.frame(delta(u));
  world.take();
  assert.equal(world.judge(1e6), true);
  world.frame(delta(61), delta(62), snapshot(70), delta(71));
  assert.deepEqual(told(world.take()), [
    'open data_silent 60..',
    'healed data_silent 60..61',
    'delta 61',
    'delta 62',
    'open resubscribed 62..',
    'healed resubscribed 62..70',
    'snapshot 70',
    'delta 71',
  ]);
});

test('a book whose subscription nobody answered starts again, with a gap', () => {
  const world = new FeedWorld(book).frame(snapshot(5));
  world.feeds.get(world.name)?.unanswered(at);
  world.frame(delta(6), snapshot(9), snapshot(12));
  assert.deepEqual(told(world.take()), [
    'snapshot 5',
    'open resubscribed 5..',
    'healed resubscribed 5..9',
    'snapshot 9',
    'snapshot 12',
  ]);
});

test('a book that was dropped on our side tells no gap of its own: who dropped it knows what had left', () => {
  const world = new FeedWorld(book).frame(snapshot(5));
  const feed = world.feeds.get(world.name);
  feed?.dropBook();
  feed?.renewing(at);
  world.frame(delta(6), snapshot(9));
  assert.deepEqual(told(world.take()), ['snapshot 5', 'snapshot 9']);
});
