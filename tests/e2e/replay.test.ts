/** The recorded mainnet frames through connector and runner: nothing missing, no crossed book, the same result at any pace. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { wholeTape } from '../helpers/ledger.ts';
import { root, startRunner } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const recording = path.join(root, '..', 'shared', 'data', 'recorded', 'linear-2026-08-09.jsonl');
const skip = existsSync(recording) ? false : `no recording at ${recording}`;
const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'DOGEUSDT'];

async function play(speed: string): Promise<unknown> {
  const runner = await startRunner({
    CONNECTOR_PROFILE: 'replay',
    CONNECTOR_REPLAY_FILE: recording,
    CONNECTOR_REPLAY_SPEED: speed,
    SYMBOLS: symbols.join(','),
    SUBSCRIPTIONS: 'trades,depth.200',
  });
  const total = async () =>
    (await runner.get<{ trades: { total_count: number } }>('/metrics')).trades.total_count;
  await until('all trades were told', async () => (await total()) >= 327, 90_000);
  const books = await Promise.all(
    symbols.map(async (symbol) => {
      type Book = {
        valid: boolean;
        last_update_id: number;
        bids: [number, number][];
        asks: [number, number][];
      };
      const book = await until(
        `the last update of ${symbol}`,
        async () => {
          if (!(await ended(runner))) return undefined;
          return runner.get<Book>(`/orderbook?symbol=${symbol}&levels=200`);
        },
        90_000,
      );
      assert.equal(book.valid, true, symbol);
      assert.deepEqual([book.bids.length, book.asks.length], [200, 200]);
      assert.ok((book.bids[0]?.[0] ?? 0) < (book.asks[0]?.[0] ?? 0), `${symbol} is not crossed`);
      return { symbol, ...book };
    }),
  );
  assert.equal(await total(), 327);
  assert.deepEqual(await runner.get('/gaps'), []);
  const { counts } = await runner.get<{ counts: Record<string, number> }>('/metrics');
  assert.deepEqual([counts['bad_lines'], counts['jumps'], counts['duplicates']], [0, 0, 0]);
  const tapes = await Promise.all(symbols.map((symbol) => wholeTape(runner, 'linear', symbol)));
  assert.equal(tapes.flat().length, 327);
  assert.equal(
    runner.stderr.some((line) => /book_gap|book_crossed|connector_resync/.test(line)),
    false,
  );
  assert.equal(await runner.stop(), 0);
  return { books, tapes };
}

function ended(runner: { readonly get: <T>(path: string) => Promise<T> }): Promise<boolean> {
  type Topics = { depth: { topics: { messages: number }[] } };
  return runner
    .get<Topics>('/ws/health')
    .then(({ depth }) => depth.topics.reduce((sum, { messages }) => sum + messages, 0) === 1_598);
}

/** The recording lasts 40 s. */
const pace = process.env['PROVE'] === '1' ? '1' : '8';

test('recorded mainnet frames: 327 trades and 4 whole books, the same at a steady pace and at full speed', {
  skip,
  timeout: 180_000,
}, async () => {
  const [atPace, atFullSpeed] = await Promise.all([play(pace), play('max')]);
  assert.deepEqual(atPace, atFullSpeed);
});
