/** The names of dumps, and which faults write one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dumpFileName, isDumpFile, readDumpName } from '../../shared/dump-files.ts';
import { DumpBudget, faultOf } from '../../shared/dump-triggers.ts';
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import { monoMs, unixMs } from '../../shared/time.ts';

const AT = unixMs(Date.parse('2026-11-21T15:40:12.123Z'));

test('a name says when, who and why, whatever the reason is, and is read back', () => {
  const name = dumpFileName('connector', {
    at: AT,
    pid: 4_711,
    number: 2,
    reason: 'Was ist los? ../../etc/passwd',
  });
  assert.equal(name, '20261121T154012123Z_connector_4711-2_was-ist-los-etc-passwd.jsonl.zst');
  assert.deepEqual(readDumpName(name), {
    name,
    at: AT,
    program: 'connector',
    reason: 'was-ist-los-etc-passwd',
  });
  const plain = dumpFileName('runner', { at: AT, pid: 1, number: 1, reason: '💥' });
  assert.equal(plain, '20261121T154012123Z_runner_1-1_unnamed.jsonl');
  assert.equal(readDumpName(plain)?.program, 'runner');
  assert.ok(dumpFileName('runner', { at: AT, pid: 1, number: 1, reason: 'x'.repeat(5_000) }).length < 200);
});

test('names of others are not ours', () => {
  for (const name of [
    'a.jsonl',
    'connections.log',
    '20261121T154012123Z_other_1-1_a.jsonl',
    '20269921T154012123Z_runner_1-1_a.jsonl',
  ])
    assert.equal(isDumpFile(name), false, name);
  assert.equal(readDumpName('20261121T154012123Z_runner_1-1_a.jsonl.partial'), undefined);
  assert.equal(isDumpFile('20261121T154012123Z_runner_1-1_a.jsonl.partial'), true);
});

const topic = { channel: 'trades', category: 'linear', symbol: 'BTCUSDT' } as const;
const gap = (
  cause: 'data_silent' | 'socket_lost' | 'overload',
  state: 'open' | 'healed' = 'open',
): UnnumberedEvent => ({
  type: 'gap',
  gap_id: 'g1',
  state,
  ...topic,
  cause,
  from: null,
  to: null,
  at: AT,
});

test('what a look at the frames explains is a fault; daily life is not', () => {
  assert.equal(faultOf(gap('data_silent')), 'data_silent');
  assert.equal(faultOf(gap('overload')), 'overload');
  assert.equal(faultOf(gap('data_silent', 'healed')), undefined);
  assert.equal(faultOf(gap('socket_lost')), undefined);
  const error = (code: string): UnnumberedEvent => ({ type: 'error', error: 'x', code, retryable: true });
  assert.equal(faultOf(error('book_gap')), 'book_gap');
  assert.equal(faultOf(error('overloaded')), 'overloaded');
  assert.equal(faultOf(error('connect_failed')), undefined);
  assert.equal(faultOf({ type: 'status', status: 'disconnected' }), undefined);
});

test('at most one in a while and so many in all; the others are counted', () => {
  const budget = new DumpBudget({ everyMs: 60_000, most: 3, withinMs: 3_600_000 });
  const taken = (minute: number): boolean => budget.take(monoMs(minute * 60_000));
  assert.deepEqual([0, 0.5, 1, 1.9, 2, 3, 59].map(taken), [true, false, true, false, true, false, false]);
  assert.equal(budget.suppressed, 4);
  assert.deepEqual([60, 60.5, 61, 62].map(taken), [true, false, true, true]);
});
