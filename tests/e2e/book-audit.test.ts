/** A level that is wrong without a sign is found by nobody but the audit: it is told, and the book is right again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditPayload } from '../../runner/api/audit-payloads.ts';
import {
  type Exchange,
  fault,
  type Runner,
  startExchange,
  startRunnerOn,
  untilReady,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

type Book = { readonly bids: readonly (readonly [number, number])[]; readonly last_update_id: number };

const audit = (runner: Runner) => runner.get<AuditPayload>('/audit');

/** The levels of our book and of the exchange's at the same update; undefined while they are not at the same one. */
async function sideBySide(runner: Runner, exchange: Exchange) {
  const truth = (await (
    await fetch(`${exchange.url}/sim/book?category=linear&symbol=BTCUSDT&depth=200`)
  ).json()) as { readonly u: number; readonly b: readonly (readonly [string, string])[] };
  const response = await fetch(`${runner.api}/orderbook?levels=200`);
  const { bids, last_update_id: u } = (await response.json()) as Book;
  if (response.status !== 200 || u !== truth.u) return undefined;
  return { ours: bids, theirs: truth.b.map(([price, qty]) => [Number(price), Number(qty)]) };
}

test('a book with a wrong level is found by the audit, told with both sides, and true again', {
  timeout: 180_000,
}, async () => {
  const exchange = await startExchange('--rate', '20', '--seed', 'book-audit');
  const runner = await startRunnerOn(exchange, { SUBSCRIPTIONS: 'trades,depth.200', TIME_SCALE: '0.3' });
  await untilReady(runner);
  await until('a look', async () => (await audit(runner)).last !== null, 30_000);
  assert.equal((await audit(runner)).counts.different, 0);

  await until(
    'a wrong level stays until it is found',
    async () => {
      await fault(exchange, { kind: 'wrong_level', category: 'linear', topic: 'orderbook.200.BTCUSDT' });
      const before = (await audit(runner)).counts;
      const isJudged = async () => {
        const { equal, different } = (await audit(runner)).counts;
        return equal > before.equal || different > before.different;
      };
      await until('the next verdict', isJudged, 60_000);
      return (await audit(runner)).counts.different > 0;
    },
    120_000,
  );

  const { mismatches } = await audit(runner);
  const [difference] = mismatches[0]?.differences ?? [];
  assert.deepEqual([mismatches[0]?.topic, difference?.side], ['depth.200:linear:BTCUSDT', 'bid']);
  assert.notEqual(difference?.ours, difference?.theirs);
  assert.equal(mismatches[0]?.theirs.bids.length, 10);
  const told = runner.stderr.find((line) => line.includes('"event":"book_audit_mismatch"'));
  assert.match(told ?? '', /"ours":\{"bids":\[\[/);
  const metrics = await (await fetch(`${runner.api}/metrics`, { headers: { accept: 'text/plain' } })).text();
  assert.match(metrics, /^towline_book_audits_total\{verdict="different"\} [1-9]/m);

  const both = await until('the book is there again', () => sideBySide(runner, exchange), 20_000);
  assert.deepEqual(both.ours, both.theirs);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});
