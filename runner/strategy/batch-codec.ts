/** Batches as they come out in the thread of a strategy; batch-writer.ts says how they are laid out. */
import { type Category, type Instrument, intervals } from '../../shared/market.ts';
import { origins, type PackedBatch, rowKinds, tradeFlags } from './batch-writer.ts';
import {
  type BatchMessage,
  type BookMessage,
  type StrategyMessage,
  TICKER_VALUES,
  type TradeMessage,
} from './messages.ts';

export type { PackedBatch };

export function unpackBatch(packed: PackedBatch): BatchMessage {
  const reader = new Reader(packed);
  const events: StrategyMessage[] = [];
  let category = '' as Category;
  let symbol = '';
  while (!reader.isAtEnd) {
    const kind = reader.number();
    if (kind === rowKinds.market) {
      category = reader.text() as Category;
      symbol = reader.text();
    } else if (kind === rowKinds.trade) events.push(readTrade(reader, category, symbol));
    else if (kind === rowKinds.book) events.push(readBook(reader, category, symbol));
    else if (kind === rowKinds.other) events.push(reader.other());
    else events.push(readChannel(kind, reader, { category, symbol }));
  }
  return { batch: packed.batch, events };
}

/** Takes numbers, texts and others off their lists in order. We wrote them ourselves: one too few is a bug, and throws. */
class Reader {
  readonly #packed: PackedBatch;
  #number = 0;
  #text = 0;
  #other = 0;

  constructor(packed: PackedBatch) {
    this.#packed = packed;
  }

  get isAtEnd(): boolean {
    return this.#number >= this.#packed.numbers.length;
  }

  number(): number {
    return there(this.#packed.numbers[this.#number++]);
  }

  text(): string {
    return there(this.#packed.texts[this.#text++]);
  }

  other(): StrategyMessage {
    return there(this.#packed.others[this.#other++]);
  }
}

function readTrade(reader: Reader, category: Category, symbol: string): TradeMessage {
  const timestamp = reader.number();
  const price = reader.number();
  const qty = reader.number();
  const flags = reader.number();
  return {
    kind: 'trade',
    category,
    symbol,
    timestamp,
    price,
    qty,
    side: (flags & tradeFlags.buy) === 0 ? 'sell' : 'buy',
    isBuyerMaker: (flags & tradeFlags.buyerIsMaker) !== 0,
    id: reader.number(),
    origin: origins[Math.trunc(flags / tradeFlags.origin)] ?? 'live',
  };
}

function readBook(reader: Reader, category: Category, symbol: string): BookMessage {
  return {
    kind: 'book',
    category,
    symbol,
    top: {
      valid: reader.number() === 1,
      timestamp: orNull(reader.number()),
      bid: orNull(reader.number()),
      bid_qty: orNull(reader.number()),
      ask: orNull(reader.number()),
      ask_qty: orNull(reader.number()),
    },
  };
}

function readChannel(kind: number, reader: Reader, market: Instrument): StrategyMessage {
  if (kind === rowKinds.kline) {
    const interval = there(intervals[reader.number()]);
    const [start, end] = [reader.number(), reader.number()];
    const [open, high, low, close] = [reader.number(), reader.number(), reader.number(), reader.number()];
    const [volume, turnover] = [reader.number(), reader.number()];
    return { kind: 'kline', ...market, interval, start, end, open, high, low, close, volume, turnover };
  }
  if (kind === rowKinds.ticker) {
    const timestamp = reader.number();
    const values = Array.from({ length: TICKER_VALUES }, () => reader.number());
    return { kind: 'ticker', ...market, timestamp, values };
  }
  const [timestamp, price, qty] = [reader.number(), reader.number(), reader.number()];
  const position = reader.number() === 1 ? 'long' : 'short';
  return { kind: 'liquidation', ...market, timestamp, price, qty, position };
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a batch for a strategy ends too early');
  return value;
}
