/**
 * Trades that wait to be recorded, as they cross to the thread that writes them: one flat array of numbers and one of ids, since
 * copying objects between threads costs several times as much (runner/strategy/batch-writer.ts). A row of numbers is
 *
 *   place timestamp seq price qty flags            `place`: of its instrument in the batch; NaN stands for no seq
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import { isLive } from '../intake/trade-order.ts';

export const ROW = 6;
/** Where the values are in a row. */
export const column = { place: 0, timestamp: 1, seq: 2, price: 3, qty: 4, flags: 5 } as const;
/** Bits. Of what is optional one says that it is told, and the next what. */
export const flag = { buy: 1, toldBlock: 2, block: 4, toldRpi: 8, rpi: 16, late: 32 } as const;

export type Rows = { readonly numbers: Float64Array; readonly ids: readonly string[] };

export class RowWriter {
  #numbers = new Float64Array(256 * ROW);
  #ids: string[] = [];

  get size(): number {
    return this.#ids.length;
  }

  add(place: number, trade: TradeEvent): void {
    const at = this.#ids.length * ROW;
    if (at === this.#numbers.length) this.#grow();
    const numbers = this.#numbers;
    numbers[at] = place;
    numbers[at + 1] = trade.timestamp;
    numbers[at + 2] = trade.seq ?? Number.NaN;
    numbers[at + 3] = trade.price;
    numbers[at + 4] = trade.qty;
    numbers[at + 5] = flagsOf(trade);
    this.#ids.push(trade.id);
  }

  /** All that was added; the writer is empty then. */
  take(): Rows {
    const rows = { numbers: this.#numbers.slice(0, this.#ids.length * ROW), ids: this.#ids };
    this.#ids = [];
    return rows;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#numbers.length);
    larger.set(this.#numbers);
    this.#numbers = larger;
  }
}

function flagsOf(trade: TradeEvent): number {
  let flags = trade.side === 'buy' ? flag.buy : 0;
  if (trade.block !== undefined) flags |= flag.toldBlock | (trade.block ? flag.block : 0);
  if (trade.rpi !== undefined) flags |= flag.toldRpi | (trade.rpi ? flag.rpi : 0);
  if (!isLive(trade)) flags |= flag.late;
  return flags;
}

const needsEscape = /["\\\p{Cc}\p{Cs}]/u;

/** One row as a line of the journal (docs/semantics.md). Numbers are told in their shortest form, so that they are read back equal. */
export function journalLine({ numbers, ids }: Rows, row: number): string {
  const at = row * ROW;
  const id = ids[row] ?? '';
  const seq = numbers[at + column.seq] ?? Number.NaN;
  const flags = numbers[at + column.flags] ?? 0;
  return (
    `{"timestamp":${numbers[at + column.timestamp]},` +
    (Number.isNaN(seq) ? '' : `"seq":${seq},`) +
    `"id":${needsEscape.test(id) ? JSON.stringify(id) : `"${id}"`},"price":${numbers[at + column.price]},` +
    `"qty":${numbers[at + column.qty]},"side":"${(flags & flag.buy) === 0 ? 'sell' : 'buy'}"` +
    ((flags & flag.toldBlock) === 0 ? '' : `,"block":${(flags & flag.block) !== 0}`) +
    ((flags & flag.toldRpi) === 0 ? '' : `,"rpi":${(flags & flag.rpi) !== 0}`) +
    '}\n'
  );
}

/** The times of the rows of each of these places, `to` behind the last. */
export function timesOf(
  { numbers }: Rows,
  places: ReadonlySet<number>,
): ReadonlyMap<number, { from: number; to: number; trades: number }> {
  const times = new Map<number, { from: number; to: number; trades: number }>();
  for (let at = 0; at < numbers.length; at += ROW) {
    const place = numbers[at] ?? 0;
    if (!places.has(place)) continue;
    const timestamp = numbers[at + column.timestamp] ?? 0;
    const known = times.get(place);
    if (known === undefined) times.set(place, { from: timestamp, to: timestamp + 1, trades: 1 });
    else {
      known.from = Math.min(known.from, timestamp);
      known.to = Math.max(known.to, timestamp + 1);
      known.trades += 1;
    }
  }
  return times;
}
