/**
 * The three logs of the exchange: what was asked for, what was traded, and which trades closed a position by force.
 *
 * The order log has integers only and is enough to recompute everything; the execution log has the texts as they were
 * sent, so that a client's trades can be compared letter by letter.
 */
import type { Instrument } from './instruments.ts';
import { priceText, sizeText } from './instruments.ts';
import type { Execution, MarketStep } from './market.ts';
import type { Liquidation } from './statistics.ts';

/** Where the logs go. While the disk is behind, the markets wait: no execution may miss the log. */
export interface Journal {
  readonly order: (instrument: Instrument, step: MarketStep) => void;
  readonly execution: (instrument: Instrument, execution: Execution) => void;
  readonly liquidation: (instrument: Instrument, liquidation: Liquidation) => void;
  readonly isBehind: () => boolean;
}

/** One line of orders.jsonl: `price` in ticks, `size` in lots; a cancel names the order's id and has neither. */
export function orderLine(instrument: Instrument, { step, seq, at, order }: MarketStep): string {
  return `{"category":"${instrument.category}","symbol":"${instrument.symbol}","step":${step},"seq":${seq},"T":${at},"order":"${order.kind}","id":${order.id},"side":"${order.side}","price":${order.price},"size":${order.size}}`;
}

/** One line of executions.jsonl, also an entry of GET /sim/executions: price and size are the texts as sent. */
export function executionLine(instrument: Instrument, execution: Execution): string {
  return `{"category":"${instrument.category}","symbol":"${instrument.symbol}","id":"${execution.id}","T":${execution.at},"price":"${priceText(instrument, execution.price)}","size":"${sizeText(instrument, execution.size)}","side":"${execution.side}","seq":${execution.seq}}`;
}

/** One line of liquidations.jsonl, also an entry of GET /sim/liquidations: the texts as sent, and the execution that it was. */
export function liquidationLine(instrument: Instrument, one: Liquidation): string {
  return `{"category":"${instrument.category}","symbol":"${instrument.symbol}","T":${one.at},"side":"${one.side}","size":"${sizeText(instrument, one.size)}","price":"${priceText(instrument, one.price)}","execution_id":"${one.executionId}"}`;
}
