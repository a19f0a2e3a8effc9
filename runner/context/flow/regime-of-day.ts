/**
 * The regime of a day, from its levels and statistics, and how true that is.
 *
 * Delta, volume and concentration are those of the trades that are known: where klines or nothing stand for a part of the day they are of
 * the rest, and the regime is approximate. Where no trade is known there is none.
 */
import type { Exactness, Figure, Reason } from '../day/coverage.ts';
import type { DayFigures } from '../day/figures.ts';
import type { Session } from '../day/sessions.ts';
import { type RegimeView, regimeOf } from './regime.ts';

export type DayRegime = RegimeView & {
  readonly exactness: Exactness;
  /** Why it is not exact. */
  readonly reasons: readonly Reason[];
};

type Needed = Pick<
  DayFigures,
  | 'vwap'
  | 'poc'
  | 'footprint'
  | 'pre_market_buy_volume'
  | 'pre_market_sell_volume'
  | 'live_buy_volume'
  | 'live_sell_volume'
>;

export function regimeOfDay(day: Needed, session: Session): DayRegime {
  const buys = known([day.pre_market_buy_volume, day.live_buy_volume]);
  const sells = known([day.pre_market_sell_volume, day.live_sell_volume]);
  const isSome = buys.length > 0 && sells.length > 0;
  const [bought, sold] = [sumOf(buys), sumOf(sells)];
  const view = regimeOf({
    vwap: day.vwap.value,
    poc: day.poc.value,
    delta: isSome ? bought - sold : null,
    volume: isSome ? bought + sold : null,
    largestBins: day.footprint.value?.map(({ volume }) => volume) ?? null,
    session,
  });
  const figures: readonly Figure<unknown>[] = [
    day.vwap,
    day.poc,
    day.footprint,
    day.pre_market_buy_volume,
    day.live_buy_volume,
  ];
  const reasons = [...new Set(figures.flatMap((figure) => figure.reasons))];
  const isExact = figures.every(({ exactness }) => exactness === 'exact');
  return {
    ...view,
    exactness: view.regime === null ? 'absent' : isExact ? 'exact' : 'approximate',
    reasons,
  };
}

function known(figures: readonly Figure<number>[]): readonly number[] {
  return figures.flatMap(({ value }) => (value === null ? [] : [value]));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
