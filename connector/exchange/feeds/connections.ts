/**
 * What the exchange knows about one client socket, and what it can ask of the sockets.
 */
import type { Category } from '../market/instruments.ts';
import type { Topic } from './topics.ts';

/** One socket. `id` is ours, `connId` is what Bybit shows to the client. */
export interface Connection {
  readonly id: number;
  readonly category: Category;
  readonly connId: string;
  readonly topics: Set<Topic>;
  /** Characters of all subscribed topics together; Bybit allows 21,000. */
  argsCharacters: number;
}

/** The sockets, as a port. */
export interface Sockets {
  /** Writes the same text to several sockets; it is encoded once. */
  readonly send: (to: Iterable<Connection>, text: string) => void;
  /** Cuts the socket without a farewell, as a lost network does. */
  readonly terminate: (connection: Connection) => void;
  /** Says farewell with a close frame. */
  readonly close: (connection: Connection, code: number, reason: string) => void;
}
