import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { eventLoopAlarm } from '../../../runner/io/timers.ts';
import { systemClock } from '../../../shared/io/clock.ts';
import { after } from '../../../shared/time.ts';
import { until } from '../../helpers/until.ts';

const clock = systemClock(2_000, () => {});
const setAlarm = eventLoopAlarm(clock);

test('an alarm rings once, never early', async () => {
  const at = after(clock.monoMs(), 30);
  const rings: number[] = [];
  setAlarm(at, () => rings.push(clock.monoMs()));
  await until('it rang', () => rings.length > 0);
  assert.ok((rings[0] ?? 0) >= at);
});

test('a cancelled alarm does not ring, also not when it was about to', async () => {
  let rings = 0;
  const cancel = setAlarm(clock.monoMs(), () => {
    rings += 1;
  });
  cancel();
  let later = false;
  setAlarm(after(clock.monoMs(), 30), () => {
    later = true;
  });
  await until('a later one rang', () => later);
  assert.equal(rings, 0);
});

test('what a child wrote while we were busy is read before an alarm of that time rings', async () => {
  const child = spawn('/bin/sh', ['-c', 'while read -r word; do echo "$word"; done'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const order: string[] = [];
  child.stdout.on('data', (chunk) => order.push(String(chunk).trim()));
  child.stdin.write('first\n');
  await until('the child answers', () => order.length === 1);
  child.stdin.write('second\n');
  await new Promise<void>((resolve) => {
    setAlarm(after(clock.monoMs(), 50), () => {
      order.push('alarm');
      resolve();
    });
    const busyUntil = performance.now() + 200;
    while (performance.now() < busyUntil);
  });
  assert.deepEqual(order, ['first', 'second', 'alarm']);
  child.stdin.end();
});
