/**
 * The texts of the frames that come by the clock: candles, tickers, liquidations.
 *
 * Shapes and key orders: bybit-v5.md 3.5 to 3.7, bybit-payload-traps.md 23 and 24. No part of them can need escaping.
 */
import type { Candle, Interval } from '../market/candles.ts';
import { nextStart } from '../market/candles.ts';
import type { Instrument } from '../market/instruments.ts';
import { priceText, sizeText } from '../market/instruments.ts';
import type { Liquidation } from '../market/statistics.ts';
import { tickerNames, turnoverText } from './ticker.ts';

/** One row of a kline frame. */
export function klineRow(
  instrument: Instrument,
  interval: Interval,
  candle: Candle,
  confirm: boolean,
): string {
  const end = nextStart(interval, candle.start) - 1;
  const [open, close, high, low] = [candle.open, candle.close, candle.high, candle.low].map((price) =>
    priceText(instrument, price),
  );
  const sums = `"volume":"${sizeText(instrument, candle.volume)}","turnover":"${turnoverText(instrument, candle)}"`;
  return `{"start":${candle.start},"end":${end},"interval":"${interval}","open":"${open}","close":"${close}","high":"${high}","low":"${low}",${sums},"confirm":${confirm},"timestamp":${candle.lastAt}}`;
}

/** The text of a kline frame. */
export function klineFrame(topic: string, rows: readonly string[], sentAt: number): string {
  return `{"topic":"${topic}","data":[${rows.join(',')}],"ts":${sentAt},"type":"snapshot"}`;
}

/** The text of a ticker frame: of all fields, or of those that differ from `before`; undefined when none does. */
export function tickerFrame(
  topic: string,
  instrument: Instrument,
  values: readonly string[],
  before: readonly string[] | undefined,
  cs: number,
  sentAt: number,
): string | undefined {
  const names = tickerNames(instrument);
  let data = `"symbol":"${instrument.symbol}"`;
  let changed = 0;
  for (let index = 1; index < names.length; index += 1) {
    if (before !== undefined && values[index] === before[index]) continue;
    data += `,"${names[index]}":"${values[index]}"`;
    changed += 1;
  }
  if (changed === 0) return undefined;
  if (instrument.category === 'spot')
    return `{"topic":"${topic}","ts":${sentAt},"type":"snapshot","cs":${cs},"data":{${data}}}`;
  const type = before === undefined ? 'snapshot' : 'delta';
  return `{"topic":"${topic}","type":"${type}","data":{${data}},"cs":${cs},"ts":${sentAt}}`;
}

/** The text of a liquidation frame. */
export function liquidationFrame(
  topic: string,
  instrument: Instrument,
  list: readonly Liquidation[],
  sentAt: number,
): string {
  const rows = list.map(
    ({ at, side, size, price }) =>
      `{"T":${at},"s":"${instrument.symbol}","S":"${side}","v":"${sizeText(instrument, size)}","p":"${priceText(instrument, price)}"}`,
  );
  return `{"topic":"${topic}","type":"snapshot","ts":${sentAt},"data":[${rows.join(',')}]}`;
}
