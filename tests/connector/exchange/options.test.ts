import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOptions } from '../../../connector/exchange/options.ts';

test('without options it listens on 127.0.0.1:8765 at the natural pace', () => {
  assert.deepEqual(readOptions({}, [], undefined), {
    options: {
      host: '127.0.0.1',
      port: 8765,
      seed: undefined,
      rate: undefined,
      tradesPerFrame: undefined,
      stepsPerFrame: 1,
      symbols: 0,
      spread: 'natural',
      bandTicks: undefined,
      logDir: undefined,
      historyTrades: 20_000,
      startAt: undefined,
      archiveDelayMs: 14_400_000,
      apiKey: undefined,
      stopOnEof: false,
      timeScale: 1,
    },
  });
});

test('all options are read', () => {
  const raw = {
    host: 'localhost',
    port: '0',
    seed: '42',
    rate: '500',
    tradesPerFrame: '10',
    stepsPerFrame: '12',
    band: '10',
    logDir: 'x',
    historyTrades: '2000000',
    archiveDelay: '0',
    clock: '2026-08-01T14:00:00Z',
    apiKey: 'k',
    apiSecret: 's',
    stopOnEof: true,
  };
  assert.deepEqual(readOptions(raw, [], '0.01'), {
    options: {
      host: 'localhost',
      port: 0,
      seed: '42',
      rate: 500,
      tradesPerFrame: 10,
      stepsPerFrame: 12,
      symbols: 0,
      spread: 'natural',
      bandTicks: 10,
      logDir: 'x',
      historyTrades: 2_000_000,
      startAt: Date.UTC(2026, 7, 1, 14),
      archiveDelayMs: 0,
      apiKey: { key: 'k', secret: 's' },
      stopOnEof: true,
      timeScale: 0.01,
    },
  });
});

test('everything that is wrong comes in one answer', () => {
  const raw = {
    host: '0.0.0.0',
    port: '70000',
    rate: 'fast',
    tradesPerFrame: '0',
    stepsPerFrame: '1.5',
    logDir: true,
    historyTrades: '-1',
    archiveDelay: 'soon',
    clock: '2026-08-01 14:00',
    apiKey: 'k',
    seed: '',
  };
  assert.deepEqual(readOptions(raw, ['--sped', 'extra'], 'fast'), {
    problems: [
      'unknown option --sped',
      'unexpected word "extra"',
      '--host must be a loopback address (127.0.0.1, ::1, localhost), not "0.0.0.0"',
      'TIME_SCALE must be a number from above 0 to 1000, not "fast"',
      '--clock must be a time in UTC like 2026-08-01T14:00:00Z, not "2026-08-01 14:00"',
      '--api-key and --api-secret belong together: give both or none',
      '--port must be a whole number from 0 to 65535, not "70000"',
      '--seed needs a value',
      '--rate must be a whole number from 1 to 100000, not "fast"',
      '--trades-per-frame must be a whole number from 1 to 2000, not "0"',
      '--steps-per-frame must be a whole number from 1 to 1000, not "1.5"',
      '--log-dir needs a value',
      '--history-trades must be a whole number from 0 to 10000000, not "-1"',
      '--archive-delay must be a whole number from 0 to 10000, not "soon"',
    ],
  });
});
