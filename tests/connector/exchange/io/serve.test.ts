import assert from 'node:assert/strict';
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { afterEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { until } from '../../../helpers/until.ts';
import type { OrderLine } from '../market/independent-matcher.ts';
import { IndependentMatcher } from '../market/independent-matcher.ts';

const main = fileURLToPath(new URL('../../../../connector/exchange/main.ts', import.meta.url));

type Child = {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly out: () => string;
  readonly err: () => string;
  readonly exit: Promise<unknown[]>;
};

const children: Child['process'][] = [];

/** A test that fails must not leave its child behind. */
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(...args: string[]): Child {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  children.push(child);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  return { process: child, out: () => out, err: () => err, exit: once(child, 'close') };
}

type Listening = { type: string; port: number; url: string; websocket: string; seed: string; pid: number };

async function listening(child: Child): Promise<Listening> {
  await until('it says where it listens', () => child.out().endsWith('\n'));
  return JSON.parse(child.out()) as Listening;
}

test('it says in one line of JSON where it listens, and ends with 0 on SIGTERM and on SIGINT', async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const child = start('--port', '0', '--seed', '7');
    const line = await listening(child);
    assert.deepEqual(line, {
      type: 'listening',
      port: line.port,
      url: `http://127.0.0.1:${line.port}`,
      websocket: `ws://127.0.0.1:${line.port}/v5/public`,
      seed: '7',
      pid: child.process.pid,
    });
    const socket = new WebSocket(`${line.websocket}/linear`);
    await once(socket, 'open');
    child.process.kill(signal);
    assert.deepEqual(await child.exit, [0, null]);
    assert.equal(child.out().trim().split('\n').length, 1);
    socket.terminate();
  }
});

test('with --stop-on-eof it ends when stdin ends, without it it stays', async () => {
  const follower = start('--port', '0', '--stop-on-eof');
  const loner = start('--port', '0');
  await Promise.all([listening(follower), listening(loner)]);
  follower.process.stdin.end();
  loner.process.stdin.end();
  assert.deepEqual(await follower.exit, [0, null]);
  const { url } = await listening(loner);
  assert.equal((await fetch(`${url}/v5/market/time`)).status, 200);
  loner.process.kill('SIGTERM');
  assert.deepEqual(await loner.exit, [0, null]);
});

test('all wrong options are told at once, with exit code 64', async () => {
  const child = start('--port', 'x', '--rate', '0', '--bogus');
  assert.deepEqual(await child.exit, [64, null]);
  assert.match(child.err(), /unknown option --bogus/);
  assert.match(child.err(), /--port must be/);
  assert.match(child.err(), /--rate must be/);
  assert.equal(child.out(), '');
});

test('a taken port is named, with exit code 75', async () => {
  const holder = createServer();
  holder.listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  assert.ok(typeof address === 'object' && address !== null);
  const child = start('--port', String(address.port));
  assert.deepEqual(await child.exit, [75, null]);
  assert.match(child.err(), new RegExp(`port ${address.port} on 127.0.0.1 is taken`));
  holder.close();
});

test('the logs are whole after a stop: the order log, replayed by another matcher, yields the execution log and the last book', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'exchange-'));
  try {
    const child = start('--port', '0', '--rate', '3000', '--log-dir', folder);
    const { url, websocket } = await listening(child);
    const socket = new WebSocket(`${websocket}/linear`);
    let frames = 0;
    socket.on('message', () => {
      frames += 1;
    });
    await once(socket, 'open');
    socket.send('{"op":"subscribe","args":["publicTrade.BTCUSDT","orderbook.50.BTCUSDT"]}');
    await until('4,000 frames came', () => frames > 4000);
    await fetch(`${url}/sim/flow`, { method: 'POST', body: '{"paused":true}' });
    const asked = await fetch(`${url}/sim/book?category=linear&symbol=BTCUSDT&depth=1000`);
    const book = (await asked.json()) as { step: number; b: string[][]; a: string[][] };
    child.process.kill('SIGTERM');
    assert.deepEqual(await child.exit, [0, null]);
    const lines = async (file: string): Promise<Record<string, unknown>[]> => {
      const text = await readFile(path.join(folder, file), 'utf8');
      assert.ok(text.endsWith('\n'));
      return text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    };
    const isBtc = (line: Record<string, unknown>): boolean =>
      line['category'] === 'linear' && line['symbol'] === 'BTCUSDT';
    const orders = (await lines('orders.jsonl')).filter(isBtc) as (OrderLine & {
      step: number;
      seq: number;
    })[];
    const executions = (await lines('executions.jsonl')).filter(isBtc);
    assert.deepEqual(
      orders.map(({ step }) => step),
      orders.map((_, index) => index + 1),
    );
    const matcher = new IndependentMatcher();
    const trades = orders.flatMap((order) =>
      matcher.apply(order).map(([price, size]) => ({ price, size, side: order.side, seq: order.seq })),
    );
    const integers = executions.map(({ price, size, side, seq }) => ({
      price: Math.round(Number(price) * 10),
      size: Math.round(Number(size) * 1000),
      side,
      seq,
    }));
    assert.ok(trades.length > 500);
    assert.deepEqual(integers, trades);
    assert.equal(book.step, orders.length);
    const levels = (side: string[][]) =>
      side.map(([price, size]) => [Math.round(Number(price) * 10), Math.round(Number(size) * 1000)]);
    assert.deepEqual(levels(book.b), matcher.levels('Buy').slice(0, 1000));
    assert.deepEqual(levels(book.a), matcher.levels('Sell').slice(0, 1000));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a log folder that cannot be made ends it with an error', async () => {
  const child = start('--port', '0', '--log-dir', path.join(main, 'logs'));
  assert.deepEqual(await child.exit, [1, null]);
  assert.match(child.err(), /start_failed.*ENOTDIR/);
});

test('a log that cannot be written stops it, because a log with a hole would be worse than none', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'exchange-'));
  try {
    await mkdir(path.join(folder, 'executions.jsonl'));
    const child = start('--port', '0', '--log-dir', folder);
    assert.deepEqual(await child.exit, [1, null]);
    assert.match(child.err(), /log_file_failed.*EISDIR/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
