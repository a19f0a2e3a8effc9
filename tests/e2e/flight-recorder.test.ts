/** The flight recorder as a user has it: dumps on demand and on faults, their replay, and what is never in them. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import {
  childOf,
  type Exchange,
  fault,
  type Program,
  type Runner,
  startExchange,
  startProgram,
  startRunner,
  startRunnerOn,
  temporaryFolder,
  untilReady,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

type Line = Readonly<Record<string, unknown>> & { readonly type?: string; readonly t?: string };
type Dump = {
  readonly name: string;
  readonly program: string;
  readonly reason: string;
  readonly bytes: number;
};

/** Makes a bug on SIGUSR2. */
const planted = 'data:text/javascript,process.on(%22SIGUSR2%22,()=>{throw%20new%20Error(%22planted%22)})';

function alone(
  exchange: Exchange,
  env: Readonly<Record<string, string>> = {},
): Program & { readonly dumps: string } {
  const folder = temporaryFolder();
  const url = ['--url', exchange.websocket];
  const program = startProgram(
    ['connector/main.ts', 'stream', '--environment', 'simulated', ...url, '--state-dir', folder],
    { BYBIT_REST_BASE_URL: exchange.url, ...env },
  );
  return { ...program, dumps: path.join(folder, 'dumps') };
}

function say(program: Program, command: object): void {
  program.child.stdin?.write(`${JSON.stringify(command)}\n`);
}

const parsed = (lines: readonly string[]): readonly Line[] => lines.map((line) => JSON.parse(line) as Line);

function readDump(file: string): string {
  const content = readFileSync(file);
  return file.endsWith('.zst') ? zstdDecompressSync(content).toString() : content.toString();
}

const namesIn = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => !name.endsWith('.partial')) : [];

const marketTypes = ['trade', 'depth', 'ticker', 'kline', 'liquidation'] as const;

/** The data of every channel, without the number of the line. */
function market(lines: readonly Line[]): readonly Line[] {
  return lines.flatMap(({ n: _n, ...line }) =>
    marketTypes.some((type) => type === line.type) ? [line] : [],
  );
}

async function post(runner: Runner, body?: object, headers = {}): Promise<{ status: number; body: Line }> {
  const response = await fetch(`${runner.api}/debug/dump`, {
    method: 'POST',
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Line };
}

test('a dump replays to what was told live, alone and under a runner', async () => {
  const exchange = await startExchange('--rate', '200', '--seed', '41');
  const connector = alone(exchange, { SUBSCRIPTIONS: 'trades,depth.50,ticker,kline.1,liquidation' });
  await until('much was told, of each channel', () => {
    const told = market(parsed(connector.stdout));
    return told.length > 300 && marketTypes.every((type) => told.some((line) => line.type === type));
  });
  say(connector, { command: 'dump', id: 'd', reason: 'a look' });
  const reply = await until('the dump is written', () =>
    parsed(connector.stdout).find(({ id }) => id === 'd'),
  );
  const { file } = Object(reply['data']) as { file: string };
  assert.match(path.basename(file), /_connector_\d+-1_a-look\.jsonl\.zst$/);
  const live = market(parsed(connector.stdout));
  assert.equal(await connector.stop(), 0);

  const replay = startProgram(['connector/main.ts', 'replay', file, '--speed', 'max']);
  assert.equal(await replay.ended, 0);
  const again = market(parsed(replay.stdout));
  assert.ok(again.length > 300);
  for (const type of marketTypes)
    assert.ok(
      again.some((line) => line.type === type),
      `a ${type} is replayed`,
    );
  assert.deepEqual(again, live.slice(0, again.length));

  const kinds = new Set(parsed(readDump(file).trimEnd().split('\n')).map(({ t }) => t));
  assert.deepEqual([...kinds].toSorted(), ['asked', 'command', 'connect', 'dump', 'recv', 'send', 'told']);

  const runner = await startRunner({
    CONNECTOR_PROFILE: 'replay',
    CONNECTOR_REPLAY_FILE: file,
    CONNECTOR_REPLAY_SPEED: 'max',
  });
  const trades = again.filter(({ type }) => type === 'trade').map(({ id }) => id);
  const told = await until('the runner has all trades', async () => {
    const rows = await runner.get<readonly { readonly trade_id: string }[]>('/trades?limit=1000');
    return rows.length >= Math.min(1_000, trades.length) ? rows : undefined;
  });
  assert.deepEqual(new Set(told.map(({ trade_id }) => trade_id)), new Set(trades));
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('the runner writes both halves when asked, its own when the child is dead, and lists them', async () => {
  const exchange = await startExchange('--seed', '42');
  const runner = await startRunnerOn(exchange);
  await untilReady(runner);
  const { status, body } = await post(runner, { reason: 'What was that?' });
  assert.deepEqual([status, body['reason'], body['problems']], [200, 'What was that?', []]);
  const { pid } = await childOf(runner);
  process.kill(pid ?? 0, 'SIGKILL');
  const list = await until('the death is written', async () => {
    const found = await runner.get<readonly Dump[]>('/debug/dumps');
    return found.some(({ reason }) => reason === 'child-signal-sigkill') ? found : undefined;
  });
  assert.deepEqual(
    list.map(({ program, reason }) => `${program} ${reason}`),
    ['runner child-signal-sigkill', 'connector what-was-that', 'runner what-was-that'],
  );
  assert.deepEqual(
    new Set([body['runner'], body['connector']]),
    new Set(list.slice(1).map(({ name }) => name)),
  );
  const folder = path.join(runner.dataDir, 'dumps');
  const lines = parsed(
    readDump(path.join(folder, list[0]?.name ?? ''))
      .trimEnd()
      .split('\n'),
  );
  const kinds = new Set(lines.map(({ t }) => t));
  for (const t of ['dump', 'command', 'told', 'child', 'state', 'health', 'changed', 'fault'])
    assert.ok(kinds.has(t), `a line of kind ${t}`);
  assert.equal((await post(runner, { why: 'x' })).status, 400);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('a fault writes by itself, once: a broken book; so does a bug, on the way out', async () => {
  const exchange = await startExchange('--seed', '43');
  const connector = alone(exchange, { NODE_OPTIONS: `--import=${planted}` });
  await until('books come', () => market(parsed(connector.stdout)).some(({ type }) => type === 'depth'));
  await fault(exchange, { kind: 'skip_update', topic: 'orderbook.50.BTCUSDT' });
  // On a loaded machine something else may be wrong, too: only what was ordered is looked for.
  const named = (end: string): readonly string[] =>
    namesIn(connector.dumps).filter((name) => name.endsWith(`_${end}.jsonl.zst`));
  await until('the fault is written', () => named('book-broken').length > 0);
  await until('frames go on', () => market(parsed(connector.stdout)).length > 30);
  connector.child.kill('SIGUSR2');
  assert.equal(await connector.ended, 70);
  assert.deepEqual([named('book-broken').length, named('bug').length], [1, 1]);
  const lastWords = readDump(path.join(connector.dumps, named('bug')[0] ?? ''));
  assert.ok(parsed(lastWords.trimEnd().split('\n')).filter(({ t }) => t === 'recv').length > 10);
  const full = alone(exchange, { NODE_OPTIONS: `--import=${planted}`, MIN_FREE_DISK_MB: '1000000' });
  await until('books come', () => market(parsed(full.stdout)).some(({ type }) => type === 'depth'));
  full.child.kill('SIGUSR2');
  assert.equal(await full.ended, 70);
  assert.deepEqual(namesIn(full.dumps), [], 'not even last words go on a disk that is full');
  await exchange.stop();
});

test('secrets are in no dump, wherever they could have come from', async () => {
  const exchange = await startExchange('--seed', '44');
  const words = {
    proxy: 'pr0xy-p4ss"word',
    key: 'k3y-of-the-account',
    secret: 's3cret-of-the-account',
    token: 't0ken-of-the-api',
  };
  const proxy = `http://joe:${encodeURIComponent(words.proxy)}@127.0.0.1:9`;
  const env = { HTTPS_PROXY: proxy, NO_PROXY: '127.0.0.1' };
  const all = Object.values(words).join(' ');
  const connector = alone(exchange, {
    ...env,
    BYBIT_API_KEY: words.key,
    BYBIT_API_SECRET: words.secret,
    API_TOKEN: words.token,
  });
  await until('data come', () => market(parsed(connector.stdout)).length > 20);
  say(connector, {
    command: 'subscribe',
    channel: 'trades',
    symbol: 'BTCUSDT',
    id: words.secret,
    note: all,
    proxy,
  });
  say(connector, { command: words.key, id: proxy });
  say(connector, { command: 'dump', id: 'd', reason: all });
  await until('the dump is written', () => parsed(connector.stdout).find(({ id }) => id === 'd'));
  connector.child.kill('SIGKILL');
  await connector.ended;

  const runner = await startRunnerOn(exchange, { ...env, API_TOKEN: words.token });
  await untilReady(runner);
  const { status } = await post(
    runner,
    { reason: `${words.token} ${proxy}` },
    { authorization: `Bearer ${words.token}` },
  );
  assert.equal(status, 200);
  assert.equal(await runner.stop(), 0);

  const folders = [connector.dumps, path.join(runner.dataDir, 'dumps')];
  const files = folders.flatMap((folder) => namesIn(folder).map((name) => path.join(folder, name)));
  assert.equal(files.length, 3);
  const text = files.map((file) => `${file}\n${readDump(file)}`).join('');
  assert.match(text, /\[censored\]/);
  const forms = Object.values(words).flatMap((word) => [
    word,
    encodeURIComponent(word),
    JSON.stringify(word).slice(1, -1),
  ]);
  const login = Buffer.from(`joe:${words.proxy}`).toString('base64');
  for (const form of [...forms, login]) assert.equal(text.includes(form), false, form);
  await exchange.stop();
});

test('switched off there is none; without room on the disk nothing is written, and /health says so', async () => {
  const exchange = await startExchange('--seed', '45');
  const off = await startRunnerOn(exchange, { FLIGHT_RECORDER_MB: '0' });
  await untilReady(off);
  assert.equal((await post(off)).status, 404);
  const full = await startRunnerOn(exchange, {
    MIN_FREE_DISK_MB: '1000000',
    LOG_FILENAME: path.join(temporaryFolder(), 'x.log'),
  });
  await untilReady(full);
  const refused = await post(full);
  assert.equal(refused.status, 503);
  assert.match(JSON.stringify(refused.body), /dump_failed.*MB are free.*MIN_FREE_DISK_MB/);
  type Health = { status: string; checks: readonly { name: string; ok: boolean; reason: string }[] };
  const health = await until('the disk is told', async () => {
    const found = await full.get<Health>('/health');
    return found.status === 'Degraded' ? found : undefined;
  });
  const disk = health.checks.find(({ name }) => name === 'disk');
  assert.match(disk?.reason ?? '', /make room/);
  const { pid } = await childOf(off);
  process.kill(pid ?? 0, 'SIGKILL');
  await until('the child is back', async () => (await childOf(off)).restarts > 0);
  for (const runner of [off, full]) {
    assert.equal(await runner.stop(), 0);
    assert.deepEqual(namesIn(path.join(runner.dataDir, 'dumps')), []);
  }
  await exchange.stop();
});

test('alone, without a folder that somebody named, a fault makes no files', async () => {
  const exchange = await startExchange('--seed', '46');
  const cwd = temporaryFolder();
  const connector = startProgram(
    ['connector/main.ts', 'stream', '--environment', 'simulated', '--url', exchange.websocket],
    {},
    cwd,
  );
  await until('books come', () => market(parsed(connector.stdout)).some(({ type }) => type === 'depth'));
  await fault(exchange, { kind: 'skip_update', topic: 'orderbook.50.BTCUSDT' });
  await until('the fault is told', () =>
    parsed(connector.stdout).some(({ cause }) => cause === 'book_broken'),
  );
  say(connector, { command: 'dump', id: 'd' });
  const reply = await until('the dump is written', () =>
    parsed(connector.stdout).find(({ id }) => id === 'd'),
  );
  assert.equal(reply['ok'], true, JSON.stringify(reply));
  assert.equal(await connector.stop(), 0);
  assert.equal(namesIn(path.join(cwd, 'data', 'dumps')).length, 1, 'the one that was asked for');
  await exchange.stop();
});
