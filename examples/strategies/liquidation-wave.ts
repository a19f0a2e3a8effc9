/**
 * Tells of a wave of liquidations: positions worth more than a share of the open interest were closed by force within a minute.
 *
 * Needs the channels `liquidation`, `ticker` and `kline.1`, for example SUBSCRIPTIONS=trades,liquidation,ticker,kline.1.
 */
import type {
  Answer,
  Market,
  Strategy,
  StrategyGap,
  StrategyKline,
  StrategyLiquidation,
  StrategyTicker,
} from '../../runner/strategy/api.ts';

/** Liquidations of this long count together. */
const WINDOW_MS = 60_000;
/** A wave is this share of the open interest. */
const SHARE = 0.001;

type Known = {
  /** Within the window, oldest first. */
  recent: StrategyLiquidation[];
  openInterest: number | null;
  fundingRate: number | null;
  /** Range of the last closed minute, in parts of its open. */
  lastRange: number | null;
};

export function createStrategy(): Strategy {
  const markets = new Map<string, Known>();

  function knownOf({ category, symbol }: Market): Known {
    const key = `${category}:${symbol}`;
    const known = markets.get(key) ?? { recent: [], openInterest: null, fundingRate: null, lastRange: null };
    markets.set(key, known);
    return known;
  }

  function onTicker({ openInterest, fundingRate }: StrategyTicker, market: Market): Answer {
    const known = knownOf(market);
    known.openInterest = openInterest;
    known.fundingRate = fundingRate;
  }

  function onKline({ interval, high, low, open }: StrategyKline, market: Market): Answer {
    if (interval === '1') knownOf(market).lastRange = (high - low) / open;
  }

  function onLiquidation(one: StrategyLiquidation, market: Market): Answer {
    const known = knownOf(market);
    const since = one.ts.getTime() - WINDOW_MS;
    known.recent = [...known.recent.filter(({ ts }) => ts.getTime() > since), one];
    const closed = known.recent
      .filter(({ position }) => position === one.position)
      .reduce((sum, { qty }) => sum + qty, 0);
    if (known.openInterest === null || closed < known.openInterest * SHARE) return undefined;
    known.recent = [];
    return {
      setup_type: `${one.position}_liquidations`,
      category: market.category,
      symbol: market.symbol,
      side: one.position === 'long' ? 'buy' : 'sell',
      entry_price: one.price,
      timestamp: one.ts.getTime(),
      reason: `${one.position} positions of ${closed} were closed by force within a minute`,
      values: { qty: closed, funding_rate: known.fundingRate, last_range: known.lastRange },
    };
  }

  /** What was summed before is not the whole any more. */
  function onGap(gap: StrategyGap): Answer {
    if (gap.category === null) markets.clear();
    else if (gap.channel !== 'trades') markets.delete(`${gap.category}:${gap.symbol}`);
  }

  return { name: 'liquidation-wave', onTicker, onKline, onLiquidation, onGap };
}
