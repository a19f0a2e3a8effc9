/**
 * What the measuring process and the consumers say to each other: JSON lines over loopback, the same for every client.
 *
 * The strategy lives in a thread of the runner, which has no other way out; so everybody uses this one.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** The environment variable that names the port. */
export const CONTROL_PORT = 'BENCH_CONTROL_PORT';

/** To the consumer: what comes next. */
export type Phase = {
  readonly trades: number;
  /** Ids of the phase begin here. */
  readonly firstId: number;
  readonly tradesPerFrame: number;
  /** Consumption is reported after every so many trades. */
  readonly reportEvery: number;
  /** Of a paced phase: when frame 0 is due (monotonic ns) and the pace. */
  readonly paced: { readonly startNs: number; readonly framesPerSecond: number } | null;
};

/** Milliseconds from the scheduled sending to the consumer's handler. */
export type Latency = {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
};

/** From the consumer. */
export type Told =
  | { readonly kind: 'hello' }
  /** The phase is known: frames may come. */
  | { readonly kind: 'armed' }
  | { readonly kind: 'progress'; readonly trades: number }
  | {
      readonly kind: 'done';
      readonly trades: number;
      readonly lastId: number;
      /** Trades whose id was not the next one. */
      readonly jumps: number;
      readonly latency: Latency | null;
      /** Of the book that the client keeps, if it keeps one. */
      readonly bookHash: string | null;
      /** Heap of this thread, bytes. */
      readonly heapBytes: number;
    };

export type Control = {
  readonly port: number;
  /** Resolves when the next consumer has said hello. */
  readonly nextConsumer: () => Promise<ConsumerLink>;
  readonly close: () => void;
};

export type ConsumerLink = {
  readonly send: (phase: Phase) => void;
  /** One listener at a time. */
  readonly onTold: (listener: (told: Told) => void) => void;
  readonly close: () => void;
};

/** The measuring side, on a free port of loopback. */
export async function startControl(): Promise<Control> {
  let take: ((link: ConsumerLink) => void) | undefined;
  const server = createServer((socket) => {
    let listener: (told: Told) => void = (told) => {
      if (told.kind === 'hello') take?.(link);
    };
    const link: ConsumerLink = {
      send: (phase) => writeLine(socket, phase),
      onTold: (next) => {
        listener = next;
      },
      close: () => socket.destroy(),
    };
    readLines(socket, (value) => listener(value as Told));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    nextConsumer: () =>
      new Promise((resolve) => {
        take = resolve;
      }),
    close: () => server.close(),
  };
}

/** Calls `onValue` with each JSON line of a socket. */
export function readLines(socket: Socket, onValue: (value: unknown) => void): void {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  createInterface({ input: socket }).on('line', (line) => onValue(JSON.parse(line)));
}

export function writeLine(socket: Socket, value: Phase | Told): void {
  socket.write(`${JSON.stringify(value)}\n`);
}
