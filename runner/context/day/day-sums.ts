/** The sums that the levels of a day are made of, in all their digits: for whoever wants to check them. */
import type { TotalsPlace } from '../../../shared/day-totals.ts';
import { decimalText } from '../../../shared/exact/decimal.ts';
import type { DayState } from './day-state.ts';

export type DaySums = {
  /** Sums of qty, price * qty and price * price * qty, of trades and of the klines that stand in for others. */
  readonly volume: string;
  readonly notional: string;
  readonly squares: string;
  /** Of the trades. */
  readonly first: TotalsPlace | null;
  readonly last: TotalsPlace | null;
};

export function daySums({ combined, sums }: DayState): DaySums {
  return {
    volume: decimalText(combined.volume),
    notional: decimalText(combined.notional),
    squares: decimalText(combined.squares),
    ...sums.ends,
  };
}
