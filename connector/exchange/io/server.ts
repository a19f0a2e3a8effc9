/**
 * The simulated Bybit on a port: HTTP, WebSocket, the timer that lets time pass.
 *
 * Everything here is plumbing; what is answered and sent is decided in ../exchange.ts, ../rest.ts and ../control.ts.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { isArchivePath } from '../archive/archive.ts';
import { answerControl } from '../control/control.ts';
import type { ExchangeOptions } from '../exchange.ts';
import { Exchange } from '../exchange.ts';
import type { Category } from '../market/instruments.ts';
import { CATEGORIES } from '../market/instruments.ts';
import type { Moment } from '../moment.ts';
import type { HttpAnswer, HttpRequest } from '../rest/rest.ts';
import { Rest } from '../rest/rest.ts';
import { ArchiveHost } from './archive-host.ts';
import type { LogFiles } from './log-files.ts';
import { respond } from './send.ts';
import { SocketTable } from './sockets.ts';

/** Length of a turn, ms. */
const TURN_MS = 5;
/** The largest request of a client; 21,000 characters of topics fit in easily. */
const CLIENT_TEXT_MOST_BYTES = 256 * 1024;
/** The largest body of a request over HTTP. */
const BODY_MOST_BYTES = 1024 * 1024;
/** Work on one answer between two turns of the event loop, ms. */
const SLICE_MS = 4;
/** Time that clients have to answer the farewell, ms. */
const FAREWELL_MS = 300;

/** A running server. */
export interface RunningServer {
  readonly exchange: Exchange;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** Where to listen; port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Starts to listen, then lets the markets run. Rejects when the port cannot be had. */
export async function startServer(
  options: ExchangeOptions,
  address: ListenAddress,
  journal: LogFiles | undefined,
): Promise<RunningServer> {
  const table = new SocketTable(() => {
    exchange.socketCounts.tooSlow += 1;
  });
  const server = createServer();
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: CLIENT_TEXT_MOST_BYTES,
  });
  await listen(server, address);
  const exchange = new Exchange(options, { sockets: table, journal }, clock());
  const rest = new Rest(exchange);
  const archive = new ArchiveHost(exchange);
  const driverStats = () => ({
    buffered_bytes: table.bufferedBytes,
    rest: rest.counts,
    archive: archive.counts,
    rss_bytes: process.memoryUsage.rss(),
  });
  server.on('request', (request, response) => {
    readBody(request, response, (body) => {
      const asked = httpRequest(request, body);
      if (isArchivePath(asked.path)) archive.answer(request, response, asked.path, clock());
      else if (asked.path.startsWith('/sim/'))
        respond(response, answerControl(exchange, table, driverStats, asked, clock()));
      else answerInTurns(rest.answerSlowly(asked, clock()), (answer) => respond(response, answer));
    });
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const category = categoryOf(request.url ?? '');
    if (category === undefined) return refuseUpgrade(socket, 404);
    const status = exchange.faults.refusalOf(category);
    if (status !== undefined) {
      exchange.socketCounts.refused += 1;
      return refuseUpgrade(socket, status);
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) =>
      attach(exchange, table, category, webSocket),
    );
  });
  const timer = setInterval(() => {
    exchange.turn(clock());
    journal?.flush();
  }, TURN_MS);
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    clearInterval(timer);
    const closed = new Promise((resolve) => server.close(resolve));
    table.closeAll(FAREWELL_MS);
    await archive.stop();
    server.closeIdleConnections();
    await closed;
    await journal?.close();
  };
  return { exchange, port, stop };
}

function clock(): Moment {
  return { unix: Date.now(), mono: performance.now() };
}

function listen(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function attach(exchange: Exchange, table: SocketTable, category: Category, webSocket: WebSocket): void {
  const connection = exchange.connect(category);
  table.add(connection, webSocket);
  webSocket.on('message', (data) => exchange.receive(connection, String(data), clock()));
  webSocket.on('error', () => webSocket.terminate());
  webSocket.on('close', () => {
    table.remove(connection);
    exchange.disconnect(connection);
  });
}

function categoryOf(target: string): Category | undefined {
  const { pathname } = urlOf(target);
  return CATEGORIES.find((category) => pathname === `/v5/public/${category}`);
}

/** The request's target; one that is no URL ("//") leads nowhere, as any unknown path does. */
function urlOf(target: string | undefined): URL {
  return URL.parse(target ?? '', 'http://exchange') ?? new URL('http://exchange/not-found');
}

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}

function httpRequest(request: IncomingMessage, body: string): HttpRequest {
  const { pathname, searchParams } = urlOf(request.url);
  return {
    method: request.method ?? 'GET',
    path: pathname,
    query: searchParams,
    address: request.socket.remoteAddress ?? '',
    body,
    rawQuery: (request.url ?? '').split('?').slice(1).join('?'),
    headers: request.headers,
  };
}

function readBody(request: IncomingMessage, response: ServerResponse, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= BODY_MOST_BYTES) chunks.push(chunk);
    else if (!response.headersSent)
      respond(response, { status: 413, headers: { connection: 'close' }, body: '' });
  });
  request.on('end', () => {
    if (size <= BODY_MOST_BYTES) done(Buffer.concat(chunks).toString('utf8'));
  });
  request.on('error', () => response.destroy());
}

/** Long work is done in slices, so that frames go out in between. */
function answerInTurns(work: Generator<void, HttpAnswer>, done: (answer: HttpAnswer) => void): void {
  const until = performance.now() + SLICE_MS;
  do {
    const step = work.next();
    if (step.done === true) return done(step.value);
  } while (performance.now() < until);
  setImmediate(() => answerInTurns(work, done));
}
