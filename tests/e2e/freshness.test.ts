/**
 * Mute, half-open and dead from birth, with real processes: found in time, all outputs say the same, the gate for strategies
 * shuts and opens, and what new sockets do not cure a new child is asked to. Real durations, but for the new child.
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
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const BOOK = 'depth.50:linear:BTCUSDT';
/** An answer that comes too late on a busy machine is asked for again 10 s later. */
const ASKED_AGAIN_WITHIN_MS = 40_000;

async function tradesTopic(runner: Runner): Promise<Topic | undefined> {
  return (await wsHealth(runner)).trades.topics[0];
}

function whyTradesAreStale(runner: Runner): Promise<string> {
  return until(
    'the trades are stale',
    async () => {
      const one = await tradesTopic(runner);
      return one?.phase === 'stale' ? (one.reason ?? '') : undefined;
    },
    ASKED_AGAIN_WITHIN_MS,
  );
}

type Gate = { readonly open: boolean; readonly reasons: readonly { code: string; topic: string | null }[] };
type Topic = {
  readonly topic: string;
  readonly phase: string;
  readonly messages: number;
  readonly reason: string | null;
};
type WsHealth = {
  readonly trades: { readonly topics: readonly Topic[] };
  readonly depth: { readonly topics: readonly Topic[] };
  readonly connector: {
    readonly escalation: Readonly<Record<'topic' | 'socket' | 'child', number>>;
    readonly connector_health: { readonly deaths: Readonly<Record<string, number>> };
  };
};

const gateOf = async (runner: Runner): Promise<Gate> => (await runner.get<{ gate: Gate }>('/health')).gate;
const wsHealth = (runner: Runner): Promise<WsHealth> => runner.get<WsHealth>('/ws/health');
const bookOf = async (runner: Runner): Promise<Topic | undefined> => (await wsHealth(runner)).depth.topics[0];

async function untilOpen(runner: Runner): Promise<void> {
  await until('the gate is open', async () => (await gateOf(runner)).open, 30_000);
}

/** The pace of both topics is known. */
async function learned(runner: Runner): Promise<void> {
  await untilReady(runner);
  await until('the pace is known', async () => {
    const { trades, depth } = await wsHealth(runner);
    return [...trades.topics, ...depth.topics].every(({ messages }) => messages > 100);
  });
  await untilOpen(runner);
}

/** A line of the Prometheus text. */
async function metric(runner: Runner, name: string): Promise<number> {
  const response = await fetch(`${runner.api}/metrics`, { headers: { accept: 'text/plain' } });
  const line = (await response.text()).split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

/** They wait most of their time, each for a world of its own. */
describe('what falls silent', { concurrency: 2 }, () => {
  test('a mute book is named by what its neighbours show; every output says so, and the gate shuts and opens', {
    timeout: 120_000,
  }, async (t) => {
    const exchange = await startExchange('--rate', '200', '--seed', 'freshness');
    const runner = await startRunnerOn(exchange);
    await learned(runner);
    await fault(exchange, { kind: 'mute', topic: 'orderbook.50.BTCUSDT' });
    const book = await until('the book is stale', async () => {
      const one = await bookOf(runner);
      return one?.phase === 'stale' ? one : undefined;
    });
    const silentFor = Number(/^nothing for (\d+) ms while other topics/.exec(book.reason ?? '')?.[1]);
    t.diagnostic(`told after ${silentFor} ms`);
    // How soon, is proved under virtual time (tests/shared/freshness-processes.test.ts): here the machine may be slow.
    assert.ok(silentFor > 0, book.reason ?? '');
    const { gate, checks } = await runner.get<{
      gate: Gate;
      checks: { name: string; reason: string | null }[];
    }>('/health');
    assert.match(
      checks.find(({ name }) => name === 'topics_fresh')?.reason ?? '',
      /depth\.50:linear:BTCUSDT is stale/,
    );
    assert.deepEqual(
      gate.reasons.map(({ code, topic }) => [code, topic]),
      [['topic_stale', BOOK]],
    );
    assert.equal(await runner.status('/orderbook'), 503);
    assert.equal(await metric(runner, 'towline_gate_open'), 0);
    assert.equal(await metric(runner, 'towline_topic_phases{channel="depth",phase="stale"}'), 1);
    assert.ok((await wsHealth(runner)).connector.escalation.topic >= 1);
    await clearFaults(exchange);
    await untilOpen(runner);
    assert.equal((await bookOf(runner))?.phase, 'flowing');
    assert.equal(await runner.stop(), 0);
    await exchange.stop();
  });

  test('mute trades are found by what the exchange lists, seconds after the start, and healed', {
    timeout: 120_000,
  }, async (t) => {
    const exchange = await startExchange('--rate', '100', '--seed', 'rest-disagrees');
    const runner = await startRunnerOn(exchange);
    await untilReady(runner);
    const tradesOf = () => tradesTopic(runner);
    await until('some trades came', async () => ((await tradesOf())?.messages ?? 0) > 30);
    await fault(exchange, { kind: 'mute', topic: 'publicTrade.BTCUSDT' });
    const reason = await whyTradesAreStale(runner);
    t.diagnostic(reason);
    assert.match(reason, /^nothing for \d+ ms, but the exchange lists \d+ (or more )?trades since$/);
    await clearFaults(exchange);
    await until('the trades flow', async () => (await tradesOf())?.phase === 'flowing', 30_000);
    type Gap = { readonly channel: string; readonly cause: string; readonly state: string };
    const gaps = await until('what was missed is healed', async () => {
      const all = await runner.get<readonly Gap[]>('/gaps');
      const ofTrades = all.filter(({ channel }) => channel === 'trades');
      return ofTrades.length > 0 && ofTrades.every(({ state }) => state === 'healed') ? ofTrades : undefined;
    });
    assert.equal(gaps[0]?.cause, 'data_silent');
    const confirmed = 'towline_connector_silence_confirmed_total{connector="bybit"}';
    await until('a heartbeat has told it', async () => (await metric(runner, confirmed)) >= 1);
    assert.equal(await runner.stop(), 0);
    await exchange.stop();
  });

  test('trades that are mute from birth are found by what the exchange lists, and asked for anew', {
    timeout: 120_000,
  }, async (t) => {
    const exchange = await startExchange('--rate', '100', '--seed', 'mute-from-birth');
    await fault(exchange, { kind: 'mute', topic: 'publicTrade.BTCUSDT' });
    const runner = await startRunnerOn(exchange);
    await untilReady(runner);
    const tradesOf = () => tradesTopic(runner);
    const reason = await whyTradesAreStale(runner);
    t.diagnostic(reason);
    assert.match(reason, /^nothing for \d+ ms after the acknowledgement, but the exchange lists \d+ /);
    assert.equal((await tradesOf())?.messages, 0);
    await clearFaults(exchange);
    await until('the trades flow', async () => (await tradesOf())?.phase === 'flowing', 30_000);
    assert.equal(await runner.stop(), 0);
    await exchange.stop();
  });

  test('a half-open socket is replaced within 15 s, and the gate is shut until the new one has flowed for a while', {
    timeout: 120_000,
  }, async () => {
    const exchange = await startExchange('--rate', '200', '--seed', 'freshness');
    const runner = await startRunnerOn(exchange);
    await learned(runner);
    await fault(exchange, { kind: 'half_open', ms: 60_000 });
    const reason = await until(
      'the socket is given up',
      () => runner.stderr.map((line) => /connected, but no data for (\d+) ms/.exec(line)?.[1]).find(Boolean),
      20_000,
    );
    assert.ok(Number(reason) <= 15_000, reason);
    assert.equal((await gateOf(runner)).open, false);
    await untilOpen(runner);
    const { escalation } = (await wsHealth(runner)).connector;
    assert.deepEqual([escalation.socket, escalation.child], [1, 0]);
    assert.equal(await runner.stop(), 0);
    await exchange.stop();
  });

  test('connections that are dead from birth are replaced, then the child; when one lives, all is well again', {
    timeout: 180_000,
  }, async () => {
    const exchange = await startExchange('--rate', '200', '--seed', 'freshness');
    await fault(exchange, { kind: 'dead_on_arrival' });
    const runner = await startRunnerOn(exchange, { TIME_SCALE: '0.4' });
    await until(
      'a child was replaced for this cause',
      async () => ((await wsHealth(runner)).connector.connector_health.deaths['data_silent'] ?? 0) > 0,
      60_000,
    );
    const { escalation } = (await wsHealth(runner)).connector;
    assert.ok(escalation.socket >= 3 && escalation.child >= 1, JSON.stringify(escalation));
    assert.equal(
      await metric(runner, 'towline_silence_steps_total{connector="bybit",step="child"}'),
      escalation.child,
    );
    assert.equal(await runner.status('/ready'), 503);
    assert.equal((await gateOf(runner)).open, false);
    await clearFaults(exchange);
    await until('all is there', async () => (await runner.status('/ready')) === 200, 60_000);
    await untilOpen(runner);
    assert.equal(await runner.stop(), 0);
    await exchange.stop();
  });
});
