/** Each kind of failure, against small servers on loopback, down to the sentence that the user reads. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { WebSocketServer } from 'ws';
import type { Finding } from '../../../../runner/doctor/finding.ts';
import { probeName, probeSocket, probeTime, probeTls } from '../../../../runner/doctor/io/network-probes.ts';
import {
  nameFinding,
  restFinding,
  socketFinding,
  tlsFinding,
} from '../../../../runner/doctor/network-checks.ts';

const servers: (Server | TcpServer)[] = [];
after(() => {
  for (const server of servers) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  }
});

async function portOf(server: Server | TcpServer): Promise<number> {
  servers.push(server);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return (server.address() as AddressInfo).port;
}

type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
};

/** A server that gives the same answer to requests and to sockets. */
async function answering({ status, headers = {}, body }: Answer): Promise<number> {
  const answer = (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, headers).end(body);
  };
  const server = createServer(answer);
  server.on('upgrade', (_request, socket) => {
    const lines = Object.entries({ ...headers, 'content-length': String(body.length), connection: 'close' });
    socket.end(
      `HTTP/1.1 ${status} No\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
    );
  });
  return await portOf(server);
}

const timeBody = (): string => JSON.stringify({ time: Date.now() });
const countryPage =
  '<html><h1>403 ERROR</h1>The Amazon CloudFront distribution is configured to block access from your country.</html>';

async function restOf(port: number, timeoutMs = 5_000): Promise<Finding> {
  const url = `http://127.0.0.1:${port}/v5/market/time`;
  return restFinding(url, (await probeTime(url, 3, undefined, timeoutMs)).answer);
}

async function socketOf(port: number, timeoutMs = 5_000): Promise<Finding> {
  const url = `ws://127.0.0.1:${port}/v5/public/linear`;
  return socketFinding(url, await probeSocket(url, undefined, timeoutMs));
}

describe('refusals by HTTP status', () => {
  for (const [title, answer, sentence] of [
    [
      'a blocked country',
      { status: 403, headers: { server: 'CloudFront' }, body: countryPage },
      /does not serve the country/,
    ],
    [
      'too many requests',
      { status: 403, body: 'access too frequent, please try again later' },
      /sent too many requests/,
    ],
    [
      'a content network',
      { status: 403, headers: { server: 'cloudflare' }, body: '<p>Attention</p>' },
      /403 from cloudflare, before Bybit saw it|before Bybit saw the request/,
    ],
    ['a firewall', { status: 403, body: 'policy 7' }, /HTTP 403: policy 7/],
    ['429', { status: 429, body: '' }, /too many requests/],
    ['404', { status: 404, body: 'nothing here' }, /this path does not/],
    ['5xx', { status: 503, body: '<b>maintenance</b>' }, /503.*out of order.*maintenance/],
    ['407', { status: 407, body: '' }, /proxy wants a login/],
  ] as const) {
    it(`${title} is told by REST and by the socket, with advice`, async () => {
      const port = await answering(answer);
      for (const finding of [await restOf(port), await socketOf(port)]) {
        assert.equal(finding.status, 'fail');
        assert.match(finding.found, sentence);
        assert.ok((finding.advice ?? '').length > 10);
      }
    });
  }

  it('a login page of the network is not taken for the exchange', async () => {
    assert.match(
      (await restOf(await answering({ status: 200, body: '<h1>Welcome to Hotel Wi-Fi</h1>' }))).found,
      /not the exchange's: Welcome to Hotel/,
    );
    const elsewhere = await answering({
      status: 302,
      headers: { location: 'http://login.example' },
      body: '',
    });
    assert.match((await restOf(elsewhere)).found, /sent elsewhere, to http:\/\/login\.example/);
  });
});

describe('no answer at all', () => {
  it('a closed port, a silent server and a cut connection are told apart', async () => {
    const closed = createTcpServer();
    const port = await portOf(closed);
    closed.close();
    const silent = await portOf(createTcpServer(() => {}));
    const cutting = await portOf(
      createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy())),
    );
    for (const probe of [restOf, socketOf]) {
      assert.match((await probe(port)).found, /nobody listens there/);
      assert.match((await probe(silent, 200)).found, /no answer in time/);
      assert.equal((await probe(cutting)).status, 'fail');
    }
  });

  it('a name that does not exist', async () => {
    const finding = nameFinding('no-such-host.invalid', await probeName('no-such-host.invalid', 10_000));
    assert.equal(finding.status, 'fail');
    assert.match(finding.found, /no such name|name server does not answer/);
    assert.equal(nameFinding('localhost', await probeName('localhost', 10_000)).status, 'ok');
  });
});

describe('TLS', () => {
  const folder = path.resolve(import.meta.dirname, '../../../fixtures/tls');
  const key = readFileSync(path.join(folder, 'untrusted-key.pem'));
  const cert = readFileSync(path.join(folder, 'untrusted-certificate.pem'));

  it('a certificate that nobody vouches for is refused, with the way out', async () => {
    const port = await portOf(
      createSecureServer({ key, cert }, (_request, response) => response.end(timeBody())),
    );
    const finding = tlsFinding('localhost', await probeTls('localhost', port, 5_000));
    assert.equal(finding.status, 'fail');
    assert.match(finding.found, /not signed by anybody/);
    assert.match(finding.advice ?? '', /NODE_EXTRA_CA_CERTS/);
    const rest = await probeTime(`https://localhost:${port}/`, 1, undefined, 5_000);
    assert.match(restFinding('x', rest.answer).found, /not signed by anybody/);
  });

  it('a server without TLS, one that is silent, and one that is not there', async () => {
    const plain = await answering({ status: 200, body: 'x' });
    assert.match(tlsFinding('x', await probeTls('127.0.0.1', plain, 5_000)).found, /does not speak TLS/);
    const silent = await portOf(createTcpServer(() => {}));
    assert.match(tlsFinding('x', await probeTls('127.0.0.1', silent, 200)).found, /no answer in time/);
    assert.match(tlsFinding('x', await probeTls('127.0.0.1', 1, 5_000)).found, /nobody listens/);
  });
});

describe('what works', () => {
  it('REST gives as many clock samples as were asked for, over one connection', async () => {
    let connections = 0;
    const server = createServer((_request, response) => response.end(timeBody()));
    server.on('connection', () => {
      connections += 1;
    });
    const url = `http://127.0.0.1:${await portOf(server)}/`;
    const { answer, samples } = await probeTime(url, 5, undefined, 5_000);
    assert.equal(restFinding(url, answer).status, 'ok');
    assert.equal(samples.length, 5);
    assert.equal(connections, 1);
    assert.ok(
      samples.every((sample) => sample.sentMs <= sample.serverMs && sample.serverMs <= sample.receivedMs),
    );
  });

  it('a socket opens', async () => {
    const server = createServer();
    new WebSocketServer({ server });
    assert.equal((await socketOf(await portOf(server))).status, 'ok');
  });
});

describe('a proxy', () => {
  it('that wants a login is told by REST and by the socket', async () => {
    const proxy = createServer();
    proxy.on('connect', (_request, socket) =>
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n'),
    );
    const url = `http://127.0.0.1:${await portOf(proxy)}`;
    const rest = await probeTime('https://example.invalid/', 1, url, 5_000);
    assert.match(restFinding('x', rest.answer).found, /proxy wants a login/);
    const socket = await probeSocket('wss://example.invalid/', url, 5_000);
    assert.match(socketFinding('x', socket).found, /proxy wants a login/);
  });

  it('that is not there', async () => {
    const rest = await probeTime('https://example.invalid/', 1, 'http://127.0.0.1:1', 5_000);
    assert.match(restFinding('x', rest.answer).found, /nobody listens there/);
  });
});
