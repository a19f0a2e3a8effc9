/**
 * What is known under the exchange's name of a topic, found by the bytes of a frame: on the way of every frame, so without making
 * a text of the name.
 */
import { Buffer } from 'node:buffer';

type Entry<T> = { readonly name: Buffer; readonly value: T; readonly next: Entry<T> | undefined };

const QUOTE = 0x22;
const PRIME = 0x01000193;

export class TopicTable<T> {
  readonly #byName = new Map<string, T>();
  /** By a hash of their names; names with the same one are chained. */
  readonly #byHash = new Map<number, Entry<T>>();
  /** Where the name ended that `find` read last. */
  end = 0;

  get(name: string): T | undefined {
    return this.#byName.get(name);
  }

  /** What stands under the name that begins at `from` and ends before a quote. */
  find(bytes: Uint8Array, from: number): T | undefined {
    let hash = 0;
    let at = from;
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) break;
      hash = Math.imul(hash ^ byte, PRIME);
    }
    this.end = at;
    let entry = this.#byHash.get(hash);
    while (entry !== undefined && !isAt(entry.name, bytes, from, at)) entry = entry.next;
    return entry?.value;
  }

  set(name: string, value: T): void {
    const bytes = this.#unchain(name);
    this.#byName.set(name, value);
    const hash = hashOf(bytes);
    this.#byHash.set(hash, { name: bytes, value, next: this.#byHash.get(hash) });
  }

  delete(name: string): void {
    if (this.#byName.delete(name)) this.#unchain(name);
  }

  values(): Iterable<T> {
    return this.#byName.values();
  }

  /** Answers the bytes of the name. */
  #unchain(name: string): Buffer {
    const bytes = Buffer.from(name);
    const hash = hashOf(bytes);
    let rest: Entry<T> | undefined;
    for (let entry = this.#byHash.get(hash); entry !== undefined; entry = entry.next)
      if (!bytes.equals(entry.name)) rest = { ...entry, next: rest };
    if (rest === undefined) this.#byHash.delete(hash);
    else this.#byHash.set(hash, rest);
    return bytes;
  }
}

function hashOf(name: Uint8Array): number {
  let hash = 0;
  for (const byte of name) hash = Math.imul(hash ^ byte, PRIME);
  return hash;
}

function isAt(name: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== name.length) return false;
  for (let index = 0; index < name.length; index += 1) if (bytes[from + index] !== name[index]) return false;
  return true;
}
