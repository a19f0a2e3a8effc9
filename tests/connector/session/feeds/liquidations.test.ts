/** Liquidations: their gaps can never be filled, and their silence means nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gapSchema } from '../../../../shared/events/process-events.ts';
import type { Topic } from '../../../../shared/market.ts';
import { monoMs } from '../../../../shared/time.ts';
import { liquidationFrame } from '../../../helpers/bybit-frames.ts';
import { at, FeedWorld, gapLine } from './feed-world.ts';

const liquidation: Topic = { channel: 'liquidation', category: 'linear', symbol: 'BTCUSDT' };
const one = (p: string): string => liquidationFrame([{ S: 'Buy', p }]);

test('a gap between two liquidations ends as lost when its end is known', () => {
  const world = new FeedWorld(liquidation).lost().frame(one('100.50')).lost().lost().frame(one('101'));
  const events = world.take();
  assert.deepEqual(
    events.map((event) => (event.type === 'gap' ? gapLine(gapSchema.parse(event)) : event.type)),
    [
      'liquidation',
      'open socket_lost 1750000000000:100.5:0.003..',
      'lost socket_lost 1750000000000:100.5:0.003..1750000000000:101:0.003',
      'liquidation',
    ],
  );
});

test('what is missed between the acknowledgement and the first liquidation lies in a gap without a beginning', () => {
  const world = new FeedWorld(liquidation).lost();
  assert.deepEqual(world.take(), [], 'before it nothing is owed');
  world.feeds.get(world.name)?.agreed(monoMs(world.now));
  const events = world.lost().lost().frame(one('101'), one('102')).take();
  assert.deepEqual(
    events.map((event) => (event.type === 'gap' ? gapLine(gapSchema.parse(event)) : event.type)),
    ['open socket_lost ..', 'lost socket_lost ..1750000000000:101:0.003', 'liquidation', 'liquidation'],
  );
});

test('a row that cannot be read lies inside a gap', () => {
  const world = new FeedWorld(liquidation).frame(one('1'), one(''), one('2'));
  assert.deepEqual(
    world.take().map((event) => (event.type === 'gap' ? event.cause : event.type)),
    ['liquidation', 'bad_frame', 'bad_frame', 'liquidation'],
  );
  assert.equal(world.bad.length, 1);
});

test('hours without one are no alarm, however busy it was before', () => {
  const world = new FeedWorld(liquidation);
  for (let count = 1; count <= 500; count += 1) world.frame(one(String(count)));
  world.take();
  for (let hour = 0; hour < 24; hour += 1) assert.equal(world.judge(3_600_000), false);
  assert.deepEqual(world.take(), []);
  const report = world.feeds.get(world.name)?.report('active', (world.now + 1) as never);
  assert.deepEqual([report?.stale, report?.messages], [false, 500]);
  world.frame(one('1'));
  assert.equal(world.judge(1e12), false);
  world.feeds.unreadable(world.name, 'not JSON', at);
  assert.equal(world.take().length, 2);
});
