/** The socket against real servers on loopback: each way in which a connection can fail comes back once, in words. */
import assert from 'node:assert/strict';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { type SocketSlot, socketSlot } from '../../../connector/io/socket.ts';
import { until } from '../../helpers/until.ts';

type Heard = {
  readonly slot: SocketSlot;
  readonly opens: number;
  readonly frames: readonly string[];
  readonly lost: readonly { readonly code: string; readonly reason: string }[];
};

function listen(proxyUrl?: string, handshakeTimeoutMs = 2_000): Heard {
  const heard = { opens: 0, frames: [] as string[], lost: [] as { code: string; reason: string }[] };
  const slot = socketSlot(
    {
      onOpen: () => {
        heard.opens += 1;
      },
      onFrame: (bytes) => heard.frames.push(bytes.toString()),
      onLost: (code, reason) => heard.lost.push({ code, reason }),
    },
    { handshakeTimeoutMs, proxyUrl },
  );
  return Object.assign(heard, { slot });
}

type TestContext = { after: (work: () => unknown) => void };

async function websocketServer(t: TestContext): Promise<{ url: string; clients: WebSocket[] }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const clients: WebSocket[] = [];
  server.on('connection', (client) => {
    client.on('error', () => undefined);
    clients.push(client);
  });
  await until('the server listens', () => server.address());
  t.after(() => {
    for (const client of clients) client.terminate();
    server.close();
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, clients };
}

async function portOf(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => undefined));
  });
  server.listen(0, '127.0.0.1');
  await until('the server listens', () => server.listening);
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function lossOf(heard: Heard): Promise<string> {
  await until('the loss is told', () => heard.lost.length > 0, 5_000);
  assert.equal(heard.lost.length, 1);
  const [{ code, reason } = { code: '', reason: '' }] = heard.lost;
  return `${code}: ${reason}`;
}

test('frames come and go as texts, also when the exchange sends them as binary; its pings are answered', async (t) => {
  const { url, clients } = await websocketServer(t);
  const heard = listen();
  t.after(heard.slot.close);
  heard.slot.open(url);
  await until('it is open', () => heard.opens === 1 && clients.length === 1);
  const received: string[] = [];
  let pongs = 0;
  clients[0]?.on('message', (data: Buffer) => received.push(data.toString()));
  clients[0]?.on('pong', () => {
    pongs += 1;
  });
  heard.slot.send('{"op":"ping"}');
  clients[0]?.send('{"a":1}');
  clients[0]?.send(Buffer.from('{"b":2}'));
  clients[0]?.ping();
  await until('all has arrived', () => heard.frames.length === 2 && received.length === 1 && pongs === 1);
  assert.deepEqual(heard.frames, ['{"a":1}', '{"b":2}']);
  assert.deepEqual(received, ['{"op":"ping"}']);
  assert.equal(clients[0]?.extensions, '', 'no compression');
});

test('the end of a connection is told once, with the code and reason of the other side', async (t) => {
  const { url, clients } = await websocketServer(t);
  const heard = listen();
  heard.slot.open(url);
  await until('it is open', () => heard.opens === 1 && clients.length === 1);
  clients[0]?.close(1012, 'service restart');
  assert.equal(await lossOf(heard), 'socket_lost: closed by the other side, code 1012, service restart');
  heard.slot.send('into the void');
});

test('a frame beyond 16 MiB ends the connection instead of filling the memory', async (t) => {
  const { url, clients } = await websocketServer(t);
  const heard = listen();
  heard.slot.open(url);
  await until('it is open', () => heard.opens === 1 && clients.length === 1);
  clients[0]?.send('x'.repeat(16 * 1024 * 1024 + 1));
  assert.match(await lossOf(heard), /^socket_lost: .*payload size exceeded/i);
  assert.deepEqual(heard.frames, []);
});

test('a socket that was replaced or closed says nothing any more', async (t) => {
  const first = await websocketServer(t);
  const second = await websocketServer(t);
  const heard = listen();
  t.after(heard.slot.close);
  heard.slot.open(first.url);
  await until('the first is open', () => heard.opens === 1 && first.clients.length === 1);
  let gone = false;
  first.clients[0]?.on('close', () => {
    gone = true;
  });
  first.clients[0]?.send('old');
  heard.slot.open(second.url);
  await until('the second is open', () => heard.opens === 2 && second.clients.length === 1);
  await until('the first is gone', () => gone);
  second.clients[0]?.send('new');
  await until('the new frame is there', () => heard.frames.length > 0);
  assert.deepEqual(heard.frames, ['new']);
  heard.slot.close();
  heard.slot.open(first.url);
  heard.slot.close(); // while it is still connecting
  await until('nobody is connected', () => second.clients[0]?.readyState === 3);
  assert.deepEqual(heard.lost, []);
});

test('nobody listens: the reason names the address, also when a name has several', async (t) => {
  const closed = createServer();
  const port = await portOf(t, closed);
  await new Promise((resolve) => {
    closed.close(resolve);
  });
  for (const host of ['127.0.0.1', 'localhost']) {
    const heard = listen();
    heard.slot.open(`ws://${host}:${port}`);
    assert.match(await lossOf(heard), new RegExp(`^connect_failed: .*ECONNREFUSED.*${port}`));
  }
});

test('a server that takes the connection and never answers is given up in time', async (t) => {
  const port = await portOf(t, createServer());
  const heard = listen(undefined, 200);
  heard.slot.open(`ws://127.0.0.1:${port}`);
  assert.match(await lossOf(heard), /^connect_failed: .*timed out/);
});

test('TLS to a port that speaks none says so', async (t) => {
  const { url } = await websocketServer(t);
  const heard = listen();
  heard.slot.open(url.replace('ws:', 'wss:'));
  assert.match(await lossOf(heard), /^connect_failed: .*TLS/);
});

test('a refused upgrade says why: 403 of two kinds, 404, 429, 503', async (t) => {
  const answers = [
    { status: 403, body: '{"retCode":10006,"retMsg":"access too frequent"}', says: /^ip_banned: HTTP 403/ },
    {
      status: 403,
      body: '<html>CloudFront: blocked in your country</html>',
      says: /^region_blocked: HTTP 403/,
    },
    { status: 404, body: '', says: /^connect_refused: HTTP 404.*check the URL/ },
    { status: 429, body: '', says: /^rate_limited: HTTP 429/ },
    { status: 503, body: 'maintenance', says: /^connect_refused: HTTP 503: maintenance/ },
  ];
  for (const { status, body, says } of answers) {
    const server = createHttpServer((_request: IncomingMessage, response: ServerResponse) =>
      response.writeHead(status).end(body),
    );
    const port = await portOf(t, server);
    const heard = listen();
    heard.slot.open(`ws://127.0.0.1:${port}/v5/public/linear`);
    assert.match(await lossOf(heard), says);
  }
});

test('a refusal whose body never ends is told all the same, in time', async (t) => {
  const server = createHttpServer((_request: IncomingMessage, response: ServerResponse) =>
    response.writeHead(403).write('access too frequent'),
  );
  const port = await portOf(t, server);
  const heard = listen(undefined, 300);
  heard.slot.open(`ws://127.0.0.1:${port}`);
  assert.match(await lossOf(heard), /^ip_banned/);
});

/** A proxy that only knows CONNECT; `allow` decides. */
async function connectProxy(t: TestContext, allow: boolean): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const proxy = createHttpServer();
  proxy.on('connect', (request: IncomingMessage, near: Socket) => {
    asked.push(request.url ?? '');
    near.on('error', () => undefined);
    if (!allow) return near.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const far = connect(Number((request.url ?? '').split(':')[1]), '127.0.0.1', () => {
      near.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      far.pipe(near).pipe(far);
    });
    far.on('error', () => near.destroy());
    return far;
  });
  const port = await portOf(t, proxy);
  return { url: `http://127.0.0.1:${port}`, asked };
}

test('a proxy is asked for a tunnel, and frames go through it', async (t) => {
  const { url, clients } = await websocketServer(t);
  const proxy = await connectProxy(t, true);
  const heard = listen(proxy.url);
  t.after(heard.slot.close);
  heard.slot.open(url);
  await until('it is open', () => heard.opens === 1 && clients.length === 1);
  clients[0]?.send('hello');
  await until('the frame is there', () => heard.frames.length === 1);
  assert.deepEqual(proxy.asked, [new URL(url).host]);
});

test('a proxy that refuses is told as such', async (t) => {
  const { url } = await websocketServer(t);
  const proxy = await connectProxy(t, false);
  const heard = listen(proxy.url);
  heard.slot.open(url);
  assert.match(await lossOf(heard), /^connect_refused: HTTP 407: .*HTTPS_PROXY.*through the proxy 127/);
});
