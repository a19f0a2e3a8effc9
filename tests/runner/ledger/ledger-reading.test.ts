/** What earlier runs left behind is read again until it is read, and waited for no longer than two seconds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerRemains } from '../../../runner/ledger/changes.ts';
import { LedgerReading } from '../../../runner/ledger/ledger-reading.ts';
import type { Result } from '../../../shared/errors.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

type Answer = Result<LedgerRemains, string>;
const remains: LedgerRemains = { gaps: [], followed: [], aliveUntil: null };

function world() {
  const clock = new VirtualClock();
  const asked: ((answer: Answer) => void)[] = [];
  const told: string[] = [];
  const reading = new LedgerReading({
    read: () => new Promise((resolve) => asked.push(resolve)),
    clock,
    onRead: (environment) => told.push(`read ${environment}`),
    onSettled: () => told.push('settled'),
  });
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    reading.tick(clock.monoMs());
    await new Promise(setImmediate);
  };
  return { clock, asked, told, reading, pass };
}

test('who waits goes on when it is read', async () => {
  const { clock, asked, told, reading } = world();
  assert.equal(reading.isAwaited, false);
  const waiting = reading.begin('mainnet');
  assert.deepEqual([reading.isAwaited, reading.environment], [true, undefined]);
  asked[0]?.({ ok: true, value: remains });
  await waiting;
  assert.deepEqual([reading.isAwaited, reading.environment], [false, 'mainnet']);
  assert.deepEqual(told, ['read mainnet', 'settled']);
  assert.equal(reading.fault(clock.monoMs()), null);
});

test('a disk that hangs is waited for two seconds, is told, and is taken at its word when it answers after all', async () => {
  const { clock, asked, told, reading, pass } = world();
  const waiting = reading.begin('mainnet');
  await pass(1_900);
  assert.deepEqual([told, reading.fault(clock.monoMs())], [[], null]);
  await pass(100);
  await waiting;
  assert.deepEqual([told, reading.environment], [['settled'], undefined]);
  assert.match(reading.fault(clock.monoMs()) ?? '', /not answered for 2 s.*none is written.*restart/u);
  await pass(60_000);
  assert.equal(asked.length, 1, 'one question is on its way at a time');
  asked[0]?.({ ok: true, value: remains });
  await pass(0);
  assert.deepEqual(told, ['settled', 'read mainnet']);
  assert.equal(reading.fault(clock.monoMs()), null);
});

test('what fails is asked for again each second', async () => {
  const { clock, asked, told, reading, pass } = world();
  void reading.begin('mainnet');
  asked[0]?.({ ok: false, failure: 'SQLITE_IOERR' });
  await pass(0);
  assert.match(reading.fault(clock.monoMs()) ?? '', /SQLITE_IOERR/u);
  await pass(900);
  assert.equal(asked.length, 1);
  await pass(100);
  assert.equal(asked.length, 2);
  asked[1]?.({ ok: true, value: remains });
  await pass(0);
  assert.deepEqual(told, ['read mainnet', 'settled']);
});
