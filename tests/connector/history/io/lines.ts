/** Lines of recordings, and what is stored of them. */
import type { LinesImport } from '../../../../connector/history/io/append-lines.ts';
import type { TradeRow } from '../../../../connector/history/store/verification.ts';
import { type CacheWorld, linearKey, madeAt, midnight } from './cache-world.ts';

/** A recorded trade `at` ms after midnight. */
export function recorded(at: number, more: Partial<TradeRow> = {}): TradeRow {
  const usual = {
    seq: at,
    id: `id-${at}`,
    price: 93_500.1,
    qty: 0.25,
    side: 'buy',
    block: null,
    rpi: null,
  } as const;
  return { timestamp: midnight + at, ...usual, source: 'recording', ...more };
}

/** As a recorder writes it; it does not say where it has it from. */
export function lineOf({ source: _, ...row }: TradeRow): string {
  return `${JSON.stringify(row)}\n`;
}

/** What asks for rows to be added. Times in ms after midnight; a text is a file as it is. */
export function linesOf(
  world: CacheWorld,
  files: readonly (readonly TradeRow[] | string)[],
  more: Partial<LinesImport> & { readonly covered?: readonly (readonly [number, number])[] } = {},
): LinesImport {
  const { covered = [], ...rest } = more;
  return {
    key: linearKey,
    files: files.map((rows, index) =>
      world.raw(typeof rows === 'string' ? rows : rows.map(lineOf).join(''), `journal-${index}.jsonl`),
    ),
    source: 'recording',
    spans: covered.map(([from, to]) => ({ from: midnight + from, to: midnight + to })),
    gaps: [],
    fetchedAt: madeAt,
    ...rest,
  };
}
