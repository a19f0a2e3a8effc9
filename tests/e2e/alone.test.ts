/** The connector alone, as a tool in a terminal: readable by `head`, recordable, replayable. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { cleanEnv, root, startExchange, startProgram, temporaryFolder } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

type Line = {
  readonly type: string;
  readonly n: number;
  readonly status?: string;
  readonly id?: string;
  readonly code?: string;
  readonly error?: string;
};

function linesOf(lines: readonly string[]): Line[] {
  return lines.map((line) => JSON.parse(line) as Line);
}

test('`npm run --silent connector -- stream | head` ends cleanly: a reader that goes away is an ordinary end', async () => {
  const exchange = await startExchange('--rate', '500', '--seed', 'alone');
  const command = `npm run --silent connector -- stream --symbol BTCUSDT --environment simulated --url ${exchange.websocket}; echo "code $?" >&2`;
  const shell = spawn('sh', ['-c', `(${command}) | head -n 20`], {
    cwd: root,
    env: cleanEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  shell.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  shell.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await once(shell, 'close');
  assert.equal(stdout.trim().split('\n').length, 20);
  assert.match(stderr, /code 0/);
  assert.equal(/EPIPE|"level":"(error|fatal)"/.test(stderr), false, stderr);
  await exchange.stop();
});

test('what is taken otherwise than it was written is said on stderr, before anything is streamed', async () => {
  const program = startProgram([
    ...['connector/main.ts', 'stream', '--symbol', 'btcusdt', '--environment', 'simulated'],
    ...['--url', 'ws://127.0.0.1:1'],
  ]);
  await until('it runs', () => program.stdout.length > 0);
  assert.equal(program.stderr[0], 'warning: --symbol: btcusdt is taken as BTCUSDT.');
  await program.stop();
});

test('what was recorded replays to the same trades, books and gaps, at any speed', async () => {
  const exchange = await startExchange('--rate', '300', '--seed', 'alone');
  const file = path.join(temporaryFolder(), 'frames.jsonl');
  const live = startProgram([
    'connector/main.ts',
    'stream',
    '--symbol',
    'BTCUSDT',
    '--environment',
    'simulated',
    '--url',
    exchange.websocket,
    '--record',
    file,
  ]);
  await until(
    'some trades came',
    () => linesOf(live.stdout).filter(({ type }) => type === 'trade').length >= 40,
  );
  assert.equal(await live.stop(), 0);
  const isData = ({ type }: Line) => type === 'trade' || type === 'depth';
  const strip = ({ n, ...rest }: Line) => rest;
  const told = linesOf(live.stdout).filter(isData).map(strip);
  for (const speed of ['max', '50']) {
    const replay = startProgram(['connector/main.ts', 'replay', '--file', file, '--speed', speed]);
    assert.equal(await replay.ended, 0, replay.stderr.join('\n'));
    assert.deepEqual(linesOf(replay.stdout).filter(isData).map(strip), told, `at speed ${speed}`);
    assert.match(replay.stdout[0] ?? '', /"environment":"simulated","clock":"replay"/);
  }
  assert.ok(readFileSync(file, 'utf8').startsWith('{"t":"connect"'));
  const twice = startProgram(['connector/main.ts', 'stream', '--url', exchange.websocket, '--record', file]);
  assert.equal(await twice.ended, 64);
  assert.match(twice.stderr.join('\n'), /already exists/);
  const posing = startProgram(['connector/main.ts', 'replay', '--file', file, '--environment', 'mainnet']);
  assert.equal(await posing.ended, 64, 'simulated prices cannot pass for real ones');
  assert.match(posing.stderr.join('\n'), /says simulated, not mainnet/);
  await exchange.stop();
});

test('commands come in over stdin and each with an id gets exactly one reply', async () => {
  const exchange = await startExchange('--seed', 'alone');
  const connector = startProgram([
    'connector/main.ts',
    'stream',
    '--symbol',
    'BTCUSDT',
    '--environment',
    'simulated',
    '--url',
    exchange.websocket,
    '--stop-on-eof',
  ]);
  await until('it is ready', () => connector.stdout.length > 0);
  const say = (value: unknown) =>
    connector.child.stdin?.write(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
  say({ command: 'subscribe', channel: 'depth', symbol: 'ETHUSDT', depth: 200, id: 'a' });
  say({ command: 'subscribe', channel: 'trades', symbol: 'NOPEUSDT', id: 'b' });
  say({ command: 'subscribe', channel: 'liquidation', category: 'spot', symbol: 'BTCUSDT', id: 'c' });
  say({ command: 'ping', id: 'd' });
  say({ command: 'stats', id: 'e' });
  say('garbage');
  say('null');
  say({ command: 'unsubscribe', channel: 'depth', symbol: 'ETHUSDT', depth: 200, id: 'f' });
  const replies = await until('all replies are there', () => {
    const found = linesOf(connector.stdout).filter(({ type }) => type === 'reply') as (Line & {
      ok: boolean;
    })[];
    return found.length >= 6 ? found : undefined;
  });
  const byId = Object.fromEntries(replies.map(({ id, ok, code }) => [id, ok ? 'ok' : code]));
  assert.equal(byId['b'], 'topic_refused');
  assert.equal(byId['c'], 'bad_command');
  assert.deepEqual([byId['d'], byId['e'], byId['f']], ['ok', 'ok', 'ok']);
  assert.equal(new Set(replies.map(({ id }) => id)).size, replies.length);
  assert.equal(linesOf(connector.stdout).filter(({ code }) => code === 'bad_command').length >= 2, true);
  connector.child.stdin?.end();
  assert.equal(await connector.ended, 0, 'the end of stdin stops it, as asked');
  const lines = linesOf(connector.stdout);
  assert.deepEqual(
    lines.map(({ n }) => n),
    lines.map((_, index) => index + 1),
    'n counts every line from 1',
  );
  assert.equal(lines.at(-1)?.status, 'stopping');
  await exchange.stop();
});

test('wrong options are listed together, with exit code 64; --help explains', async () => {
  const wrong = startProgram([
    'connector/main.ts',
    'stream',
    '--sybol',
    'X',
    '--category',
    'foo',
    '--subscriptions',
    'depth.7',
  ]);
  assert.equal(await wrong.ended, 64);
  for (const word of ['--sybol', '"X"', '"foo"', '"depth.7"'])
    assert.ok(wrong.stderr.join('\n').includes(word), word);
  const help = startProgram(['connector/main.ts', '--help']);
  assert.equal(await help.ended, 0);
  for (const verb of ['stream', 'replay', 'exchange']) assert.ok(help.stdout.join('\n').includes(verb), verb);
});

test('a recording that is none is refused with the place of the fault, exit code 65', async () => {
  const file = path.join(temporaryFolder(), 'bad.jsonl');
  writeFileSync(file, 'this is no recording\n');
  const bad = startProgram(['connector/main.ts', 'replay', '--file', file]);
  assert.equal(await bad.ended, 65);
  assert.match(bad.stdout.join('\n'), /line 1: not JSON/);
  const missing = startProgram(['connector/main.ts', 'replay', '--file', '/nowhere/x.jsonl']);
  assert.equal(await missing.ended, 65);
  assert.match(missing.stdout.join('\n'), /cannot read/);
});

test('when the exchange cannot be reached the connector says so and keeps trying', async () => {
  const connector = startProgram(
    [
      'connector/main.ts',
      'stream',
      '--symbol',
      'BTCUSDT',
      '--environment',
      'simulated',
      '--url',
      'ws://127.0.0.1:9/v5/public',
    ],
    { TIME_SCALE: '0.1' },
  );
  await until(
    'it has tried three times',
    () => linesOf(connector.stdout).filter(({ status }) => status === 'connecting').length >= 3,
  );
  assert.ok(
    linesOf(connector.stdout).some(
      ({ code, error }) => code === 'connect_failed' && /ECONNREFUSED/.test(error ?? ''),
    ),
  );
  assert.equal(await connector.stop(), 0);
});
