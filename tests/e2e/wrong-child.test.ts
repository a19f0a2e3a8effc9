/** A child that is not the one that was asked for: stopped and held, its cause shown, nothing of it served. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  childOf,
  isAlive,
  processesOf,
  type Runner,
  root,
  startRunner,
  temporaryFolder,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const fixture = path.join(root, 'tests', 'fixtures', 'children', 'claims.mjs');
type Row = { readonly trade_id: string };
type Health = { readonly checks: readonly { readonly name: string; readonly reason: string | null }[] };

/** A profile for mainnet whose connector says of itself, life by life, what it is told here. */
function profileOf(...claims: readonly object[]): Readonly<Record<string, string>> {
  const folder = temporaryFolder();
  const file = path.join(folder, 'profile.json');
  const command = [
    'node',
    fixture,
    path.join(folder, 'lives'),
    ...claims.map((claim) => JSON.stringify(claim)),
  ];
  writeFileSync(file, JSON.stringify({ name: 'mine', environment: 'mainnet', clock: 'live', command }));
  return { BYBIT_CONNECTOR_CONFIG_FILE: file, SYMBOL: 'BTCUSDT', SUBSCRIPTIONS: 'trades' };
}

async function untilHeld(runner: Runner): ReturnType<typeof childOf> {
  return until('the child is held', async () => {
    const child = await childOf(runner);
    return child.state === 'held' ? child : undefined;
  });
}

async function reasonOf(runner: Runner): Promise<string> {
  const { checks } = await runner.get<Health>('/health');
  return checks.find(({ name }) => name === 'child')?.reason ?? '';
}

const right = { environment: 'mainnet', clock: 'live', protocol: 1 };
for (const [code, claim, words] of [
  ['wrong_environment', { ...right, environment: 'testnet' }, /is testnet, but the profile says mainnet/],
  ['wrong_clock', { ...right, clock: 'replay' }, /is replay, but the profile says live/],
  ['wrong_protocol', { ...right, protocol: 2 }, /version 2 .* this runner speaks version 1/],
] as const) {
  test(`a connector with the ${code.replace('_', ' ')} is held, says why, and none of its trades is served`, async () => {
    const runner = await startRunner(profileOf(claim));
    const { last_exit, restarts, deaths, process_alive } = await untilHeld(runner);
    assert.deepEqual([last_exit?.code, restarts, deaths, process_alive], [code, 0, { [code]: 1 }, false]);
    assert.match(last_exit?.cause ?? '', words);
    assert.deepEqual(await runner.get<Row[]>('/trades'), []);
    assert.equal(await runner.status('/health'), 503);
    assert.match(await reasonOf(runner), words);
    await until('nothing of it is left', () => processesOf(runner.pid).length === 0);
    assert.ok(runner.stderr.some((line) => line.includes('"event":"connector_refused"')));
    assert.equal(await runner.stop(), 0);
  });
}

test('a second child of another environment is refused, and no trade of it is on the tape of the first', async () => {
  const { BYBIT_CONNECTOR_CONFIG_FILE: _, ...settings } = profileOf();
  const lives = path.join(temporaryFolder(), 'lives');
  const claims = ['mainnet', 'simulated'].map((environment) => `'${JSON.stringify({ environment })}'`);
  const runner = await startRunner({
    ...settings,
    CONNECTOR_COMMAND: `node ${fixture} ${lives} ${claims.join(' ')}`,
  });
  const { last_exit, restarts, deaths, pid } = await untilHeld(runner);
  assert.deepEqual(
    [last_exit?.code, restarts, deaths],
    ['wrong_environment', 1, { exit_1: 1, wrong_environment: 1 }],
  );
  assert.match(
    last_exit?.cause ?? '',
    /is simulated, but it said before that it is mainnet: .*restart the runner/,
  );
  assert.ok(pid === null || !isAlive(pid));
  const trades = await runner.get<Row[]>('/trades?limit=1000');
  assert.deepEqual(
    trades.map(({ trade_id }) => trade_id).filter((id) => !id.startsWith('1-')),
    [],
  );
  assert.equal(trades.length, 10);
  assert.equal(await runner.stop(), 0);
});

test('a profile takes a connector that says nothing of its environment at its word', async () => {
  const runner = await startRunner(profileOf({}));
  await until('its trades are served', async () => (await runner.get<Row[]>('/trades')).length > 10);
  assert.equal((await childOf(runner)).state, 'ready');
  assert.equal(await runner.stop(), 0);
});
