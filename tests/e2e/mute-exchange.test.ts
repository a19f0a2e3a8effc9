/**
 * An exchange that goes mute is named within 15 s, and a book that is not fed is not served as good; the second time, too.
 * Real durations, but for the silence before the pace is known.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  clearFaults,
  fault,
  type Runner,
  startExchange,
  startRunnerOn,
  untilReady,
  type WsHealth,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

type Health = {
  readonly status: string;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly reason: string | null }[];
};

const WITHIN_MS = 15_000;

/** Lets the topics show their pace, so that silence can be told from a quiet market. */
async function learned(runner: Runner): Promise<void> {
  await untilReady(runner);
  type Topics = { trades: { topics: { messages: number }[] }; depth: { topics: { messages: number }[] } };
  await until('the pace is known', async () => {
    const { trades, depth } = await runner.get<Topics>('/ws/health');
    return [...trades.topics, ...depth.topics].every(({ messages }) => messages > 40);
  });
}

async function reasons(runner: Runner): Promise<string> {
  const { checks } = await runner.get<Health>('/health');
  return checks.flatMap(({ ok, reason }) => (ok ? [] : [reason ?? ''])).join('; ');
}

/** They wait most of their time, each for a world of its own. */
describe('an exchange that falls silent', { concurrency: 2 }, () => {
  test('under mute, /health names the silent topic and /orderbook says not valid; all is well again afterwards; thrice', {
    timeout: 120_000,
  }, async () => {
    const exchange = await startExchange('--rate', '200', '--seed', 'mute-exchange');
    const runner = await startRunnerOn(exchange);
    await learned(runner);
    for (const episode of ['first', 'second', 'third']) {
      const begun = performance.now();
      await fault(exchange, { kind: 'mute', topic: 'orderbook.50.BTCUSDT' });
      await until(
        `/health names the topic the ${episode} time`,
        async () => (await reasons(runner)).includes('depth.50:linear:BTCUSDT'),
        WITHIN_MS,
      );
      const response = await fetch(`${runner.api}/orderbook`);
      assert.equal(response.status, 503);
      assert.equal(((await response.json()) as { valid: boolean }).valid, false);
      assert.ok(performance.now() - begun < WITHIN_MS, episode);
      assert.equal((await runner.get<Health>('/health')).status, 'Degraded', 'trades still flow');
      await clearFaults(exchange);
      await until('the book is valid again', async () => (await runner.status('/orderbook')) === 200);
    }
    assert.equal(await runner.stop(), 0);
    await exchange.stop();
  });

  test('an exchange that is mute from right after the snapshots on is left, and its book is not valid meanwhile', {
    timeout: 60_000,
  }, async () => {
    const exchange = await startExchange('--rate', '2', '--seed', 'mute-exchange');
    const runner = await startRunnerOn(exchange, { TIME_SCALE: '0.1' });
    await untilReady(runner);
    await fault(exchange, { kind: 'mute' });
    const { trades, depth } = await runner.get<WsHealth>('/ws/health');
    const most = Math.max(...[...trades.topics, ...depth.topics].map(({ messages }) => messages));
    assert.ok(most < 20, `no pace is known after ${most} messages`);
    await until(
      'the socket is replaced: 12 s, scaled, and some',
      () => runner.stderr.some((line) => /connected, but no data for 1\d{3} ms/.test(line)),
      2 * 3_000,
    );
    assert.equal(await runner.status('/orderbook'), 503);
    assert.equal(await runner.status('/ready'), 503);
    await clearFaults(exchange);
    await until('the book is valid again', async () => (await runner.status('/orderbook')) === 200);
    assert.equal(await runner.stop(), 0);
    await exchange.stop();
  });

  test('under half-open (pongs, nothing else), /health names the topics, and the socket is replaced', {
    timeout: 90_000,
  }, async () => {
    const exchange = await startExchange('--rate', '200', '--seed', 'mute-exchange');
    const runner = await startRunnerOn(exchange);
    await learned(runner);
    await fault(exchange, { kind: 'half_open', ms: 60_000 });
    const begun = performance.now();
    await until('/health names the book', async () => (await reasons(runner)).includes('BTCUSDT'), WITHIN_MS);
    assert.equal(await runner.status('/orderbook'), 503);
    await until(
      'a new socket carries data',
      async () => (await runner.status('/orderbook')) === 200,
      WITHIN_MS,
    );
    assert.ok(performance.now() - begun < 2 * WITHIN_MS);
    await until('the loss is told', () =>
      runner.stderr.some((line) => line.includes('"event":"ws_disconnected"')),
    );
    assert.equal(await runner.stop(), 0);
    await exchange.stop();
  });

  test('a frozen exchange (not even pongs) is left within 15 s of the ping that it did not answer', {
    timeout: 90_000,
  }, async () => {
    const exchange = await startExchange('--rate', '200', '--seed', 'mute-exchange');
    const runner = await startRunnerOn(exchange, { SUBSCRIPTIONS: 'trades' });
    await learned(runner);
    await fault(exchange, { kind: 'freeze', ms: 60_000 });
    await until(
      'the socket is given up',
      () => runner.stderr.some((line) => line.includes('"event":"ws_disconnected"')),
      2 * WITHIN_MS,
    );
    assert.equal(await runner.stop(), 0);
    await exchange.stop();
  });
});
