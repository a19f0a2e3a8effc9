/** Tickers, klines and liquidations as the API shows them: contract names, ISO times. */
import type { LiquidationEvent } from '../../shared/events/market-events.ts';
import type { Instrument, Interval } from '../../shared/market.ts';
import type { Kline } from '../context/kline-series.ts';
import type { KlineView } from '../context/other-channels.ts';
import type { TickerView } from '../context/ticker-view.ts';
import type { KlineRow, LiquidationRow, TickerPayload } from './channel-payloads.ts';
import { isoOrNull, isoTime } from './present-market.ts';

const NOT_SUBSCRIBED = 'the ticker of this symbol is not subscribed: add ticker to SUBSCRIPTIONS';

/** Undefined `view`: nobody asked the exchange for it. The last values of one that is not valid are kept when `keepInvalid`. */
export function presentTicker(
  { symbol, category }: Instrument,
  view: TickerView | undefined,
  keepInvalid: boolean,
): TickerPayload {
  const told = view?.ticker ?? undefined;
  const shown = view?.valid === true || keepInvalid ? told : undefined;
  return {
    symbol,
    category,
    valid: view?.valid ?? false,
    reason: view === undefined ? NOT_SUBSCRIBED : view.reason,
    time: isoOrNull(told?.timestamp ?? null),
    last_price: shown?.last_price ?? null,
    mark_price: shown?.mark_price ?? null,
    index_price: shown?.index_price ?? null,
    bid_price: shown?.bid_price ?? null,
    bid_qty: shown?.bid_qty ?? null,
    ask_price: shown?.ask_price ?? null,
    ask_qty: shown?.ask_qty ?? null,
    high_24h: shown?.high_24h ?? null,
    low_24h: shown?.low_24h ?? null,
    volume_24h: shown?.volume_24h ?? null,
    turnover_24h: shown?.turnover_24h ?? null,
    open_interest: shown?.open_interest ?? null,
    funding_rate: shown?.funding_rate ?? null,
    next_funding_time: isoOrNull(shown?.next_funding_at ?? null),
  };
}

/** Newest first, the one in the making before all. */
export function presentKlines(
  instrument: Instrument,
  interval: Interval,
  { open, closed }: KlineView,
): KlineRow[] {
  const rows = closed.map((kline) => presentKline(instrument, interval, kline, true));
  return open === undefined ? rows : [presentKline(instrument, interval, open, false), ...rows];
}

export function presentLiquidation(liquidation: LiquidationEvent): LiquidationRow {
  return {
    price: liquidation.price,
    qty: liquidation.qty,
    position: liquidation.position === 'long' ? 'Long' : 'Short',
    time: isoTime(liquidation.timestamp),
    symbol: liquidation.symbol,
  };
}

function presentKline(
  { symbol, category }: Instrument,
  interval: Interval,
  kline: Kline,
  closed: boolean,
): KlineRow {
  const { start, end, open, high, low, close, volume, turnover } = kline;
  const span = { time: isoTime(start), end_time: isoTime(end) };
  return { symbol, category, interval, ...span, open, high, low, close, volume, turnover, closed };
}
