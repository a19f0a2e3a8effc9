/** Events of the feed as the messages that go to the threads of the strategies; undefined for what is not told to them. */
import type { TowlineEvent } from '../../shared/events/event.ts';
import type { KlineEvent, TickerEvent } from '../../shared/events/market-events.ts';
import type { GapEvent } from '../../shared/events/process-events.ts';
import type { GapMessage, Offered } from './messages.ts';

export function messageOf(event: TowlineEvent): Offered | undefined {
  switch (event.type) {
    case 'trade':
      return event;
    case 'kline':
      return event.closed ? klineMessage(event) : undefined;
    case 'ticker':
      return tickerMessage(event);
    case 'liquidation':
      return {
        kind: 'liquidation',
        category: event.category,
        symbol: event.symbol,
        timestamp: event.timestamp,
        price: event.price,
        qty: event.qty,
        position: event.position,
      };
    case 'gap':
      // Of a book its validity tells, which comes with every change of its best prices.
      return event.channel === 'depth' ? undefined : gapMessage(event, event.channel);
    default:
      return undefined;
  }
}

function klineMessage(kline: KlineEvent): Offered {
  const { category, symbol, interval, start, end, open, high, low, close, volume, turnover } = kline;
  return { kind: 'kline', category, symbol, interval, start, end, open, high, low, close, volume, turnover };
}

function tickerMessage(ticker: TickerEvent): Offered {
  return {
    kind: 'ticker',
    category: ticker.category,
    symbol: ticker.symbol,
    timestamp: ticker.timestamp,
    values: [
      ticker.last_price ?? Number.NaN,
      ticker.mark_price ?? Number.NaN,
      ticker.index_price ?? Number.NaN,
      ticker.bid_price ?? Number.NaN,
      ticker.bid_qty ?? Number.NaN,
      ticker.ask_price ?? Number.NaN,
      ticker.ask_qty ?? Number.NaN,
      ticker.high_24h ?? Number.NaN,
      ticker.low_24h ?? Number.NaN,
      ticker.volume_24h ?? Number.NaN,
      ticker.turnover_24h ?? Number.NaN,
      ticker.open_interest ?? Number.NaN,
      ticker.funding_rate ?? Number.NaN,
      ticker.next_funding_at ?? Number.NaN,
    ],
  };
}

function gapMessage(gap: GapEvent, channel: GapMessage['channel']): Offered {
  return {
    kind: 'gap',
    channel,
    category: gap.category,
    symbol: gap.symbol,
    cause: gap.cause,
    state: gap.state,
    healedBy: gap.healed_by ?? null,
    from: gap.from?.timestamp ?? null,
    to: gap.to?.timestamp ?? null,
    missing: gap.missing ?? null,
  };
}
