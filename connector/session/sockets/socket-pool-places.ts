/**
 * Which socket of a market carries which topic: packed by the characters that one connection may have, never moved.
 *
 * Topics of one symbol share a socket where it has room, so that its trades and its book compare in time. A new symbol goes to
 * the emptiest socket; where even that has its share, another socket is added, up to a few. So the symbols that move most,
 * which people name first, do not all stand on one. After that a socket is added only when none has room.
 */

/** Quotes and a comma: whether the exchange counts them is not known (bybit-v5.md 10, 12), so they count. */
const AROUND_A_NAME = 3;
/** A socket with this many characters of topics has its share (some 17 symbols with three channels each). */
const SHARE_LENGTH = 1_000;
/** Sockets for the sake of spreading; more come only for the sake of room. */
const SPREAD_SOCKETS = 4;
/** Sockets of one market. At 18,000 characters each, about 15,000 topics. */
export const MAX_SOCKETS = 20;

export type Place = { readonly socket: number; readonly symbol: string };

type Load = { length: number; topics: number };

export class TopicPlaces {
  readonly #argsLength: number;
  readonly #byName = new Map<string, Place>();
  readonly #loads = new Map<number, Load>();
  /** Topics of each symbol, by socket. */
  readonly #symbols = new Map<string, Map<number, number>>();
  #nextSocket = 0;

  /** `argsLength`: the characters of topics that one socket may carry. */
  constructor(argsLength: number) {
    this.#argsLength = argsLength;
  }

  get(name: string): Place | undefined {
    return this.#byName.get(name);
  }

  /** The socket that carries the topic from now on, possibly a new one; undefined when there is no room on any. */
  take(name: string, symbol: string): number | undefined {
    const known = this.#byName.get(name);
    if (known !== undefined) return known.socket;
    const socket = this.#choose(roomOf(name), symbol);
    if (socket === undefined) return undefined;
    this.#byName.set(name, { socket, symbol });
    this.#add(socket, symbol, roomOf(name), 1);
    return socket;
  }

  /** The exchange carries the topic no longer: its room is free. */
  free(name: string): void {
    const place = this.#byName.get(name);
    if (place === undefined) return;
    this.#byName.delete(name);
    this.#add(place.socket, place.symbol, -roomOf(name), -1);
  }

  isEmpty(socket: number): boolean {
    return this.#loads.get(socket)?.topics === 0;
  }

  /** The socket is closed for good. Its number is never given again. */
  retire(socket: number): void {
    this.#loads.delete(socket);
  }

  #choose(length: number, symbol: string): number | undefined {
    const hasRoom = (socket: number): boolean =>
      (this.#loads.get(socket)?.length ?? 0) + length <= this.#argsLength;
    for (const socket of this.#symbols.get(symbol)?.keys() ?? []) if (hasRoom(socket)) return socket;
    let emptiest: number | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [socket, load] of this.#loads) {
      if (load.length >= least) continue;
      emptiest = socket;
      least = load.length;
    }
    const isSpread = this.#loads.size >= SPREAD_SOCKETS || least < SHARE_LENGTH;
    if (emptiest !== undefined && isSpread && hasRoom(emptiest)) return emptiest;
    return this.#loads.size < MAX_SOCKETS ? this.#another() : undefined;
  }

  #another(): number {
    const socket = this.#nextSocket;
    this.#nextSocket += 1;
    this.#loads.set(socket, { length: 0, topics: 0 });
    return socket;
  }

  #add(socket: number, symbol: string, length: number, topics: number): void {
    const load = this.#loads.get(socket);
    if (load !== undefined) {
      load.length += length;
      load.topics += topics;
    }
    const counts = this.#symbols.get(symbol) ?? new Map<number, number>();
    const count = (counts.get(socket) ?? 0) + topics;
    if (count > 0) counts.set(socket, count);
    else counts.delete(socket);
    if (counts.size > 0) this.#symbols.set(symbol, counts);
    else this.#symbols.delete(symbol);
  }
}

function roomOf(name: string): number {
  return name.length + AROUND_A_NAME;
}
