/** What the gate asks of today's trades: history that was not told, a part that is missing, and every trade where that is asked for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MissingToday } from '../../../runner/backfill/followed-symbols.ts';
import { historyFindings } from '../../../runner/backfill/history-findings.ts';
import type { KnownOfDay } from '../../../runner/context/day/instrument-days.ts';
import { findingsOf } from '../../../runner/strategy/gate.ts';
import { bitcoin } from './backfill-world.ts';

const window = { from: Date.UTC(2026, 7, 1), to: Date.UTC(2026, 7, 1, 12) };
const whole: KnownOfDay = { window, byTrades: [window], byKlines: [], joined: [] };
const byCandles: KnownOfDay = { window, byTrades: [], byKlines: [window], joined: [] };

function told(
  missing: MissingToday | undefined,
  needs: 'exact' | 'approximate',
  known: KnownOfDay | undefined,
) {
  return historyFindings({
    backfill: { missing: () => missing },
    needs,
    instruments: () => [bitcoin],
    known: () => known,
  });
}

test('history that was not told, and a part of today that is missing, shut the gate; candles do not', () => {
  assert.deepEqual(told(undefined, 'approximate', byCandles), []);
  const first = { isFirst: true, spans: [] };
  assert.deepEqual(
    told(first, 'approximate', whole).map(({ code }) => code),
    ['backfill_unfinished'],
  );
  const gap = { isFirst: false, spans: [{ from: window.to - 60_000, to: window.to }] };
  const [finding] = told(gap, 'approximate', whole);
  assert.equal(finding?.code, 'gap_of_today');
  assert.match(finding?.words ?? '', /11:59:00\.000 to 12:00:00\.000 UTC is missing/);
});

test('where every trade is asked for, candles do not do', () => {
  assert.deepEqual(told(undefined, 'exact', whole), []);
  const [finding] = told(undefined, 'exact', byCandles);
  assert.equal(finding?.code, 'history_not_exact');
  assert.match(finding?.words ?? '', /00:00:00\.000 to 12:00:00\.000 UTC is not known trade by trade/);
  assert.deepEqual(
    told(undefined, 'exact', undefined).map(({ code }) => code),
    ['history_not_exact'],
  );
});

test('where every trade is asked for, a day of which trades were left out does not do', () => {
  assert.deepEqual(told(undefined, 'exact', { ...whole, hasRefused: false }), []);
  const [finding] = told(undefined, 'exact', { ...whole, hasRefused: true });
  assert.equal(finding?.code, 'history_not_exact');
  assert.match(finding?.words ?? '', /trades of today were left out.*\/debug\/trades.*GATE_NEEDS=exact/);
  assert.deepEqual(told(undefined, 'approximate', { ...whole, hasRefused: true }), []);
});

test('the gate names the topic, and does not ask it of a strategy that needs no trades', () => {
  const facts = { childReady: true, topics: [], endlessGaps: [], clock: null, ledger: null };
  const history = told({ isFirst: true, spans: [] }, 'approximate', whole);
  assert.deepEqual(
    findingsOf({ ...facts, history }).map(({ code, topic }) => [code, topic]),
    [['backfill_unfinished', 'trades:linear:BTCUSDT']],
  );
  const depth = { channel: 'depth', symbol: 'BTCUSDT' } as const;
  assert.ok(!findingsOf({ ...facts, history }, [depth]).some(({ code }) => code === 'backfill_unfinished'));
});
