/** A backtest without files: made trades in, the report out. */
import { pino } from 'pino';
import { pageOf } from '../../backtest/page-data.ts';
import type { StoredDay } from '../../backtest/ports.ts';
import { Backtest, type BacktestReport } from '../../backtest/run.ts';
import type { Strategy } from '../../runner/strategy/api.ts';
import type { PublishedSignal } from '../../runner/strategy/ports.ts';
import { DAY_MS, dayStart } from '../../shared/day-totals.ts';
import { batchesOf, instrument, type MadeTrade, wholeDay } from './made-history.ts';

export const date = '2026-08-01';
export const midnight = dayStart(date);
export const day = { from: midnight, to: midnight + DAY_MS };

export type PlayOptions = {
  readonly days?: readonly StoredDay[];
  readonly span?: { readonly from: number; readonly to: number };
  /** Rows of a batch, and rows that are played at a time. */
  readonly batch?: number;
  readonly stretch?: number;
};

export type Played = {
  readonly report: BacktestReport;
  readonly backtest: Backtest;
  readonly signals: readonly PublishedSignal[];
  /** Everything that is written, one text. */
  readonly bytes: string;
};

export function play(strategy: Strategy, trades: readonly MadeTrade[], options: PlayOptions = {}): Played {
  const { days = [wholeDay(date)], span = day, batch = 2_000, stretch = 500 } = options;
  const signals: PublishedSignal[] = [];
  const backtest = new Backtest({
    ...{ strategy, days, span, instrument },
    file: '/strategies/mine.ts',
    environment: 'mainnet',
    log: pino({ enabled: false }),
    onSignal: (signal) => signals.push(signal),
  });
  for (const rows of batchesOf(trades, batch)) {
    for (let row = 0; row < rows.rows && backtest.disabled === undefined; ) {
      const until = row + stretch;
      let played = row;
      row = backtest.play(rows, row, () => {
        played += 1;
        return played >= until;
      });
    }
  }
  const report = backtest.end();
  const parts = { html: '<script id="data" type="application/json">{}</script>', style: '', script: '' };
  const bytes = [report.summaryText, report.signalsCsv, report.outcomesCsv, pageOf(parts, report.chart)].join(
    '\n',
  );
  return { report, backtest, signals, bytes };
}
