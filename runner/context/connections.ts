/**
 * The child's sockets to the exchange, by market and number, as its own words change them.
 *
 * A connector that numbers its sockets says with each status which one it speaks of. One that does not has one socket a market,
 * and a word without a number or a market means all of them.
 */
import type { SocketReport } from '../../shared/events/process-events.ts';
import type { Category } from '../../shared/market.ts';

/** One socket. `unknown` until the child says something or data come. */
export type Connection = {
  readonly category: Category;
  /** Its number in the market; left out where the child does not number its sockets. */
  readonly socket?: number;
  readonly state: 'unknown' | 'connected' | 'disconnected';
  /** Why it is disconnected. */
  readonly reason: string | null;
};

/** What is carried: the market, and the sockets if they are known. */
export type Carried = { readonly category: Category; readonly sockets: readonly number[] };

/** May this socket be one of those that carry it? */
export function carries({ category, socket }: Connection, carried: Carried): boolean {
  if (category !== carried.category) return false;
  return socket === undefined || carried.sockets.length === 0 || carried.sockets.includes(socket);
}

/** `linear`, or `linear socket 2` where sockets are numbered. */
export function connectionName({ category, socket }: Connection): string {
  return socket === undefined ? category : `${category} socket ${socket}`;
}

export class Connections {
  /** By number; undefined stands for the one socket of a child that numbers none. */
  readonly #byCategory = new Map<Category, Map<number | undefined, Connection>>();

  /** The market is wanted, so it needs a socket. */
  expect(category: Category): void {
    if (this.#of(category).size === 0)
      this.#of(category).set(undefined, { category, state: 'unknown', reason: null });
  }

  /** What the child said of a socket; without a market of all markets, without a number of all sockets. */
  told(
    category: Category | undefined,
    socket: number | undefined,
    state: 'connected' | 'disconnected',
    reason: string | null,
  ): void {
    for (const known of category === undefined ? [...this.#byCategory.keys()] : [category]) {
      const sockets = this.#byCategory.get(known);
      if (sockets === undefined) continue;
      if (socket !== undefined) {
        sockets.delete(undefined);
        sockets.set(socket, { category: known, socket, state, reason });
        continue;
      }
      for (const [number, connection] of sockets) sockets.set(number, { ...connection, state, reason });
    }
  }

  /** A heartbeat lists all sockets there are: those that it leaves out are closed for good. */
  listed(reports: readonly SocketReport[]): void {
    for (const [category, sockets] of this.#byCategory) {
      const numbers = reports.filter((report) => report.category === category).map(({ socket }) => socket);
      for (const number of [...sockets.keys()])
        if (number !== undefined && !numbers.includes(number)) this.forget(category, number);
    }
  }

  /** The socket is closed for good. */
  forget(category: Category, socket: number): void {
    this.#byCategory.get(category)?.delete(socket);
  }

  childEnded(reason: string): void {
    for (const [category, sockets] of this.#byCategory) {
      sockets.clear();
      sockets.set(undefined, { category, state: 'disconnected', reason });
    }
  }

  /** Does the market have an unnumbered socket that is not known to be open? Then data would prove it. */
  isUnproven(category: Category): boolean {
    const connection = this.#byCategory.get(category)?.get(undefined);
    return connection !== undefined && connection.state !== 'connected';
  }

  list(): readonly Connection[] {
    return [...this.#byCategory.values()].flatMap((sockets) => [...sockets.values()]);
  }

  /** Why every socket that may carry it counts as gone; undefined while one does not. */
  whyGone(carried: Carried): string | undefined {
    let why: string | undefined;
    for (const connection of this.#byCategory.get(carried.category)?.values() ?? []) {
      if (!carries(connection, carried)) continue;
      if (connection.state !== 'disconnected') return undefined;
      why ??= connection.reason ?? 'disconnected';
    }
    return why;
  }

  #of(category: Category): Map<number | undefined, Connection> {
    const known = this.#byCategory.get(category);
    if (known !== undefined) return known;
    const sockets = new Map<number | undefined, Connection>();
    this.#byCategory.set(category, sockets);
    return sockets;
  }
}
