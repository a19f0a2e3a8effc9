/**
 * Stands between a program and an exchange on loopback, and passes each message on by itself, so that a test can leave some of them
 * out on one connection of several: faults of the exchange strike all connections that carry a topic.
 */
import { after } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';

export type Relay = {
  /** Leaves out the next `count` data of the topic. */
  readonly skip: (topic: string, count: number) => void;
  /** From now on each message is passed on so much later; to be set once. */
  readonly lag: (ms: number) => void;
  /** Half open: data and acknowledgements stop, pongs come. */
  readonly halfOpen: () => void;
  /** Cuts it at both ends, without a word. */
  readonly cut: () => void;
  /** Messages that were left out, of those that `skip` asked for. */
  readonly skipped: () => number;
};

export type FrameProxy = {
  /** Where it listens, for any path. */
  readonly url: string;
  /** Connections that are open, oldest first. */
  readonly open: () => readonly Relay[];
};

export async function startFrameProxy(exchange: string): Promise<FrameProxy> {
  const target = new URL(exchange);
  const open = new Set<Relay>();
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  server.on('connection', (near, { url = '/' }) => {
    const far = new WebSocket(`ws://${target.host}${url}`, { perMessageDeflate: false });
    const state = {
      isHalfOpen: false,
      lagMs: 0,
      skipped: 0,
      waiting: [] as string[],
      toSkip: new Map<string, number>(),
    };
    const end = (): void => {
      open.delete(relay);
      near.terminate();
      far.terminate();
    };
    const relay: Relay = {
      skip: (topic, count) => state.toSkip.set(topic, count),
      lag: (ms) => {
        state.lagMs = ms;
      },
      halfOpen: () => {
        state.isHalfOpen = true;
      },
      cut: end,
      skipped: () => state.skipped,
    };
    open.add(relay);
    near.on('message', (data) => {
      const text = textOf(data);
      if (far.readyState === WebSocket.OPEN) far.send(text);
      else state.waiting.push(text);
    });
    far.on('open', () => {
      for (const text of state.waiting.splice(0)) far.send(text);
    });
    far.on('message', (data) => {
      const text = textOf(data);
      if (state.isHalfOpen && !isPong(text)) return;
      const topic = /^\{"topic":"([^"]+)"/.exec(text)?.[1] ?? '';
      const left = state.toSkip.get(topic) ?? 0;
      if (left > 0) {
        state.toSkip.set(topic, left - 1);
        state.skipped += 1;
      } else if (state.lagMs === 0) near.send(text);
      else setTimeout(() => near.send(text), state.lagMs);
    });
    for (const side of [near, far]) {
      side.on('error', () => undefined);
      side.on('close', end);
    }
  });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  after(() => {
    for (const relay of open) relay.cut();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `ws://127.0.0.1:${port}`, open: () => [...open] };
}

function isPong(text: string): boolean {
  return text.includes('"pong"');
}

function textOf(data: unknown): string {
  return Buffer.isBuffer(data) ? data.toString() : String(data);
}
