/**
 * One backtest from the first trade to the report. Pure but for what it is handed: the same trades and the same strategy give the same
 * report, to the byte.
 */
import type { Strategy } from '../runner/strategy/api.ts';
import type { PublishedSignal } from '../runner/strategy/ports.ts';
import type { Logger } from '../shared/io/log.ts';
import { missingOf } from './coverage.ts';
import { outcomesCsv, signalsCsv } from './csv.ts';
import type { BacktestOptions } from './options.ts';
import { type Outcome, Outcomes } from './outcomes.ts';
import { type ChartData, chartData, timeframesFor } from './page-data.ts';
import { Playback } from './playback.ts';
import type { StoredDay, TradeColumns } from './ports.ts';
import { Study } from './study.ts';
import { type Summary, summaryOf, summaryText } from './summary.ts';
import { World } from './world.ts';

/** Signals beyond are told and counted, but not kept: a strategy that signals at every trade must not fill the memory. */
export const MAX_SIGNALS = 100_000;

export type BacktestSetting = Pick<BacktestOptions, 'instrument' | 'environment' | 'span'> & {
  readonly strategy: Strategy;
  readonly file: string;
  readonly days: readonly StoredDay[];
  readonly log: Logger;
  readonly onSignal: (signal: PublishedSignal) => void;
};

export type BacktestReport = {
  readonly summary: Summary;
  readonly summaryText: string;
  readonly signalsCsv: string;
  readonly outcomesCsv: string;
  readonly chart: ChartData;
};

export class Backtest {
  readonly world: World;
  /** Why the strategy is not called any more; undefined while it is. */
  disabled: string | undefined;
  readonly #setting: BacktestSetting;
  readonly #playback: Playback;
  readonly #study: Study;
  readonly #outcomes = new Outcomes();
  readonly #signals: PublishedSignal[] = [];
  readonly #bySetup = new Map<string, number>();
  #notKept = 0;

  constructor(setting: BacktestSetting) {
    const { span, days, log } = setting;
    this.#setting = setting;
    this.world = new World(
      { ...setting, from: span.from, tickSize: tickSizeOf(days) },
      {
        log,
        onSignal: (signal) => this.#onSignal(signal),
        onTrouble: ({ kind, message }) => {
          if (kind === 'disabled') this.disabled = message;
        },
      },
    );
    this.#study = new Study(this.world, timeframesFor(span.from, span.to));
    this.#playback = new Playback(this.world, span, missingOf(span, days), {
      onTrade: (price, at) => this.#outcomes.trade(price, at),
      onGap: () => this.#outcomes.gap(),
      onTick: (at) => this.#study.tick(at),
    });
  }

  /** Plays rows from `start` on; answers the row to go on with. Stops early when the strategy is disabled, or `isEnough`. */
  play(batch: TradeColumns, start: number, isEnough: () => boolean): number {
    return this.#playback.play(batch, start, () => this.disabled !== undefined || isEnough());
  }

  /** To be called once, after the last trade. */
  end(): BacktestReport {
    this.#playback.end();
    this.#study.end();
    const { instrument, environment, span, days } = this.#setting;
    const outcomes: readonly Outcome[] = this.#outcomes.list();
    const summary = summaryOf({
      ...{ instrument, environment, span, outcomes },
      played: this.#playback.played,
      missing: missingOf(span, days),
      status: this.world.status(),
      bySetup: this.#bySetup,
      notKept: this.#notKept,
      gates: this.world.gates,
    });
    return {
      summary,
      summaryText: summaryText(summary),
      signalsCsv: signalsCsv(this.#signals),
      outcomesCsv: outcomesCsv(outcomes),
      chart: chartData(summary, this.#study, this.#signals, outcomes),
    };
  }

  #onSignal(signal: PublishedSignal): void {
    this.#setting.onSignal(signal);
    this.#bySetup.set(signal.setup_type, (this.#bySetup.get(signal.setup_type) ?? 0) + 1);
    if (this.#signals.length >= MAX_SIGNALS) {
      this.#notKept += 1;
      return;
    }
    this.#signals.push(signal);
    const { instrument } = this.#setting;
    if (signal.symbol === instrument.symbol && signal.category === instrument.category)
      this.#outcomes.add(signal);
  }
}

/** The finest step that stored prices show: the tick size of the exchange, or a part of it. */
function tickSizeOf(days: readonly StoredDay[]): string {
  const decimals = Math.max(0, ...days.map((day) => (day.kind === 'stored' ? day.priceDecimals : 0)));
  return decimals === 0 ? '1' : `0.${'0'.repeat(decimals - 1)}1`;
}
