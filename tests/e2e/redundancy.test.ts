/**
 * REDUNDANCY=2: two sockets bring every topic, and losing one loses nothing: no trade, no gap, nothing twice, and the book stays
 * valid. Measured against the exchange's own log of executions; real processes and sockets on loopback.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCuttingProxy } from '../helpers/cutting-proxy.ts';
import { checkLedger, type GapRow } from '../helpers/ledger.ts';
import { type Runner, startExchange, startRunnerOn, untilReady } from '../helpers/processes.ts';
import { raced, socketsOf, untilBookEquals, untilBothOpen, untilExecuted } from '../helpers/raced-runner.ts';
import { until } from '../helpers/until.ts';

const seed = 'redundancy';
/** The cores are for the programs: a book that is not valid stays so until the next snapshot. */
const LOOK_EVERY_MS = 5;

/** Looks at the book again and again until stopped. Answers how often it was not valid. */
function watchBook(runner: Runner): { readonly stop: () => Promise<number> } {
  let isOver = false;
  const watching = (async () => {
    let bad = 0;
    while (!isOver) {
      if ((await runner.status('/orderbook')) !== 200) bad += 1;
      await sleep(LOOK_EVERY_MS);
    }
    return bad;
  })();
  return {
    stop: () => {
      isOver = true;
      return watching;
    },
  };
}

async function start(subscriptions: string) {
  const exchange = await startExchange('--rate', '300', '--seed', seed);
  const proxy = await startCuttingProxy(new URL(exchange.url));
  const runner = await startRunnerOn(exchange, {
    ...raced,
    SUBSCRIPTIONS: subscriptions,
    BYBIT_WEBSOCKET_PUBLIC_URL: `ws://127.0.0.1:${proxy.port}/v5/public`,
  });
  await untilReady(runner);
  await untilBothOpen(runner);
  await untilExecuted(exchange, 200);
  return { exchange, proxy, runner };
}

test('one of two sockets is lost under load, again and again: no gap, no loss, nothing twice, and the book stays valid', {
  timeout: 90_000,
}, async (t) => {
  const { exchange, proxy, runner } = await start('trades,depth.50,ticker');
  const book = watchBook(runner);
  for (let round = 0; round < 4; round += 1) {
    // The oldest connection carries what is told: it is cut, and then the one that took over.
    proxy.open()[0]?.cut();
    await untilExecuted(exchange, 100);
    await untilBothOpen(runner);
    await untilExecuted(exchange, 100);
  }
  assert.equal(await book.stop(), 0, 'the book was valid all the time');
  const ledger = await checkLedger(exchange, runner);
  assert.deepEqual(ledger.gaps, []);
  assert.equal(ledger.onTape, ledger.executed, 'nothing is missing');
  assert.deepEqual(await runner.get<GapRow[]>('/gaps'), [], 'nor has the book or the ticker a gap');
  const { counts } = await runner.get<{ counts: Record<string, number> }>('/metrics');
  assert.deepEqual([counts['duplicates'], counts['jumps'], counts['bad_lines']], [0, 0, 0]);
  await untilBookEquals(exchange, runner);
  t.diagnostic(JSON.stringify(await socketsOf(runner)));
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('one of two sockets goes mute: what it would have told comes from the other, and it is replaced', {
  timeout: 90_000,
}, async () => {
  const { exchange, proxy, runner } = await start('trades,depth.50');
  proxy.open()[0]?.mute();
  await untilExecuted(exchange, 300);
  await until(
    'the mute one is replaced',
    async () => (await socketsOf(runner)).some(({ reconnects }) => reconnects > 0),
    30_000,
  );
  await untilBothOpen(runner);
  await untilExecuted(exchange, 100);
  const ledger = await checkLedger(exchange, runner);
  assert.equal(ledger.onTape, ledger.executed, 'nothing is missing');
  await untilBookEquals(exchange, runner);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('both sockets are lost: the gap is healed, and each trade is there once', {
  timeout: 90_000,
}, async () => {
  const { exchange, proxy, runner } = await start('trades,depth.50');
  for (const through of proxy.open()) through.cut();
  await until('the gap is healed', async () =>
    (await runner.get<GapRow[]>('/gaps?channel=trades')).some(({ state }) => state === 'healed'),
  );
  await untilBothOpen(runner);
  await untilExecuted(exchange, 100);
  const ledger = await checkLedger(exchange, runner);
  assert.deepEqual(
    ledger.gaps.map(({ cause, state }) => [cause, state]),
    [['socket_lost', 'healed']],
  );
  assert.equal(ledger.onTape, ledger.executed, 'nothing is missing');
  await untilBookEquals(exchange, runner);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});
