import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import type { ExchangeOptions } from '../../../../connector/exchange/exchange.ts';
import { until } from '../../../helpers/until.ts';
import type { Frame } from '../naive-client.ts';
import { NaiveBook } from '../naive-client.ts';
import type { Running } from './running.ts';
import { run } from './running.ts';

async function withServer(
  options: Partial<ExchangeOptions>,
  body: (server: Running) => Promise<void>,
): Promise<void> {
  const server = await run(options);
  try {
    await body(server);
  } finally {
    await server.stop();
  }
}

type Client = {
  readonly socket: WebSocket;
  readonly texts: string[];
  readonly closed: () => number | undefined;
};

async function connect(server: Running, category: string, ...topics: string[]): Promise<Client> {
  const socket = new WebSocket(server.socketUrl(category), { perMessageDeflate: true });
  const texts: string[] = [];
  let code: number | undefined;
  socket.on('message', (data) => texts.push(String(data)));
  socket.on('close', (closeCode) => {
    code = closeCode;
  });
  socket.on('error', () => {});
  await once(socket, 'open');
  if (topics.length > 0) socket.send(JSON.stringify({ op: 'subscribe', args: topics }));
  return { socket, texts, closed: () => code };
}

/** The HTTP status with which an upgrade is refused. */
async function refusedStatus(url: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const socket = new WebSocket(url);
  socket.on('unexpected-response', (_request, response) => {
    resolve(response.statusCode ?? 0);
    response.resume();
    socket.terminate();
  });
  socket.on('open', () => resolve(101));
  socket.on('error', () => {});
  return await promise;
}

test('frames come as text, uncompressed, and a naive client holds the published book', () =>
  withServer({ rate: 1000 }, async (server) => {
    const client = await connect(server, 'linear', 'orderbook.50.BTCUSDT', 'publicTrade.BTCUSDT');
    assert.equal(client.socket.extensions, '');
    await until('500 frames came', () => client.texts.length > 500);
    await server.post('/sim/flow', { paused: true });
    const truth = await server.get('/sim/book?category=linear&symbol=BTCUSDT&depth=50');
    const lastFrame = `"u":${String(truth['u'])},`;
    await until('the last frame came', () => client.texts.some((text) => text.includes(lastFrame)));
    const book = new NaiveBook();
    for (const text of client.texts)
      if (text.startsWith('{"topic":"orderbook')) book.apply(JSON.parse(text) as Frame);
    assert.deepEqual(book.levels, { b: truth['b'], a: truth['a'] });
    assert.equal(book.gaps, 0);
    client.socket.terminate();
  }));

test('the same text goes to all subscribers', () =>
  withServer({ rate: 500 }, async (server) => {
    const [one, other] = await Promise.all([
      connect(server, 'spot', 'publicTrade.BTCUSDT'),
      connect(server, 'spot', 'publicTrade.BTCUSDT'),
    ]);
    await until('both have frames', () => one.texts.length > 50 && other.texts.length > 50);
    const shared = one.texts.filter((text) => text.startsWith('{"topic"') && other.texts.includes(text));
    assert.ok(shared.length > 30);
    one.socket.terminate();
    other.socket.terminate();
  }));

test('only the three public sockets exist; every other path is 404 on upgrade', () =>
  withServer({}, async (server) => {
    for (const path of ['/', '/v5/public/option', '/v5/private', '/v5/public/linear/', '/sim/stats']) {
      assert.equal(await refusedStatus(`ws://127.0.0.1:${server.port}${path}`), 404, path);
    }
    assert.equal(await refusedStatus(`${server.socketUrl('inverse')}?x=1`), 101);
  }));

test('refused connections get the ordered status, and are served again when the fault is cleared', () =>
  withServer({}, async (server) => {
    await server.post('/sim/faults', { kind: 'refuse_connections', status: 403 });
    assert.equal(await refusedStatus(server.socketUrl('linear')), 403);
    await fetch(`${server.url}/sim/faults`, { method: 'DELETE' });
    assert.equal(await refusedStatus(server.socketUrl('linear')), 101);
    assert.equal(server.exchange.socketCounts.refused, 1);
  }));

test('drop cuts the socket without a close frame', () =>
  withServer({}, async (server) => {
    const client = await connect(server, 'linear');
    assert.equal((await server.post('/sim/faults', { kind: 'drop' }))['sockets'], 1);
    assert.equal(await until('the client notices', () => client.closed()), 1006);
    assert.equal(server.exchange.connections.size, 0);
  }));

test('a half-open socket answers pings and nothing else', () =>
  withServer({ rate: 500 }, async (server) => {
    const client = await connect(server, 'linear', 'publicTrade.BTCUSDT');
    await until('data flow', () => client.texts.length > 20);
    await server.post('/sim/faults', { kind: 'half_open' });
    const before = server.exchange.delivery.counts.lost;
    client.socket.send('{"op":"ping","req_id":"last"}');
    await until('the pong is here', () => client.texts.some((text) => text.includes('"last"')));
    const after = client.texts.length;
    await until('frames got lost', () => server.exchange.delivery.counts.lost > before + 100);
    assert.equal(client.texts.length, after);
    client.socket.terminate();
  }));

test('a client that does not read is cut off when 16 MiB wait for it, and counted', () =>
  withServer({}, async (server) => {
    const slow = await connect(server, 'linear');
    const quick = await connect(server, 'linear');
    slow.socket.pause();
    const text = 'x'.repeat(900_000);
    await until('the slow client is cut', async () => {
      await server.post('/sim/faults', { kind: 'malformed_frame', text });
      return server.exchange.socketCounts.tooSlow === 1;
    });
    await until('it is gone', () => server.exchange.connections.size === 1);
    assert.equal(quick.socket.readyState, WebSocket.OPEN);
    slow.socket.terminate();
    quick.socket.terminate();
  }));

test('REST answers over HTTP with its headers; a body on a GET is refused', () =>
  withServer({}, async (server) => {
    await server.post('/sim/faults', { kind: 'rate_limit', calls: 1 });
    const limited = await fetch(`${server.url}/v5/market/time`);
    assert.equal(limited.headers.get('x-bapi-limit-status'), '0');
    assert.equal(((await limited.json()) as { retCode: number }).retCode, 10006);
    assert.equal((await server.get('/v5/market/time'))['retCode'], 0);
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    const get = request(
      `${server.url}/v5/market/time`,
      { method: 'GET', headers: { 'content-length': 2 } },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    get.end('{}');
    assert.equal(await promise, 403);
    assert.equal((await fetch(`${server.url}/v5/market/nothing`)).status, 404);
  }));

test('a request whose target is no URL is not found, over HTTP and on upgrade, and the exchange lives on', () =>
  withServer({}, async (server) => {
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    const odd = request({ host: '127.0.0.1', port: server.port, path: '//' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    odd.end();
    assert.equal(await promise, 404);
    const socket = connectTcp(server.port, '127.0.0.1');
    socket.write('GET // HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const [answer] = await once(socket, 'data');
    assert.match(String(answer), /^HTTP\/1.1 404/);
    socket.destroy();
    assert.equal((await server.get('/v5/market/time'))['retCode'], 0);
  }));

test('a body of more than 1 MiB is refused', () =>
  withServer({}, async (server) => {
    const response = await fetch(`${server.url}/sim/faults`, {
      method: 'POST',
      body: 'x'.repeat(1024 * 1024 + 1),
    }).catch(() => undefined);
    assert.ok(response === undefined || response.status === 413);
    assert.equal((await server.get('/v5/market/time'))['retCode'], 0);
  }));

test('stopping says farewell to the clients and frees the port', async () => {
  const server = await run();
  const client = await connect(server, 'linear');
  await server.stop();
  assert.equal(await until('the client notices', () => client.closed()), 1001);
  await assert.rejects(fetch(server.url));
});
