/**
 * A small Bybit for one client at a time, on as many sockets as it likes: acknowledges, answers pings, sends the snapshots,
 * then plays prepared frames.
 *
 * The bytes of data frames go past the WebSocket library straight to the socket: they were encoded before, so a frame
 * costs this process next to nothing and the same for every client. REST is the simulated exchange's own (ccxt wants the
 * list of instruments before it subscribes).
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { Exchange } from '../connector/exchange/exchange.ts';
import type { Connection } from '../connector/exchange/feeds/connections.ts';
import { Rest } from '../connector/exchange/rest/rest.ts';
import { successReply } from '../connector/exchange/socket/replies.ts';
import type { Chunk, FrameSource } from './frames.ts';

/** At most this many frames are under way: a client always has work waiting, and nobody's queues grow without end. */
const MOST_UNDER_WAY = 1_000;
/** Bytes that may wait in this process for the client's socket. */
const MOST_BUFFERED = 1024 * 1024;

export type FrameServer = {
  readonly port: number;
  /** Frames of this source are for the next client. */
  readonly serve: (source: FrameSource) => void;
  /** True once the present client has subscribed to all topics of the source. */
  readonly isSubscribed: () => boolean;
  /** The number of the socket that carries a topic. */
  readonly placeOf: (topic: string) => number;
  /** Sends as fast as the client takes it. Resolves when all is written. */
  readonly saturate: (chunks: readonly Chunk[]) => Promise<void>;
  /** The client has consumed this many frames of the present play. */
  readonly consumed: (frames: number) => void;
  /** Sends frame k at `startNs` + k / rate, by the monotonic clock. Chunks hold one frame each. */
  readonly pace: (chunks: readonly Chunk[], startNs: number, framesPerSecond: number) => Promise<void>;
  readonly close: () => void;
};

type Client = { readonly raw: Duplex; readonly socket: WebSocket; readonly topics: Set<string> };

/** Listens on a free port of loopback. */
export async function startFrameServer(): Promise<FrameServer> {
  let source: FrameSource | undefined;
  /** The sockets of the present client, in the order in which they came. */
  let clients: Client[] = [];
  const rest = restOfTheExchange();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://bench');
    const asked = { method: 'GET', path: pathname, query: searchParams, address: '127.0.0.1', body: '' };
    const answer = rest.answer(asked, moment());
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on('upgrade', (request: IncomingMessage, raw: Duplex, head: Buffer) => {
    webSockets.handleUpgrade(request, raw, head, (socket) => {
      const own: Client = { raw, socket, topics: new Set() };
      clients.push(own);
      raw.on('drain', () => player.wake());
      socket.on('error', () => socket.terminate());
      socket.on('message', (data: Buffer) => answer(own, data.toString(), source));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const present = (place: number): Client => {
    const client = clients[place];
    if (client === undefined || client.raw.destroyed) throw new Error('the client has gone away');
    return client;
  };
  const places = new Map<string, number>();
  const player = playerOn((place) => present(place).raw);

  return {
    port: (server.address() as AddressInfo).port,
    serve: (next) => {
      source = next;
      clients = [];
      places.clear();
    },
    isSubscribed: () =>
      clients.every(({ raw }) => !raw.destroyed) &&
      clients.reduce((sum, { topics }) => sum + topics.size, 0) === source?.topics,
    placeOf: (topic) => {
      const known = places.get(topic);
      if (known !== undefined) return known;
      const place = clients.findIndex(({ topics }) => topics.has(topic));
      places.set(topic, place);
      return place;
    },
    consumed: player.consumed,
    saturate: player.saturate,
    pace: player.pace,
    close: () => {
      for (const socket of webSockets.clients) socket.terminate();
      server.close();
      server.closeAllConnections();
    },
  };
}

type Player = Pick<FrameServer, 'saturate' | 'consumed' | 'pace'> & {
  /** There may be room again. */
  readonly wake: () => void;
};

/** Writes chunks to the sockets of their places. */
function playerOn(socketAt: (place: number) => Duplex): Player {
  let consumedFrames = 0;
  let wake = (): void => undefined;
  return {
    wake: () => wake(),
    consumed: (frames) => {
      consumedFrames = frames;
      wake();
    },
    saturate: async (chunks) => {
      consumedFrames = 0;
      let sent = 0;
      for (const { bytes, frames, place } of chunks) {
        while (sent - consumedFrames >= MOST_UNDER_WAY || socketAt(place).writableLength > MOST_BUFFERED)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        socketAt(place).write(bytes);
        sent += frames;
      }
    },
    pace: async (chunks, startNs, framesPerSecond) => {
      const nsPerFrame = 1e9 / framesPerSecond;
      let next = 0;
      while (next < chunks.length) {
        const due = Math.min(chunks.length, Math.floor((nowNs() - startNs) / nsPerFrame) + 1);
        for (; next < due; next += 1) {
          const chunk = chunks[next];
          if (chunk !== undefined) socketAt(chunk.place).write(chunk.bytes);
        }
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
  };
}

/** The monotonic clock of the system in nanoseconds: the same in all processes. */
export function nowNs(): number {
  return Number(process.hrtime.bigint());
}

function answer(client: Client, text: string, source: FrameSource | undefined): void {
  const request = JSON.parse(text) as { op?: string; req_id?: string; args?: readonly string[] };
  const { op } = request;
  if (op !== 'subscribe' && op !== 'unsubscribe' && op !== 'ping') return;
  client.socket.send(successReply(CONNECTION, op, request.req_id));
  if (op !== 'subscribe') return;
  for (const topic of request.args ?? []) {
    client.topics.add(topic);
    const snapshot = source?.snapshotOf(topic, Date.now());
    if (snapshot !== undefined) client.socket.send(snapshot);
  }
}

/** What the replies need to know of a socket. */
const CONNECTION: Connection = {
  id: 1,
  category: 'linear',
  connId: 'bench-0001',
  topics: new Set(),
  argsCharacters: 0,
};

function restOfTheExchange(): Rest {
  const options = {
    seed: 'ingest',
    rate: undefined,
    tradesPerFrame: undefined,
    stepsPerFrame: 1,
    timeScale: 1,
  };
  const sockets = { send: () => undefined, terminate: () => undefined, close: () => undefined };
  return new Rest(new Exchange(options, { sockets, journal: undefined }, moment()));
}

function moment() {
  return { unix: Date.now(), mono: performance.now() };
}
