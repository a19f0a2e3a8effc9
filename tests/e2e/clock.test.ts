/** What the clock of the machine does to real processes: it is set, or it is far from the exchange's. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  childOf,
  clearFaults,
  fault,
  type Runner,
  root,
  startExchange,
  startRunnerOn,
  untilReady,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const HOUR = 3_600_000;

type Health = { readonly checks: readonly { readonly name: string; readonly reason: string | null }[] };
type WsHealth = {
  readonly connector: { readonly connector_health: { readonly clock_offset_ms: number | null } };
};

async function clockFault(runner: Runner): Promise<string | null | undefined> {
  return (await runner.get<Health>('/health')).checks.find(({ name }) => name === 'clock')?.reason;
}

const offset = async (runner: Runner) =>
  (await runner.get<WsHealth>('/ws/health')).connector.connector_health.clock_offset_ms;

const says = (runner: Runner, text: string) => runner.stderr.filter((line) => line.includes(text)).length;

/** They wait most of their time, each for a world of its own. */
describe('a clock', { concurrency: 2 }, () => {
  test('a clock that is set by an hour is noticed by both programs: what was measured is forgotten, the sockets are new', {
    timeout: 90_000,
  }, async () => {
    const exchange = await startExchange('--rate', '50', '--seed', 'clock');
    const preload = pathToFileURL(path.join(root, 'tests/fixtures/preload/shifted-clock.mjs')).href;
    const runner = await startRunnerOn(exchange, {
      NODE_OPTIONS: `--import=${preload}`,
      SHIFT_CLOCK_BY: String(HOUR),
    });
    await untilReady(runner);
    await until('the offset is known', async () => (await offset(runner)) !== null);
    const { pid } = await childOf(runner);
    assert.ok(pid !== null);

    process.kill(runner.pid, 'SIGUSR2');
    await until('the runner says so', () => says(runner, '"event":"clock_jumped"') === 1);
    assert.equal(await offset(runner), null, 'until the next heartbeat');
    assert.equal(says(runner, 'machine_slept'), 0, "the connector's clock was not set");

    process.kill(pid, 'SIGUSR2');
    await until('the connector drops its sockets', () => says(runner, 'machine_slept') > 0);
    await untilReady(runner);
    await until('the alarm', async () => (await clockFault(runner))?.includes('ahead of') ?? false, 30_000);
    assert.ok(Math.abs(((await offset(runner)) ?? 0) - HOUR) < 1_000);
    assert.equal(await runner.stop(), 0);
    await exchange.stop();
  });

  test('a clock that is 700 ms ahead is called so before signed requests are refused, and no longer when it is right', {
    timeout: 90_000,
  }, async () => {
    const exchange = await startExchange('--rate', '50', '--seed', 'clock');
    const runner = await startRunnerOn(exchange, { TIME_SCALE: '0.5' });
    await untilReady(runner);
    await until('the offset is known', async () => (await offset(runner)) !== null);
    assert.equal(await clockFault(runner), null);
    await fault(exchange, { kind: 'clock_skew', offset_ms: -700 });
    const reason = await until('the alarm', () => clockFault(runner), 40_000);
    const [, ahead, within] =
      /clock is (\d+) ms ahead of the exchange's \(known to (\d+) ms\)/.exec(reason) ?? [];
    assert.ok(Math.abs(Number(ahead) - 700) <= Number(within) + 2, reason);
    const metrics = await (
      await fetch(`${runner.api}/metrics`, { headers: { accept: 'text/plain' } })
    ).text();
    const told = /^towline_connector_clock_offset_seconds\S* (\S+)$/m.exec(metrics)?.[1];
    assert.ok(Number(told) > 0.5 && Number(told) < 0.9, told);
    await clearFaults(exchange);
    await until('it is over', async () => (await clockFault(runner)) === null, 30_000);
    assert.equal(await runner.stop(), 0);
    await exchange.stop();
  });
});
