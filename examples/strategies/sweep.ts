/**
 * The sweep detector: price went one way while takers traded the other way, with much more force than just before.
 *
 * Every 5 s of the exchange's time a sample is taken of each market (sweep-samples.ts): last price, and what takers bought less what they
 * sold. A bullish sweep is a price that fell while buying prevailed over the last ten of at least twenty samples, and a volume delta of the
 * last one that is large beside those of the nineteen before; a bearish one is the mirror image. The CVD is its own: it begins with the
 * samples, and no hourly reset touches it.
 *
 * Needs the channel `trades`. With `liquidation`, `ticker` and `kline.D` it also knows levels, the funding rate and the usual volume of a day:
 * SUBSCRIPTIONS=trades,ticker,liquidation,kline.D. What it does not know it does not guess: the signal's values say so.
 */
import type {
  Answer,
  Market,
  Signal,
  Strategy,
  StrategyGap,
  StrategyKline,
  StrategyLiquidation,
  StrategyTicker,
  TradeTick,
} from '../../runner/strategy/api.ts';
import { levelsOf, rounded } from './sweep-levels.ts';
import { DIVERGENCE_SAMPLES, SAMPLE_MS, type Sweep, SweepSamples } from './sweep-samples.ts';

/** The timer closes a sample so long after its end, when no trade has done so: by then all of it has come when all is well. */
const GRACE_MS = 1_000;

/** No signal when holding a position costs (or pays) more than this at each funding: 0.15 %. */
const MAX_FUNDING = 0.0015;
/** No signal when less than this part of an average day was traded in the last 24 h. */
const MIN_DAY_SHARE = 0.5;
/** An average of fewer closed days is not one; of more than the newest 30 it would be of another market. */
const MIN_DAYS = 3;
const MAX_DAYS = 30;

/** Liquidations that are kept of each market, the newest. */
const MAX_LIQUIDATIONS = 2_000;

/** A stop lies this far behind its level; without a level this far from the entry. */
const STOP_BEYOND_LEVEL = 0.005;
const STOP_DISTANCE = 0.01;
const TARGET_BEYOND_LEVEL = 0.005;
const TARGET_DISTANCE = 0.03;

/** The score. A signal has divergence and spike, so it has 100 with or without levels; `between_levels` tells which. */
const SCORE_BASE = 50;
const SCORE_DIVERGENCE = 25;
const SCORE_SPIKE = 25;
const SCORE_BETWEEN_LEVELS = 10;
const SCORE_MAX = 100;

type Watched = {
  readonly category: Market['category'];
  readonly symbol: string;
  readonly samples: SweepSamples;
  fundingRate: number | null;
  volume24h: number | null;
  /** Volumes of closed days, oldest first. */
  days: readonly number[];
  /** In the order in which they came. */
  readonly liquidations: StrategyLiquidation[];
  liquidationsMissed: boolean;
};

export function createStrategy(): Strategy {
  const markets = new Map<string, Watched>();

  function watchedOf({ category, symbol }: Pick<Market, 'category' | 'symbol'>): Watched {
    const key = `${category}:${symbol}`;
    const known = markets.get(key) ?? newlyWatched(category, symbol);
    markets.set(key, known);
    return known;
  }

  function onTrade(tick: TradeTick, market: Market): Answer {
    // What is told late belongs to samples that were thrown away with the gap.
    if (market.origin !== 'live') return undefined;
    const watched = watchedOf(market);
    const { ts, price, qty, side } = tick;
    return signalsOf(watched, watched.samples.trade(ts.getTime(), price, qty, side === 'buy'));
  }

  function onTimer(now: Date): Answer {
    const until = now.getTime() - GRACE_MS;
    return [...markets.values()].flatMap((watched) => signalsOf(watched, watched.samples.closeUpTo(until)));
  }

  function onTicker({ fundingRate, volume24h }: StrategyTicker, market: Market): Answer {
    const watched = watchedOf(market);
    watched.fundingRate = fundingRate;
    watched.volume24h = volume24h;
  }

  function onKline({ interval, volume }: StrategyKline, market: Market): Answer {
    if (interval !== 'D') return;
    const watched = watchedOf(market);
    watched.days = [...watched.days, volume].slice(-MAX_DAYS);
  }

  function onLiquidation(one: StrategyLiquidation, market: Market): Answer {
    const { liquidations } = watchedOf(market);
    liquidations.push(one);
    if (liquidations.length > MAX_LIQUIDATIONS) liquidations.shift();
  }

  /** Samples with a hole compare what cannot be compared. Levels stay: they are true, though there may be others. */
  function onGap({ category, symbol, channel, to }: StrategyGap): Answer {
    for (const watched of markets.values()) {
      if (category !== null && (category !== watched.category || symbol !== watched.symbol)) continue;
      // One that was over when the first sample began concerns none of them.
      const { since } = watched.samples;
      const isOver = to !== null && since !== null && to.getTime() <= since;
      if (channel === null || (channel === 'trades' && !isOver)) watched.samples.forget();
      if (channel === null || channel === 'liquidation') watched.liquidationsMissed = true;
      if (channel === null || channel === 'ticker') {
        watched.fundingRate = null;
        watched.volume24h = null;
      }
    }
  }

  // The others make a signal better; without trades there is none.
  const needs = [{ channel: 'trades' }] as const;
  return { name: 'sweep', needs, onTrade, onTimer, onTicker, onKline, onLiquidation, onGap };
}

function newlyWatched(category: Market['category'], symbol: string): Watched {
  const unknown = {
    fundingRate: null,
    volume24h: null,
    days: [],
    liquidations: [],
    liquidationsMissed: false,
  };
  return { category, symbol, samples: new SweepSamples(), ...unknown };
}

function signalsOf(watched: Watched, sweeps: readonly Sweep[]): Signal[] {
  if (sweeps.length === 0 || isFiltered(watched)) return [];
  return sweeps.map((sweep) => signalOf(watched, sweep));
}

/** Only what is known can speak against a signal. */
function isFiltered({ fundingRate, volume24h, days }: Watched): boolean {
  if (fundingRate !== null && Math.abs(fundingRate) > MAX_FUNDING) return true;
  const usual = averageDay(days);
  return usual !== null && volume24h !== null && volume24h < MIN_DAY_SHARE * usual;
}

function averageDay(days: readonly number[]): number | null {
  if (days.length < MIN_DAYS) return null;
  return days.reduce((sum, volume) => sum + volume, 0) / days.length;
}

function signalOf(watched: Watched, sweep: Sweep): Signal {
  const { sign, at, price, delta } = sweep;
  const { support, resistance } = levelsOf(watched.liquidations, price, at);
  const [behind, ahead] = sign === 1 ? [support, resistance] : [resistance, support];
  const stop = behind === null ? price * (1 - sign * STOP_DISTANCE) : behind * (1 - sign * STOP_BEYOND_LEVEL);
  const target =
    ahead === null ? price * (1 + sign * TARGET_DISTANCE) : ahead * (1 + sign * TARGET_BEYOND_LEVEL);
  const isBetween = support !== null && resistance !== null;
  const score = SCORE_BASE + SCORE_DIVERGENCE + SCORE_SPIKE + (isBetween ? SCORE_BETWEEN_LEVELS : 0);
  const usual = averageDay(watched.days);
  const unchecked = [
    watched.fundingRate === null ? 'funding rate' : '',
    usual === null || watched.volume24h === null ? 'volume of the day' : '',
  ].filter((what) => what !== '');
  return {
    setup_type: sign === 1 ? 'bullish_sweep' : 'bearish_sweep',
    category: watched.category,
    symbol: watched.symbol,
    side: sign === 1 ? 'buy' : 'sell',
    timestamp: at,
    entry_price: price,
    stop_loss: rounded(stop),
    take_profit: rounded(target),
    risk_reward: rounded(Math.abs(target - price) / Math.abs(price - stop)),
    confluence_score: Math.min(SCORE_MAX, score),
    reason: reasonOf(sweep),
    values: {
      cvd_value: rounded(sweep.cvd),
      cvd_divergence: rounded(sweep.cvdChange),
      price_change: rounded(sweep.priceChange),
      volume_delta: rounded(delta),
      volume_delta_percentile: rounded(sweep.percentile),
      liquidation_support: support,
      liquidation_resistance: resistance,
      between_levels: isBetween,
      liquidations_missed: watched.liquidationsMissed,
      funding_rate: watched.fundingRate,
      volume_24h: watched.volume24h,
      average_day_volume: usual === null ? null : rounded(usual),
      unchecked: unchecked.length === 0 ? null : unchecked.join(', '),
    },
  };
}

function reasonOf({ sign, priceChange, cvdChange, times }: Sweep): string {
  const seconds = ((DIVERGENCE_SAMPLES - 1) * SAMPLE_MS) / 1_000;
  // A difference of numbers of 12 digits has fewer.
  const [move, more] = [priceChange, cvdChange].map((change) => Number(Math.abs(change).toPrecision(6)));
  const flow = sign === 1 ? `bought ${more} more than they sold` : `sold ${more} more than they bought`;
  const way = sign === 1 ? 'fell' : 'rose';
  return `price ${way} by ${move} in ${seconds} s while takers ${flow}; volume delta ${times.toFixed(1)} times the usual`;
}
