/**
 * The texts of data frames, with the key order that each of Bybit's products really has.
 *
 * Spot and level 1 put `ts` before `type`, the other contract frames after it; a spot trade begins with its id and has no
 * tick direction. Texts are put together by hand: one trade or one level is written thousands of times a second, and
 * none of its parts can need escaping. Shapes: bybit-v5.md 3.1, 3.2 and bybit-payload-traps.md 8, 13, 20.
 */

import type { Instrument } from '../market/instruments.ts';
import { priceText, sizeText } from '../market/instruments.ts';
import type { Execution } from '../market/market.ts';
import type { DepthUpdate, PublishedLevel } from './depth-channel.ts';

/** The text of a publicTrade frame; `sentAt` (ms) is when the push system makes it. */
export function tradeFrame(instrument: Instrument, trades: readonly Execution[], sentAt: number): string {
  const topic = `publicTrade.${instrument.symbol}`;
  const data = trades.map((trade) => tradeText(instrument, trade)).join(',');
  if (instrument.category === 'spot') {
    return `{"topic":"${topic}","ts":${sentAt},"type":"snapshot","data":[${data}]}`;
  }
  return `{"topic":"${topic}","type":"snapshot","ts":${sentAt},"data":[${data}]}`;
}

/** The text of an orderbook frame of a depth. */
export function bookFrame(
  instrument: Instrument,
  depth: number,
  update: DepthUpdate,
  sentAt: number,
): string {
  const topic = `orderbook.${depth}.${instrument.symbol}`;
  const head =
    instrument.category === 'spot' || depth === 1
      ? `{"topic":"${topic}","ts":${sentAt},"type":"${update.kind}"`
      : `{"topic":"${topic}","type":"${update.kind}","ts":${sentAt}`;
  const bids = levelsText(instrument, update.bids);
  const asks = levelsText(instrument, update.asks);
  return `${head},"data":{"s":"${instrument.symbol}","b":${bids},"a":${asks},"u":${update.u},"seq":${update.seq}},"cts":${update.at}}`;
}

/** Levels as Bybit lists them: an array of pairs of texts. */
export function levelsText(instrument: Instrument, levels: readonly PublishedLevel[]): string {
  let text = '[';
  for (const [price, size] of levels) {
    if (text.length > 1) text += ',';
    text += `["${priceText(instrument, price)}","${sizeText(instrument, size)}"]`;
  }
  return `${text}]`;
}

function tradeText(instrument: Instrument, trade: Execution): string {
  const price = priceText(instrument, trade.price);
  const size = sizeText(instrument, trade.size);
  if (instrument.category === 'spot') {
    return `{"i":"${trade.id}","T":${trade.at},"p":"${price}","v":"${size}","S":"${trade.side}","seq":${trade.seq},"s":"${instrument.symbol}","BT":false,"RPI":false}`;
  }
  return `{"T":${trade.at},"s":"${instrument.symbol}","S":"${trade.side}","v":"${size}","p":"${price}","L":"${trade.direction}","i":"${trade.id}","BT":false,"RPI":false,"seq":${trade.seq}}`;
}
