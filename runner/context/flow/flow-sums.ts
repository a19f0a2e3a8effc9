/** What takers bought and sold within some span, as it is told. */
import { minus } from '../../../shared/exact/decimal.ts';
import { decimalNumber } from '../../../shared/exact/quotient.ts';
import type { FlowTotal } from './flow-rows.ts';

/** Volumes are exact sums, told as the nearest f64: base coin (linear, spot) or USD (inverse). */
export type FlowSums = {
  /** Of takers that bought, and of takers that sold. */
  readonly buy_volume: number;
  readonly sell_volume: number;
  /** Buying less selling. */
  readonly volume_delta: number;
  readonly trade_count: number;
  /** False when trades of this span were, or may have been, missed. */
  readonly complete: boolean;
};

/** `total`: undefined when nothing traded. */
export function flowSums(total: FlowTotal | undefined, complete: boolean): FlowSums {
  if (total === undefined)
    return { buy_volume: 0, sell_volume: 0, volume_delta: 0, trade_count: 0, complete };
  return {
    buy_volume: decimalNumber(total.first),
    sell_volume: decimalNumber(total.second),
    volume_delta: decimalNumber(minus(total.first, total.second)),
    trade_count: total.trades,
    complete,
  };
}

/** Were all trades of a span added? Both ends, in ms, are part of it. */
export type IsWhole = (from: number, to: number) => boolean;
