/** What is kept of a replay for its chart: candles, the VWAP of the day once a minute, and the levels of each day. */
import type { Candle, Timeframe } from '../runner/context/candle.ts';
import type { DayFigures } from '../runner/context/day/figures.ts';
import { DAY_MS } from '../shared/day-totals.ts';
import type { Instrument } from '../shared/market.ts';
import type { World } from './world.ts';

const MINUTE_MS = 60_000;

export type ChartCandle = Pick<Candle, 'start' | 'open' | 'high' | 'low' | 'close' | 'volume' | 'complete'>;

/** Of one UTC day; null is what is not known. */
export type DayLevels = {
  readonly date: string;
  readonly [level: string]: string | number | null;
};

export class Study {
  readonly #world: World;
  readonly #timeframes: readonly Timeframe[];
  readonly #candles: Readonly<Record<Timeframe, Map<number, ChartCandle>>> = {
    '1m': new Map(),
    '5m': new Map(),
  };
  readonly #days = new Map<string, DayLevels>();
  readonly vwap: (readonly [at: number, value: number])[] = [];
  #minute = -1;
  #day: number | undefined;

  /** `timeframes`: the candles that are kept; those of a minute are half a million a year. */
  constructor(world: World, timeframes: readonly Timeframe[]) {
    this.#world = world;
    this.#timeframes = timeframes;
    world.app.subscribe((section, of) => {
      if (section === 'candles' && of !== undefined && isCandle(of)) this.#keep(of);
    });
  }

  /** The runner has looked at the time. */
  tick(at: number): void {
    const minute = Math.floor(at / MINUTE_MS);
    if (minute === this.#minute) return;
    this.#minute = minute;
    const { app, instrument } = this.#world;
    const { clock } = this.#world;
    const days = app.context.numbers.days(instrument, app.context.moment(clock.monoMs(), clock.unixMs()));
    if (days === undefined) return;
    const { first, last, volume, notional } = days.sums();
    if (last !== null && first !== null && Number(volume) > 0)
      this.vwap.push([last.timestamp, Number((Number(notional) / Number(volume)).toPrecision(12))]);
    const day = Math.floor(app.context.exchangeNow(clock.unixMs()) / DAY_MS);
    if (this.#day !== undefined && day > this.#day) this.#keepDay(days.figures().previous);
    this.#day = day;
  }

  /** To be called once, at the end: what is in the making counts as it is. */
  end(): void {
    const { app, instrument, clock } = this.#world;
    const { context } = app;
    const days = context.numbers.days(instrument, context.moment(clock.monoMs(), clock.unixMs()));
    if (days !== undefined) {
      this.#keepDay(days.figures().previous);
      this.#keepDay(days.figures().today);
    }
    const series = context.instrument(instrument)?.candles;
    if (series === undefined) return;
    for (const candle of [...series['1m'].list(), ...series['5m'].list()]) this.#keep(candle);
  }

  candles(timeframe: Timeframe): readonly ChartCandle[] {
    return [...this.#candles[timeframe].values()].toSorted((a, b) => a.start - b.start);
  }

  /** Ascending. */
  days(): readonly DayLevels[] {
    return [...this.#days.values()].toSorted((a, b) => a.date.localeCompare(b.date));
  }

  #keep({ timeframe, start, open, high, low, close, volume, complete }: Candle): void {
    if (!this.#timeframes.includes(timeframe)) return;
    this.#candles[timeframe].set(start, { start, open, high, low, close, volume, complete });
  }

  #keepDay({ date, vwap, poc, vah, val, high, low, counts }: DayFigures): void {
    if (counts.trades === 0) return;
    this.#days.set(date, {
      date,
      ...{
        vwap: vwap.value,
        poc: poc.value,
        vah: vah.value,
        val: val.value,
        high: high.value,
        low: low.value,
      },
    });
  }
}

/** Whoever watches is told the candle itself. */
function isCandle(of: Instrument): of is Candle {
  return 'timeframe' in of;
}
