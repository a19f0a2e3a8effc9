/**
 * Trades of several sources as one stream in the order of time, each once. Pure.
 *
 * Every source is in its own order by time. Of a millisecond that two of them know, the earlier source's trades count, and of the later one's those
 * that the earlier does not have: by id, or where ids are not comparable (spot: an archive counts its own) by price, quantity and side,
 * each as often as it occurs more often.
 */

import type { Category } from '../../../shared/market.ts';
import { matchesById, type TradeRow } from '../store/verification.ts';

export async function* mergeTrades(
  category: Category,
  sources: readonly AsyncIterable<TradeRow>[],
): AsyncGenerator<TradeRow, void, void> {
  const readers = sources.map((source) => new MomentReader(source));
  try {
    for (const reader of readers) await reader.next();
    for (;;) {
      const at = Math.min(...readers.map((reader) => reader.at));
      if (at === Number.POSITIVE_INFINITY) return;
      let known: readonly TradeRow[] = [];
      for (const reader of readers) {
        if (reader.at !== at) continue;
        known = known.length === 0 ? reader.rows : united(category, known, reader.rows);
        await reader.next();
      }
      yield* known;
    }
  } finally {
    for (const reader of readers) await reader.close();
  }
}

/** All of the one, and those of the other that it does not have; by sequence where every row has one. */
function united(
  category: Category,
  one: readonly TradeRow[],
  other: readonly TradeRow[],
): readonly TradeRow[] {
  const nameOf = matchesById(category)
    ? ({ id }: TradeRow): string => id
    : ({ price, qty, side }: TradeRow): string => `${price} ${qty} ${side}`;
  const there = new Map<string, number>();
  for (const row of one) there.set(nameOf(row), (there.get(nameOf(row)) ?? 0) + 1);
  const more = other.filter((row) => {
    const left = there.get(nameOf(row)) ?? 0;
    if (left > 0) there.set(nameOf(row), left - 1);
    return left === 0;
  });
  if (more.length === 0) return one;
  const all = [...one, ...more];
  return all.every(({ seq }) => seq !== null) ? all.toSorted((a, b) => (a.seq ?? 0) - (b.seq ?? 0)) : all;
}

/** Reads a source one millisecond at a time. */
class MomentReader {
  readonly #source: AsyncIterator<TradeRow>;
  #ahead: TradeRow | undefined;
  #begun = false;
  rows: readonly TradeRow[] = [];
  /** Infinity: it has ended. */
  at = Number.POSITIVE_INFINITY;

  constructor(source: AsyncIterable<TradeRow>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async next(): Promise<void> {
    if (!this.#begun) {
      this.#begun = true;
      this.#ahead = await this.#read();
    }
    const first = this.#ahead;
    if (first === undefined) {
      this.rows = [];
      this.at = Number.POSITIVE_INFINITY;
      return;
    }
    const rows = [first];
    let ahead = await this.#read();
    for (; ahead !== undefined && ahead.timestamp <= first.timestamp; ahead = await this.#read())
      rows.push(ahead);
    this.#ahead = ahead;
    this.rows = rows;
    this.at = first.timestamp;
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #read(): Promise<TradeRow | undefined> {
    const read = await this.#source.next();
    return read.done === true ? undefined : read.value;
  }
}
