/**
 * Every execution of a market since its birth, day by day, in some seven bytes each.
 *
 * Memory keeps the newest executions as objects (execution-store.ts); this is what the archive and old candles are made
 * from after those are gone. Ids are not kept: they follow from an execution's number. All markets together may fill a
 * budget; beyond it the oldest day of any market is let go as a whole and remembered as lost, because half a day would be
 * taken for a whole one.
 */
import type { Execution, TickDirection } from '../market/market.ts';
import { DAY_MS, dayOf } from './day.ts';
import type { LastTrade } from './trade-rows.ts';
import { TradeRows } from './trade-rows.ts';

const CHUNK_LEAST = 256;
const CHUNK_MOST = 65_536;
/** Three numbers of at most eight bytes. */
const ENTRY_MOST = 24;
/** Rows that are read at a time. */
const ROWS = 2000;

/** The executions of one day. */
interface LivedDay {
  readonly day: number;
  /** Executions of the market before this day. */
  readonly firstNumber: number;
  readonly before: LastTrade;
  readonly chunks: { readonly bytes: Uint8Array; length: number }[];
  count: number;
  isLost: boolean;
  lastAt: number;
  lastPrice: number;
}

/** The bytes that the logs of all markets may fill together. */
export class LogBudget {
  readonly most: number;
  used = 0;
  /** Days that were let go. */
  lost = 0;
  private readonly days: LivedDay[] = [];

  constructor(most: number) {
    this.most = most;
  }

  open(day: LivedDay): void {
    this.days.push(day);
  }

  /** Counts a new piece of a day's log; the oldest days go until it fits. */
  take(bytes: number): void {
    this.used += bytes;
    while (this.used > this.most) {
      const oldest = this.days.shift();
      if (oldest === undefined) return;
      for (const chunk of oldest.chunks) this.used -= chunk.bytes.length;
      oldest.chunks.length = 0;
      oldest.isLost = true;
      this.lost += 1;
    }
  }
}

/** One market's log. */
export class LivedLog {
  private readonly days: LivedDay[] = [];
  private readonly budget: LogBudget;
  private readonly idOf: (number: number) => string;
  private total = 0;
  private lastPrice: number;
  private lastDirection: TickDirection = 'ZeroPlusTick';

  /** `idOf` gives the id of the market's first execution for 1, of its second for 2, and so on. */
  constructor(budget: LogBudget, basePrice: number, idOf: (number: number) => string) {
    this.budget = budget;
    this.idOf = idOf;
    this.lastPrice = basePrice;
  }

  /** Notes an execution; their times never run backwards. */
  add({ at, price, size, side, direction }: Execution): void {
    let day = this.days.at(-1);
    if (day === undefined || at >= day.day + DAY_MS) day = this.open(dayOf(at));
    if (!day.isLost) {
      const chunk = this.room(day);
      if (!day.isLost) {
        write(chunk, at - day.lastAt);
        write(chunk, price >= day.lastPrice ? (price - day.lastPrice) * 2 : (day.lastPrice - price) * 2 - 1);
        write(chunk, size * 2 + (side === 'Sell' ? 1 : 0));
      }
    }
    day.lastAt = at;
    day.lastPrice = price;
    day.count += 1;
    this.total += 1;
    this.lastPrice = price;
    this.lastDirection = direction;
  }

  /** Was this day (its first ms) let go for want of room? */
  isLost(day: number): boolean {
    return this.find(day)?.isLost === true;
  }

  /** Executions of a day. */
  countOf(day: number): number {
    return this.find(day)?.count ?? 0;
  }

  /** The price at which a day began. */
  priceBefore(day: number): number {
    const next = this.days.find((one) => one.day >= day);
    return next === undefined ? this.lastPrice : next.before.price;
  }

  /** The executions of a day, oldest first; none of a day that is lost. The rows are filled anew each time. */
  *rows(day: number): Generator<TradeRows, void> {
    const found = this.find(day);
    if (found === undefined || found.isLost) return;
    const rows = new TradeRows(ROWS, (number) => this.idOf(number + 1));
    rows.first = found.firstNumber;
    rows.before = found.before;
    const state = { at: found.day, price: found.before.price };
    for (const chunk of found.chunks) {
      const reader = { chunk, offset: 0 };
      while (reader.offset < chunk.length) {
        if (rows.count === ROWS) {
          yield rows;
          rows.first += rows.count;
          rows.count = 0;
          rows.before = undefined;
        }
        readInto(rows, reader, state);
      }
    }
    if (rows.count > 0) yield rows;
  }

  private find(day: number): LivedDay | undefined {
    return this.days.findLast((one) => one.day === day);
  }

  private open(day: number): LivedDay {
    const opened: LivedDay = {
      day,
      firstNumber: this.total,
      before: { price: this.lastPrice, direction: this.lastDirection },
      chunks: [],
      count: 0,
      isLost: false,
      lastAt: day,
      lastPrice: this.lastPrice,
    };
    this.days.push(opened);
    this.budget.open(opened);
    return opened;
  }

  /** The piece that has room for one more; to get it this very day may have to be let go. */
  private room(day: LivedDay): Chunk {
    const last = day.chunks.at(-1);
    if (last !== undefined && last.length + ENTRY_MOST <= last.bytes.length) return last;
    const bytes = Math.min(CHUNK_MOST, last === undefined ? CHUNK_LEAST : last.bytes.length * 2);
    const chunk = { bytes: new Uint8Array(bytes), length: 0 };
    day.chunks.push(chunk);
    this.budget.take(bytes);
    return chunk;
  }
}

interface Chunk {
  readonly bytes: Uint8Array;
  length: number;
}

/** Seven bits a byte, the lowest first; `value` is a whole number from 0 to 2^53. */
function write(chunk: Chunk, value: number): void {
  let left = value;
  while (left >= 128) {
    chunk.bytes[chunk.length] = (left % 128) + 128;
    chunk.length += 1;
    left = Math.floor(left / 128);
  }
  chunk.bytes[chunk.length] = left;
  chunk.length += 1;
}

interface Reader {
  readonly chunk: Chunk;
  offset: number;
}

function read(reader: Reader): number {
  let value = 0;
  for (let unit = 1; ; unit *= 128) {
    const byte = reader.chunk.bytes[reader.offset] ?? 0;
    reader.offset += 1;
    if (byte < 128) return value + byte * unit;
    value += (byte - 128) * unit;
  }
}

function readInto(rows: TradeRows, reader: Reader, state: { at: number; price: number }): void {
  state.at += read(reader);
  const change = read(reader);
  state.price += change % 2 === 0 ? change / 2 : -(change + 1) / 2;
  const size = read(reader);
  const index = rows.count;
  rows.at[index] = state.at * 10 + tenthOf(state.at);
  rows.price[index] = state.price;
  rows.size[index] = Math.floor(size / 2);
  rows.isSell[index] = size % 2;
  rows.count += 1;
}

/** The archive's digit behind the millisecond, one for all that happened in it; the log has none. */
function tenthOf(at: number): number {
  return (Math.imul(at % 1_000_003, 0x9e3779b1) >>> 8) % 10;
}
