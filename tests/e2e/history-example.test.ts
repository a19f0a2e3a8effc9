/** The example of docs/history.md is the file that it names, and does what is said of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { z } from 'zod';
import { historyEventSchema, rowsLineSchema } from '../../shared/events/history-events.ts';
import { historyRequestSchema, rowsRequestSchema } from '../../shared/history-request.ts';
import { root, startExchange, startProgram, temporaryFolder } from '../helpers/processes.ts';

it('a program reads a week of trades, which are fetched once', async () => {
  const exchange = await startExchange(
    ...['--seed', 'example', '--clock', '2026-08-08T14:00:00Z', '--history-trades', '300'],
  );
  const env = {
    BYBIT_REST_BASE_URL: exchange.url,
    TOWLINE_ENVIRONMENT: 'simulated',
    BACKFILL_CACHE_DIR: temporaryFolder(),
  };
  const run = (): ReturnType<typeof startProgram> =>
    startProgram(['examples/history/vwap.ts', 'BTCUSDT', '2026-08-01', '2026-08-07'], env);
  const first = run();
  assert.equal(await first.ended, 0, first.stderr.join('\n'));
  assert.match(first.stdout.join('\n'), /^BTCUSDT: 2100 trades, VWAP \d+\.\d\d$/);
  await exchange.stop();
  // Nobody answers any more: the clock cannot be asked, and everything is there.
  const again = run();
  assert.equal(await again.ended, 0, again.stderr.join('\n'));
  assert.deepEqual(again.stdout, first.stdout);
});

/** Every line that a history child reads or tells. */
const lineSchema = z.union([historyRequestSchema, rowsRequestSchema, historyEventSchema, rowsLineSchema]);

const page = readFileSync(path.join(root, 'docs/history.md'), 'utf8');

it('is shown as it is', () => {
  const file = readFileSync(path.join(root, 'examples/history/vwap.ts'), 'utf8');
  const code = file.slice(file.indexOf('const history = await'));
  assert.ok(page.includes(code.trimEnd()), 'docs/history.md shows examples/history/vwap.ts');
});

it('the lines that are shown are lines of the contract', () => {
  const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  );
  const shown = blocks.map((line) => lineSchema.parse(JSON.parse(line)));
  const names = shown.map((line) => ('request' in line ? line.request : line.type));
  assert.deepEqual(names, [
    ...['day_totals', 'rows', 'progress', 'history_range', 'day_totals', 'kline', 'verification'],
    ...['trade', 'history_rows', 'error'],
  ]);
});
