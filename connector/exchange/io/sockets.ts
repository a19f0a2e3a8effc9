/**
 * The open sockets: the real side of the `Sockets` port.
 *
 * A text is encoded once, however many subscribers it has. A client that does not read is cut off when 16 MiB wait for
 * it, as an exchange does; nothing is ever dropped from the middle of its stream.
 */
import type { WebSocket } from 'ws';
import type { Connection, Sockets } from '../feeds/connections.ts';

/** Bytes that may wait for one client. */
const WAITING_MOST_BYTES = 16 * 1024 * 1024;

/** Sockets by connection. */
export class SocketTable implements Sockets {
  private readonly sockets = new Map<Connection, WebSocket>();
  private readonly onTooSlow: (connection: Connection) => void;

  constructor(onTooSlow: (connection: Connection) => void) {
    this.onTooSlow = onTooSlow;
  }

  readonly send = (to: Iterable<Connection>, text: string): void => {
    const bytes = Buffer.from(text);
    for (const connection of to) {
      const socket = this.sockets.get(connection);
      if (socket === undefined || socket.readyState !== socket.OPEN) continue;
      if (socket.bufferedAmount > WAITING_MOST_BYTES) {
        this.onTooSlow(connection);
        socket.terminate();
      } else {
        socket.send(bytes, { binary: false, compress: false });
      }
    }
  };

  readonly terminate = (connection: Connection): void => {
    this.sockets.get(connection)?.terminate();
  };

  readonly close = (connection: Connection, code: number, reason: string): void => {
    this.sockets.get(connection)?.close(code, reason);
  };

  add(connection: Connection, socket: WebSocket): void {
    this.sockets.set(connection, socket);
  }

  remove(connection: Connection): void {
    this.sockets.delete(connection);
  }

  /** Says farewell to all; those that do not answer within `patienceMs` are cut. */
  closeAll(patienceMs: number): void {
    for (const socket of this.sockets.values()) socket.close(1001, 'going away');
    const cut = (): void => {
      for (const socket of this.sockets.values()) socket.terminate();
    };
    setTimeout(cut, patienceMs).unref();
  }

  get bufferedBytes(): number {
    let sum = 0;
    for (const socket of this.sockets.values()) sum += socket.bufferedAmount;
    return sum;
  }
}
