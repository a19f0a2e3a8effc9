/** Candles that are mute from birth, with the whole of connector and runner around them, under virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Simulation } from './world/simulation.ts';

test('candles that never come are named and asked for anew, and what was owed is read when they come', async () => {
  const mute = { kind: 'mute', category: 'linear', topic: 'kline.1.AAAUSDT', ms: 200_000 } as const;
  const plan = [{ at: 1, trouble: { kind: 'exchange', fault: mute } }] as const;
  const world = new Simulation({ seed: 'mute candles', keepAll: true, plan });
  await world.time.runUntil(230_000);
  const all = world.journal.all ?? [];
  const named = all.findIndex((line) => /stale topic kline .*the exchange lists trades since/.test(line));
  const healed = all.findIndex(
    (line) => /"channel":"kline"/.test(line) && /"state":"healed"/.test(line) && /"recovered":3/.test(line),
  );
  assert.ok(named >= 0 && healed > named, `${named}, ${healed}`);
  const seconds = Number.parseFloat(all[named] ?? '');
  assert.ok(seconds >= 60 && seconds <= 100, `${seconds} s`);
  assert.equal(world.journal.firstBroken, undefined);
});
