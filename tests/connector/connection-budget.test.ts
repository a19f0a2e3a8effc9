/** How many connections may be opened: decided purely, remembered in memory or in a shared file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionBudget, memoryConnectionLog } from '../../connector/connection-budget.ts';
import { monoMs, unixMs } from '../../shared/time.ts';

const policy = { connections: 5, windowMs: 300_000, spreadMs: 100 };
const host = 'stream.bybit.com';
const start = 1_750_000_000_000;

/** Asks at this many milliseconds after the start. */
function asker(log = memoryConnectionLog(policy.windowMs)) {
  const budget = new ConnectionBudget(policy, log);
  return (ms: number, again = false, to = host) =>
    budget.admit(to, again, unixMs(start + ms), monoMs(1_000 + ms));
}

test('connections are opened until the budget is spent, then one waits until the oldest has left the window', () => {
  const ask = asker();
  for (let count = 0; count < 5; count += 1) assert.equal(ask(count * 1_000).waitMs, 0);
  assert.deepEqual(ask(10_000), { waitMs: 290_000, opened: 5 });
  assert.deepEqual(ask(299_999), { waitMs: 1, opened: 5 });
  assert.equal(ask(300_000).waitMs, 0);
  assert.equal(ask(300_001).waitMs, 999, 'the second oldest is next');
});

test('hosts have budgets of their own', () => {
  const ask = asker();
  for (let count = 0; count < 5; count += 1) ask(0);
  assert.ok(ask(0).waitMs > 0);
  assert.equal(ask(0, false, 'stream-testnet.bybit.com').waitMs, 0);
});

test('in no window of 5 minutes are more opened than allowed, however one asks', () => {
  const ask = asker();
  const opened: number[] = [];
  for (let ms = 0; ms < 2_000_000; ms += 7_919) if (ask(ms).waitMs === 0) opened.push(ms);
  for (const end of opened)
    assert.ok(opened.filter((at) => at > end - policy.windowMs && at <= end).length <= 5);
  assert.ok(opened.length > 25, 'and no fewer than could be');
});

test('sockets that were lost together come back one after the other', () => {
  const ask = asker();
  assert.equal(ask(0, true).waitMs, 0);
  assert.equal(ask(0, true).waitMs, 100);
  assert.equal(ask(60, true).waitMs, 40);
  assert.equal(ask(60, false).waitMs, 0, 'the first connection of a socket does not wait');
  assert.equal(ask(160, true).waitMs, 0);
});

test('what other processes opened counts, times of a clock that was set back do not', () => {
  const log = memoryConnectionLog(policy.windowMs);
  for (let count = 0; count < 5; count += 1) log.add({ at: unixMs(start - 1_000), host });
  assert.deepEqual(asker(log)(0), { waitMs: 299_000, opened: 5 });
  const ahead = memoryConnectionLog(policy.windowMs);
  for (let count = 0; count < 5; count += 1) ahead.add({ at: unixMs(start + 9_000_000), host });
  assert.equal(asker(ahead)(0).waitMs, 0);
});
