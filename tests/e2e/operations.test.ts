/** Starting, stopping, and everything that can be wrong before a child is started. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  childOf,
  cleanEnv,
  isAlive,
  processesOf,
  root,
  startExchange,
  startProgram,
  startRunner,
  startRunnerOn,
  temporaryFolder,
  untilReady,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} stops the child first, then the runner, with exit code 0 and nothing left`, async () => {
    const exchange = await startExchange('--seed', 'operations');
    const runner = await startRunnerOn(exchange);
    await untilReady(runner);
    const { pid } = await childOf(runner);
    assert.ok(pid);
    const asked = performance.now();
    assert.equal(await runner.stop(signal), 0);
    assert.ok(performance.now() - asked < 10_000);
    assert.equal(isAlive(pid), false);
    assert.deepEqual(processesOf(pid), []);
    const order = ['runner_stopping', 'connector_stopping', 'child_ended', 'runner_stopped'].map((event) =>
      runner.stderr.findIndex((line) => line.includes(`"event":"${event}"`)),
    );
    assert.ok(
      order.every((index) => index >= 0),
      `each of them is in the log: ${order.join()}\n${runner.stderr.slice(-8).join('\n')}`,
    );
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
      runner.stderr.slice(-8).join('\n'),
    );
    assert.equal(runner.stdout.length, 0, 'stdout is not for logs');
    await exchange.stop();
  });
}

test('what the child says after SIGTERM is still taken in, to its last line, and the API goes after the child', async () => {
  const trades = 20_000;
  const command = `node ${path.join(root, 'tests', 'fixtures', 'children', 'last-words.mjs')} ${trades}`;
  const runner = await startRunner({ CONNECTOR_COMMAND: command, WEBSOCKET_BUFFER_SIZE: String(trades) });
  await until('the child is ready', async () => (await childOf(runner)).state === 'ready');
  const asked = performance.now();
  const stopped = runner.stop();
  const taken = () => runner.get<{ total_count: number }>('/trades/stats');
  await until('all of it was taken in', async () => (await taken()).total_count === trades);
  const { state, last_exit } = await childOf(runner);
  assert.deepEqual([state, last_exit], ['stopping', null], 'the child has not gone yet');
  const { counts } = await runner.get<{ counts: Record<string, number> }>('/metrics');
  assert.deepEqual([counts['bad_lines'], counts['duplicates'], counts['lines_half']], [0, 0, 0]);
  assert.deepEqual(await runner.get('/gaps'), []);
  const [last] = await runner.get<readonly { trade_id: string }[]>('/trades?limit=1');
  assert.equal(last?.trade_id, `last-${trades}`);
  assert.equal(await stopped, 0);
  assert.ok(performance.now() - asked < 10_000);
});

test('when the runner is killed with SIGKILL, its child and the whole group of it are gone within 5 s', async () => {
  const exchange = await startExchange('--seed', 'operations');
  const runner = await startRunnerOn(exchange);
  await untilReady(runner);
  const { pid } = await childOf(runner);
  assert.ok(pid);
  assert.equal(await runner.stop('SIGKILL'), 'SIGKILL');
  await until('the child is gone', () => !isAlive(pid) && processesOf(pid).length === 0, 5_000);
  await exchange.stop();
});

test('a second runner on the same DATA_DIR names the first, exits with 75 and starts no child', async () => {
  const exchange = await startExchange('--seed', 'operations');
  const first = await startRunnerOn(exchange);
  const second = startProgram(
    ['runner/main.ts'],
    { PORT: '0', DATA_DIR: first.dataDir, CONNECTOR_COMMAND: 'touch spawned' },
    temporaryFolder(),
  );
  assert.equal(await second.ended, 75);
  const words = second.stderr.join('\n');
  assert.match(words, new RegExp(`pid ${first.pid}`));
  assert.match(words, /DATA_DIR/);
  assert.equal(words.includes('child_started'), false);
  await first.stop();
  const third = await startRunner({ DATA_DIR: first.dataDir, CONNECTOR_COMMAND: 'sleep 100' });
  assert.equal(await third.stop(), 0, 'the folder is free again');
  await exchange.stop();
});

test('the lock of a runner that was killed does not outlive it', async () => {
  const first = await startRunner({ CONNECTOR_COMMAND: 'sleep 100' });
  await first.stop('SIGKILL');
  const second = await startRunner({ DATA_DIR: first.dataDir, CONNECTOR_COMMAND: 'sleep 100' });
  assert.equal(await second.stop(), 0);
});

test('the tally of deaths by cause survives restarts of the runner', async () => {
  const dataDir = temporaryFolder();
  const exchange = await startExchange('--seed', 'operations');
  for (const deaths of [1, 2]) {
    const runner = await startRunnerOn(exchange, { DATA_DIR: dataDir });
    await untilReady(runner);
    const { pid } = await childOf(runner);
    assert.ok(pid);
    process.kill(pid, 'SIGKILL');
    await until(
      'the death is counted',
      async () => (await childOf(runner)).deaths['signal_sigkill'] === deaths,
    );
    assert.equal(await runner.stop(), 0);
  }
  await exchange.stop();
});

test('a taken port is named with its holder before any child is started, and the exit code says "try again"', async () => {
  const first = await startRunner({ CONNECTOR_COMMAND: 'sleep 100' });
  const port = new URL(first.api).port;
  const folder = temporaryFolder();
  const second = startProgram(['runner/main.ts'], {
    PORT: port,
    DATA_DIR: path.join(folder, 'data'),
    CONNECTOR_COMMAND: `touch ${folder}/spawned`,
  });
  assert.equal(await second.ended, 75);
  const words = second.stderr.join('\n');
  assert.match(words, new RegExp(`PORT ${port}`));
  if (process.platform === 'linux') assert.match(words, new RegExp(`process ${first.pid}`));
  assert.equal(existsSync(path.join(folder, 'spawned')), false);
  await first.stop();
});

test('wrong settings are listed all at once, with exit code 78, and nothing is started', async () => {
  const runner = startProgram(['runner/main.ts'], {
    PORT: 'eighty',
    SYMBOL: 'BTCUSDT',
    BYBIT_SYMBOL: 'ETHUSDT',
    DATA_SOURCE: 'binance_ws',
    TIME_SCALE: 'x',
  });
  assert.equal(await runner.ended, 78);
  const words = runner.stderr.join('\n');
  for (const name of ['PORT', 'BYBIT_SYMBOL', 'DATA_SOURCE', 'TIME_SCALE'])
    assert.match(words, new RegExp(name));
  assert.match(words, /not built yet/);
});

test('wrong options are listed all at once, with exit code 64', async () => {
  const runner = startProgram(['runner/main.ts', '--sdtin', '--settings', 'surplus', 'word']);
  assert.equal(await runner.ended, 64);
  assert.match(runner.stderr.join('\n'), /--sdtin/);
  assert.match(runner.stderr.join('\n'), /"word"/);
});

test('commands on stdin: subscribe, unsubscribe, ping, stats, dump, shutdown, and a reply for each that has an id', async () => {
  const exchange = await startExchange('--seed', 'operations');
  const runner = await startRunnerOn(exchange, {}, ['--stdin']);
  await untilReady(runner);
  const say = (value: unknown) =>
    runner.child.stdin?.write(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
  const reply = (id: string) =>
    until(`the reply to ${id}`, () =>
      runner.stdout
        .map((line) => JSON.parse(line) as { id: string; ok: boolean; error?: string; data?: object })
        .find((line) => line.id === id),
    );
  say({ command: 'ping', id: 'p' });
  assert.equal((await reply('p')).ok, true);
  say({ command: 'subscribe', channel: 'trades', symbol: 'ETHUSDT', id: 's' });
  assert.equal((await reply('s')).ok, true);
  type Topics = { trades: { topics: { symbol: string; state: string }[] } };
  const stateOf = async (symbol: string) =>
    (await runner.get<Topics>('/ws/health')).trades.topics.find((topic) => topic.symbol === symbol)?.state;
  await until('the new topic is subscribed', async () => (await stateOf('ETHUSDT')) === 'subscribed');
  assert.equal(await runner.status('/trades?symbol=ETHUSDT'), 200, 'the API serves it');
  say({ command: 'unsubscribe', channel: 'trades', symbol: 'ETHUSDT', id: 'u' });
  assert.equal((await reply('u')).ok, true);
  await until('the topic is gone', async () => (await stateOf('ETHUSDT')) === undefined);
  say('{"command":');
  say('null');
  say({ command: 'dance', id: 'd' });
  assert.match((await reply('d')).error ?? '', /unknown command "dance"/);
  say({ command: 'stats', id: 'x' });
  assert.ok((await reply('x')).data);
  say({ command: 'dump', reason: 'odd fills', id: 'f' });
  const files = (await reply('f')).data as { runner: string; connector: string; problems: string[] };
  assert.deepEqual([existsSync(files.runner), existsSync(files.connector), files.problems], [true, true, []]);
  say({ command: 'shutdown', id: 'q' });
  assert.equal(await runner.ended, 0);
  await exchange.stop();
});

test('secrets are handed to no child and appear in no log', async () => {
  const secret = 'Zz9SecretOfTheUser';
  const folder = temporaryFolder();
  const runner = await startRunner({
    BYBIT_API_KEY: `key${secret}`,
    BYBIT_API_SECRET: secret,
    API_TOKEN: `token${secret}`,
    CONNECTOR_COMMAND: `sh -c "env > ${folder}/env; sleep 100"`,
    LOG_LEVEL: 'trace',
  });
  await until('the child has run', () => existsSync(path.join(folder, 'env')));
  const { readFileSync } = await import('node:fs');
  await until('the environment is written', () =>
    readFileSync(path.join(folder, 'env'), 'utf8').includes('PATH='),
  );
  assert.equal(readFileSync(path.join(folder, 'env'), 'utf8').includes(secret), false);
  assert.equal(await runner.stop(), 0);
  assert.equal([...runner.stderr, ...runner.stdout].join('\n').includes(secret), false);
  assert.equal(cleanEnv()['BYBIT_API_KEY'], undefined);
});
