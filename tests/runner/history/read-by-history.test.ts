/** What the runner records is what the store of history takes in: every trade, with its values, and exactly what is claimed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gapBound } from '../../../shared/events/process-events.ts';
import { cacheWorld, date, linearKey, madeAt, midnight } from '../../connector/history/io/cache-world.ts';
import { gap } from '../intake/events.ts';
import { RecorderWorld } from './recorder-world.ts';

test('files of the recorder become the rows of the day', async (t) => {
  const world = new RecorderWorld();
  t.after(() => world.remove());
  world.clock.setWall(midnight + 1_000 - world.clock.unixMs());
  const rows = [
    { id: 'a', seq: 1, price: 93_500.1, qty: 0.25 },
    { id: 'b', seq: 2, price: 1e-7, qty: 123_456_789.125, block: true },
    { id: 'c"\\é', price: 0.1 + 0.2, qty: 1e21, rpi: false },
    { id: 'd', seq: 9, price: 5, qty: 1e-8, rpi: true },
  ] as const;
  const told = rows.map((fields, at) =>
    world.trade(fields.id, { ...fields, at: at * 10, side: at % 2 === 0 ? 'buy' : 'sell' }),
  );
  const [, second, third] = told;
  assert.ok(second !== undefined && third !== undefined);
  for (const one of told.slice(0, 2)) world.tell(one);
  world.tell(gap({ from: gapBound(second) }));
  world.tell(gap({ from: gapBound(second), to: gapBound(third) }));
  for (const one of told.slice(2)) world.tell(one);
  await world.tick();

  const cache = cacheWorld(t);
  const report = await cache.store.appendLines({
    key: linearKey,
    files: [world.file('trades', date)],
    source: 'recording',
    spans: world.read().spans,
    gaps: [],
    fetchedAt: madeAt,
  });
  assert.ok(report.ok, JSON.stringify(report));
  const { added, torn, bad, otherDays, doubles, manifest } = report.value;
  assert.deepEqual([added, torn, bad, otherDays, doubles], [4, 0, 0, 0, 0]);
  const expected = told.map(({ timestamp, seq = null, id, price, qty, side, block = null, rpi = null }) => {
    return { timestamp, seq, id, price, qty, side, block, rpi, source: 'recording' };
  });
  assert.deepEqual(await cache.stored(linearKey), expected);
  const start = midnight + 1_000;
  assert.deepEqual(manifest.spans, [
    { from: start + 1, to: start + 10, exactness: 'exact' },
    { from: start + 21, to: start + 30, exactness: 'exact' },
  ]);
});
