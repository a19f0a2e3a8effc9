/** HTTPS_PROXY from the settings file to the socket: the real connector's stream goes through it, and its password shows nowhere. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  type Exchange,
  type Runner,
  startExchange,
  startRunner,
  temporaryFolder,
  untilReady,
} from '../helpers/processes.ts';
import { type ConnectProxy, certificateFile, startProxy, startTlsFront } from '../helpers/tls-proxy.ts';
import { until } from '../helpers/until.ts';

const user = 'towline';
const password = 'Pr0xySecretOfTheUser';

/** A runner whose exchange has an encrypted address, and whose settings file names the proxy. */
async function startBehind(
  proxy: ConnectProxy,
  exchange: Exchange,
  more: Readonly<Record<string, string>> = {},
) {
  const { port, pathname } = new URL(exchange.websocket);
  const front = await startTlsFront({ port: Number(port) });
  const file = path.join(temporaryFolder(), 'settings');
  const url = `http://${user}:${password}@127.0.0.1:${proxy.port}`;
  writeFileSync(file, `HTTPS_PROXY=${url}\n`);
  const env = {
    CONNECTOR_PROFILE: 'simulated',
    BYBIT_WEBSOCKET_PUBLIC_URL: `wss://localhost:${front}${pathname}`,
    BYBIT_REST_BASE_URL: exchange.url,
    SYMBOLS: 'BTCUSDT',
    NODE_EXTRA_CA_CERTS: certificateFile,
    LOG_LEVEL: 'trace',
    ...more,
  };
  return { runner: await startRunner(env, ['--settings', file]), front };
}

async function untilTrades(runner: Runner): Promise<void> {
  await untilReady(runner);
  await until(
    'trades flow',
    async () => (await runner.get<readonly unknown[]>('/trades?limit=5')).length === 5,
  );
}

/** Everything that a user can read: both outputs at their most talkative, and what the API says of the child. */
async function everythingSaid(runner: Runner): Promise<string> {
  const paths = ['/ws/health', '/health', '/ready', '/metrics'];
  const answers = await Promise.all(paths.map((one) => runner.get<unknown>(one)));
  return [...runner.stdout, ...runner.stderr, ...answers.map((answer) => JSON.stringify(answer))].join('\n');
}

function assertNoPassword(text: string): void {
  const forms = [
    password,
    encodeURIComponent(password),
    Buffer.from(`${user}:${password}`).toString('base64'),
  ];
  for (const form of forms) assert.equal(text.includes(form), false, `${form} was shown`);
}

test('the stream goes through the proxy that the settings name, with its credentials, and the password is in no log', async () => {
  const exchange = await startExchange('--rate', '100', '--seed', 'proxy');
  const proxy = await startProxy(1);
  const { runner, front } = await startBehind(proxy, exchange);
  await untilTrades(runner);
  // The first was refused; the next try, the one that streams, is the same.
  const connect = { target: `localhost:${front}`, credentials: `${user}:${password}` };
  assert.deepEqual(proxy.connects, [connect, connect]);
  const refusal = runner.stderr.find((line) => line.includes('HTTP 407') || line.includes(' 407 '));
  assert.match(
    refusal ?? '',
    new RegExp(`through the proxy 127\\.0\\.0\\.1:${proxy.port}`),
    'the proxy is named',
  );
  assertNoPassword(await everythingSaid(runner));
  assert.equal(await runner.stop(), 0);
  assertNoPassword([...runner.stderr, ...runner.stdout].join('\n'));
  await exchange.stop();
});

test('NO_PROXY excepts the host: the stream goes there directly', async () => {
  const exchange = await startExchange('--rate', '100', '--seed', 'proxy');
  const proxy = await startProxy();
  const { runner } = await startBehind(proxy, exchange, { NO_PROXY: 'localhost' });
  await untilTrades(runner);
  assert.deepEqual(proxy.connects, []);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});
