/** A reader of an outbox that reads, or does not; and events to be read, each with a number of its own. */
import { Outbox } from '../../../connector/outbox.ts';
import { type TradeFeed, TradeLines } from '../../../connector/session/trades/trade-lines.ts';
import type { UnnumberedEvent } from '../../../shared/events/event.ts';
import type {
  DepthEvent,
  KlineEvent,
  LiquidationEvent,
  TickerEvent,
  TradeEvent,
} from '../../../shared/events/market-events.ts';
import type { Topic } from '../../../shared/market.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { monoMs } from '../../../shared/time.ts';

export type Line = {
  readonly type: string;
  readonly n: number;
  readonly id?: string;
  readonly action?: string;
} & Record<string, unknown>;

export class Reader {
  blocked = false;
  readonly lines: Line[] = [];
  readonly refetched: Topic[] = [];
  readonly outbox: Outbox;
  readonly #lines: TradeLines;
  readonly #feeds = new Map<string, TradeFeed>();

  constructor(maxBytes: number) {
    this.outbox = new Outbox('test', maxBytes, {
      write: (line) => this.lines.push(JSON.parse(line) as Line),
      isBlocked: () => this.blocked,
      refetch: (topic) => this.refetched.push(topic),
      nowMs: () => 1_750_000_000_000,
    });
    let gaps = 0;
    this.#lines = new TradeLines(scaledPolicy(1).healing.trades, {
      emit: (event) => this.outbox.offer(event),
      nextGapId: () => {
        gaps += 1;
        return `t${gaps}`;
      },
      hasRoom: this.outbox.hasRoom,
    });
  }

  get droppedTrades(): number {
    return this.#lines.dropped;
  }

  /** A trade that its topic tells, if there is room. */
  tell(event: TradeEvent): this {
    const { category, symbol } = event;
    const feed = this.#feeds.get(symbol) ?? this.#lines.feed({ channel: 'trades', category, symbol }, 0);
    this.#feeds.set(symbol, feed);
    feed.tell([event], monoMs(0));
    return this;
  }

  offer(...events: readonly UnnumberedEvent[]): this {
    for (const event of events) this.outbox.offer(event);
    return this;
  }

  read(): void {
    this.blocked = false;
    this.outbox.drained();
  }
}

let serial = 0;
const market = (symbol: string) => {
  serial += 1;
  return { category: 'linear', symbol, timestamp: 1_750_000_000_000 + serial } as const;
};

export function trade(symbol = 'BTCUSDT'): TradeEvent {
  const fields = market(symbol);
  const amounts = { price: 1, qty: 1, side: 'buy', is_buyer_maker: false } as const;
  return { type: 'trade', ...fields, ...amounts, id: `t${serial}`, seq: serial };
}

export function depth(action: 'snapshot' | 'delta', symbol = 'BTCUSDT'): DepthEvent {
  const fields = market(symbol);
  const sides = { bids: [[1, 1]], asks: [[2, 1]] } as const;
  return { type: 'depth', ...fields, action, depth: 50, ...sides, last_update_id: serial };
}

export function liquidation(symbol = 'BTCUSDT'): LiquidationEvent {
  return { type: 'liquidation', ...market(symbol), price: 1, qty: 1, position: 'long' };
}

export function ticker(price: number, symbol = 'BTCUSDT'): TickerEvent {
  return { type: 'ticker', ...market(symbol), last_price: price };
}

export function candle(index: number, closed: boolean, symbol = 'BTCUSDT'): KlineEvent {
  const start = 1_750_000_020_000 + index * 60_000;
  const numbers = { open: 1, high: 1, low: 1, close: 1, volume: 1, turnover: 1 };
  const times = { interval: '1', start, end: start + 59_999 } as const;
  return { type: 'kline', ...market(symbol), ...times, ...numbers, closed };
}
