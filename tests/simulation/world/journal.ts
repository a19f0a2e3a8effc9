/** What happened lately, in words, for whoever reads of a broken invariant; and the fingerprint of all that was said. */
import { createHash } from 'node:crypto';
import { Ring } from '../../../shared/ring.ts';
import type { VirtualTime } from './time.ts';

const KEPT = 60;

/** An invariant that did not hold. */
export type Broken = { readonly atMs: number; readonly invariant: string; readonly what: string };

export class Journal {
  readonly #time: VirtualTime;
  readonly #recent = new Ring<string>(KEPT);
  readonly #hash = createHash('sha256');
  #broken: Broken | undefined;
  #recentAtBreak: readonly string[] = [];
  /** Everything that was noted, when somebody wants to read it all. */
  readonly all: string[] | undefined;

  constructor(time: VirtualTime, keepAll: boolean) {
    this.#time = time;
    this.all = keepAll ? [] : undefined;
  }

  /** A fact worth reading. Part of the fingerprint. */
  note(words: string): void {
    const line = `${(this.#time.now / 1_000).toFixed(3).padStart(9)} s  ${words}`;
    this.#recent.push(line);
    this.all?.push(line);
    this.#hash.update(line);
  }

  /** Something that was said; only the fingerprint keeps it. */
  said(line: string): void {
    this.#hash.update(line);
  }

  /** An invariant does not hold: the first one counts, the others follow from it. */
  broken(invariant: string, what: string): void {
    if (this.#broken !== undefined) return;
    this.#broken = { atMs: this.#time.now, invariant, what };
    this.#recentAtBreak = [...this.#recent];
  }

  get firstBroken(): Broken | undefined {
    return this.#broken;
  }

  /** The last facts before the first invariant broke. */
  get recent(): readonly string[] {
    return this.#recentAtBreak;
  }

  fingerprint(): string {
    return this.#hash.copy().digest('hex').slice(0, 16);
  }
}
