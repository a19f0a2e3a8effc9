/** The numbers of a day as anyone would work them out from a list: arrays, big.js, sort. The oracle of the properties. */
import Big from 'big.js';
import fc from 'fast-check';
import type { DayTrade } from '../../../../runner/context/day/trade-sums.ts';
import type { DayTotals } from '../../../../shared/day-totals.ts';

export const DATE = '2026-08-01';
export const START = Date.UTC(2026, 7, 1);
export const OF = { category: 'linear', symbol: 'BTCUSDT', date: DATE } as const;
export const HOUR = 3_600_000;
export const MINUTE = 60_000;

let lastId = 0;
/** A trade at a time of the day (ms from midnight). Ids ascend, as texts, too. */
export function tradeAt(
  inDay: number,
  price: number,
  qty = 1,
  side: 'buy' | 'sell' = 'buy',
  start = START,
): DayTrade {
  lastId += 1;
  return { timestamp: start + inDay, price, qty, side, id: `t${String(lastId).padStart(9, '0')}` };
}

export const big = (value: number | string): Big => new Big(String(value));
const text = (value: Big): string => (value.eq(0) ? '0' : value.toFixed());

function sum(trades: readonly DayTrade[], of: (trade: DayTrade) => Big): Big {
  return trades.reduce((total, trade) => total.plus(of(trade)), new Big(0));
}

export type NaiveBin = {
  readonly index: number;
  readonly buy: Big;
  readonly sell: Big;
  readonly volume: Big;
};

/** Bins that traded, ascending. */
export function naiveBins(trades: readonly DayTrade[], tick: string): readonly NaiveBin[] {
  const indexOf = (price: number): number => Number(big(price).div(tick).round(0, Big.roundDown).toFixed());
  return [...new Set(trades.map(({ price }) => indexOf(price)))]
    .sort((a, b) => a - b)
    .map((index) => {
      const inside = trades.filter(({ price }) => indexOf(price) === index);
      const buy = sum(
        inside.filter(({ side }) => side === 'buy'),
        ({ qty }) => big(qty),
      );
      const sell = sum(
        inside.filter(({ side }) => side === 'sell'),
        ({ qty }) => big(qty),
      );
      return { index, buy, sell, volume: buy.plus(sell) };
    });
}

/** Indexes of the bins of POC, VAH and VAL. */
export function naiveArea(bins: readonly NaiveBin[]): { poc: number; vah: number; val: number } | undefined {
  const [poc] = [...bins].sort((a, b) => b.volume.cmp(a.volume) || a.index - b.index);
  if (poc === undefined) return undefined;
  const total = bins.reduce((all, { volume }) => all.plus(volume), new Big(0));
  const area = [poc];
  let below = bins.filter(({ index }) => index < poc.index).reverse();
  let above = bins.filter(({ index }) => index > poc.index);
  const inside = (): Big => area.reduce((all, { volume }) => all.plus(volume), new Big(0));
  while (inside().times(10).lt(total.times(7))) {
    const [down] = below;
    const [up] = above;
    const isUp = up !== undefined && (down === undefined || up.volume.gt(down.volume));
    const next = isUp ? up : down;
    if (next === undefined) break;
    area.push(next);
    if (isUp) above = above.slice(1);
    else below = below.slice(1);
  }
  const indexes = area.map(({ index }) => index);
  return { poc: poc.index, vah: Math.max(...indexes), val: Math.min(...indexes) };
}

/** Rounded half-even to twelve digits. */
export function naiveQuotient(numerator: Big, denominator: Big): number | null {
  if (denominator.eq(0)) return null;
  const precise = Big();
  precise.DP = 100;
  return Number(new precise(numerator).div(new precise(denominator)).prec(12, 2).toFixed());
}

export function naiveTotals(trades: readonly DayTrade[], tick: string, of = OF, start = START): DayTotals {
  const qty = (list: readonly DayTrade[]): string => text(sum(list, (trade) => big(trade.qty)));
  const early = trades.filter(({ timestamp }) => timestamp < start + 8 * HOUR);
  const opening = trades.filter(
    ({ timestamp }) => timestamp >= start + 8 * HOUR && timestamp < start + 8 * HOUR + 10 * MINUTE,
  );
  const prices = (list: readonly DayTrade[]): readonly number[] => list.map(({ price }) => price);
  const most = (list: readonly number[]): number | null => (list.length === 0 ? null : Math.max(...list));
  const least = (list: readonly number[]): number | null => (list.length === 0 ? null : Math.min(...list));
  const byTime = [...trades].sort((a, b) => a.timestamp - b.timestamp || (a.id < b.id ? -1 : 1));
  const place = (trade: DayTrade | undefined) =>
    trade === undefined ? null : { timestamp: trade.timestamp, price: trade.price, id: trade.id };
  return {
    ...of,
    bin_size: tick,
    trades: trades.length,
    volume: qty(trades),
    notional: text(sum(trades, (trade) => big(trade.price).times(big(trade.qty)))),
    squares: text(sum(trades, (trade) => big(trade.price).pow(2).times(big(trade.qty)))),
    buy_volume: qty(trades.filter(({ side }) => side === 'buy')),
    sell_volume: qty(trades.filter(({ side }) => side === 'sell')),
    pre_market_buy_volume: qty(early.filter(({ side }) => side === 'buy')),
    pre_market_sell_volume: qty(early.filter(({ side }) => side === 'sell')),
    high: most(prices(trades)),
    low: least(prices(trades)),
    opening_high: most(prices(opening)),
    opening_low: least(prices(opening)),
    first: place(byTime[0]),
    last: place(byTime[byTime.length - 1]),
    bins: naiveBins(trades, tick).map(({ index, buy, sell }) => [index, text(buy), text(sell)]),
  };
}

/** Times of a day, often at what divides it. */
const inDay = fc.oneof(
  fc.integer({ min: 0, max: 24 * HOUR - 1 }),
  fc.constantFrom(
    0,
    8 * HOUR - 1,
    8 * HOUR,
    8 * HOUR + 10 * MINUTE - 1,
    8 * HOUR + 10 * MINUTE,
    24 * HOUR - 1,
  ),
);

/** Prices on ticks of 0.1 close to each other, so that bins are shared and tie; some with more decimals, or far off. */
const price = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 649_990, max: 650_030 }).map((ticks) => ticks / 10) },
  { weight: 2, arbitrary: fc.integer({ min: 64_999_000, max: 65_003_000 }).map((units) => units / 1_000) },
  { weight: 1, arbitrary: fc.constantFrom(0.3, 101.505, 1e-6, 123_456_789.125, 64_999.1234) },
);
const qty = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 1, max: 4 }).map((steps) => steps / 1_000) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 1_000_000 }).map((steps) => steps / 100) },
  { weight: 1, arbitrary: fc.constantFrom(1e-12, 1e15, 0.30000000000000004, 123_456_789_012_345_680) },
);
const side = fc.constantFrom('buy' as const, 'sell' as const);

function tradesWith(prices: fc.Arbitrary<number>): fc.Arbitrary<readonly DayTrade[]> {
  return fc.array(fc.tuple(inDay, prices, qty, side), { size: 'max', maxLength: 80 }).map((rows) =>
    rows.map(
      ([at, ofPrice, ofQty, ofSide], index): DayTrade => ({
        timestamp: START + at,
        price: ofPrice,
        qty: ofQty,
        side: ofSide,
        id: `id-${index}`,
      }),
    ),
  );
}

/** Trades of a day in any order. Ids are unique. */
export const dayTrades = tradesWith(price);

/** Of prices so far apart, and of so many digits, that no bin of a tick fits all of them. */
export const wildTrades = tradesWith(
  fc.oneof(price, fc.constantFrom(9e14, 1e-18, 1.2345678901234567e-12, 64_999.12345678901, 3e9)),
);
