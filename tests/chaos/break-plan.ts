/** The random breaks: each is a function of its seed and its number, so that any of them can be had again alone. Pure. */
import { createRandom } from '../../connector/exchange/market/random.ts';
import type { Category } from '../../shared/market.ts';

export type BreakKind = 'drop' | 'half_open' | 'freeze' | 'kill';

export type Break = {
  readonly kind: BreakKind;
  /** Whose sockets are concerned; undefined: all. A kill concerns all. */
  readonly category: Category | undefined;
  /** New sockets are refused (drop, kill), or silent as well (half_open, freeze), for so long. */
  readonly ms: number;
  /** Half-open and frozen sockets: do new ones fall silent, too? */
  readonly newSockets: boolean;
  /** The next break does not wait until this one is healed. */
  readonly inHaste: boolean;
};

/** The longest break, before it is scaled. */
const LONGEST_MS = 20_000;
const SHORTEST_MS = 100;

const kinds: readonly BreakKind[] = ['drop', 'drop', 'drop', 'half_open', 'freeze', 'kill'];

export function breakAt(seed: string, index: number, scale: number): Break {
  const random = createRandom(`${seed}/${index}`);
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random.fraction() * from.length)];
  const kind = pick(kinds) ?? 'drop';
  const category = pick(['linear', 'spot', undefined] as const);
  // Each order of magnitude is as likely as the other: most breaks are short, as in life.
  const ms = SHORTEST_MS * (LONGEST_MS / SHORTEST_MS) ** random.fraction();
  return {
    kind,
    category: kind === 'kill' ? undefined : category,
    ms: Math.max(1, Math.round(ms * scale)),
    newSockets: random.fraction() < 0.3,
    inHaste: random.fraction() < 0.25,
  };
}

export function breakName({ kind, category, ms, newSockets, inHaste }: Break): string {
  const words = [
    kind,
    category ?? 'all',
    `${ms} ms`,
    newSockets ? 'new sockets too' : '',
    inHaste ? 'in haste' : '',
  ];
  return words.filter((word) => word !== '').join(', ');
}
