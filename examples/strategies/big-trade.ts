/**
 * Example: tells trades that are much larger than usual, and the momentum that they met.
 *
 * Run it with `STRATEGIES=./examples/strategies/big-trade.ts npm start`. Copy it and change it: this file is all there is.
 */
import type { Answer, Market, Strategy, StrategyGap, TradeTick } from '../../runner/strategy/api.ts';

/** Times the average quantity. */
const FACTOR = 20;
/** The average follows about this many trades. */
const MEMORY = 500;
/** Nothing is told before the average means something. */
const WARM_UP = 200;

type Usual = { trades: number; averageQty: number; averagePrice: number };

export function createStrategy(): Strategy {
  const usual = new Map<string, Usual>();

  function onTrade(tick: TradeTick, market: Market): Answer {
    if (market.origin !== 'live') return undefined;
    const key = `${market.category}:${market.symbol}`;
    const known = usual.get(key) ?? { trades: 0, averageQty: tick.qty, averagePrice: tick.price };
    usual.set(key, known);
    const times = tick.qty / known.averageQty;
    const momentum = tick.price / known.averagePrice - 1;
    known.trades += 1;
    known.averageQty += (tick.qty - known.averageQty) / Math.min(known.trades, MEMORY);
    known.averagePrice += (tick.price - known.averagePrice) / Math.min(known.trades, MEMORY);
    if (known.trades <= WARM_UP || times < FACTOR) return undefined;
    return {
      setup_type: 'big_trade',
      category: market.category,
      symbol: market.symbol,
      side: tick.side,
      entry_price: tick.price,
      timestamp: tick.ts.getTime(),
      reason: `a ${tick.side} of ${tick.qty}, ${times.toFixed(1)} times the average`,
      values: { qty: tick.qty, times_average: times, momentum, trade_id: tick.id },
    };
  }

  /** What was missed is not in the averages: begin anew rather than compare with a wrong one. */
  function onGap(gap: StrategyGap): Answer {
    if (gap.category === null) usual.clear();
    else if (gap.channel === 'trades') usual.delete(`${gap.category}:${gap.symbol}`);
  }

  return { name: 'big-trade', onTrade, onGap };
}
