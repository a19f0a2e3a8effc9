/**
 * Events as the connector hands them on: cut out of the text of a frame, with getters for what is seldom asked for. A test that
 * works with plain objects does not see what is lost by copying one of these.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { DepthShape } from '../../connector/bybit/depth-splice.ts';
import { lineStart } from '../../connector/bybit/spliced-line.ts';
import { TradeShape } from '../../connector/bybit/trade-splice.ts';
import type { DepthEvent, TradeEvent } from '../../shared/events/market-events.ts';
import type { Depth, Instrument, Level } from '../../shared/market.ts';
import { type UnixMicros, unixMicros } from '../../shared/time.ts';

export type SplicedTradeFields = Pick<TradeEvent, 'id' | 'timestamp' | 'price' | 'qty' | 'side'> & {
  readonly seq: number;
  readonly received_at?: UnixMicros;
};

const linear = { category: 'linear', symbol: 'BTCUSDT' } as const;

let tradeShape: TradeShape | undefined;
let bookShape: DepthShape | undefined;

/** A live trade out of a frame of its own. */
export function splicedTrade(fields: SplicedTradeFields, instrument: Instrument = linear): TradeEvent {
  const { id, timestamp, price, qty, side, seq, received_at = unixMicros(timestamp * 1_000) } = fields;
  const { symbol } = instrument;
  const S = side === 'buy' ? 'Buy' : 'Sell';
  const row = { T: timestamp, s: symbol, S, v: String(qty), p: String(price), i: id, BT: false, seq };
  const text = JSON.stringify({
    topic: `publicTrade.${symbol}`,
    type: 'snapshot',
    ts: timestamp,
    data: [row],
  });
  tradeShape ??= TradeShape.of(text);
  const spliced = tradeShape?.splice(Buffer.from(text), topicEnd(text), lineStart(instrument), received_at);
  const trade = spliced?.trades[0];
  assert.ok(trade, `a trade is cut out of ${text}`);
  return trade;
}

export type SplicedBookFields = {
  readonly action: 'snapshot' | 'delta';
  readonly last_update_id: number;
  readonly seq: number;
  readonly timestamp: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly depth?: Depth;
};

/** An update of a book out of a frame of its own. */
export function splicedBook(fields: SplicedBookFields, instrument: Instrument = linear): DepthEvent {
  const { action, last_update_id: u, seq, timestamp, bids, asks, depth = 50 } = fields;
  const { symbol: s } = instrument;
  const data = { s, b: texts(bids), a: texts(asks), u, seq };
  const topic = `orderbook.${depth}.${s}`;
  const text = JSON.stringify({ topic, type: action, ts: timestamp, data, cts: timestamp });
  bookShape ??= DepthShape.of(text);
  const start = lineStart(instrument);
  const received = unixMicros(timestamp * 1_000);
  const event = bookShape?.splice(Buffer.from(text), topicEnd(text), start, depth, received)?.event;
  assert.ok(event, `an update is cut out of ${text}`);
  return event;
}

function texts(levels: readonly Level[]): readonly (readonly string[])[] {
  return levels.map((level) => level.map(String));
}

/** Where the topic ends in a frame that begins with it. */
function topicEnd(text: string): number {
  return text.indexOf('"', '{"topic":"'.length);
}
