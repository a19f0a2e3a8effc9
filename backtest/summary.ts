/** What came of a backtest, as data and in words. Nothing in it depends on the machine, the clock or the folder. */
import type { Span } from '../connector/history/store/spans.ts';
import type { StrategyStatus } from '../runner/strategy/ports.ts';
import { type Environment, type Instrument, instrumentKey } from '../shared/market.ts';
import { type Missing, missingLines, timeText } from './coverage.ts';
import { type Outcome, type Result, rounded } from './outcomes.ts';
import type { Played } from './playback.ts';
import type { GateChange } from './world.ts';

export const ASSUMPTION =
  'entered at entry_price when signalled; left at stop_loss or take_profit, whichever a later trade touched first; no fees, no slippage';

export type OutcomeSums = {
  readonly [result in Result]: number;
} & {
  /** Of those that ended, in percent of the entry. */
  readonly change_percent: number;
};

export type Summary = {
  readonly strategy: string;
  readonly instrument: string;
  readonly environment: Environment;
  readonly from: number;
  readonly to: number;
  readonly trades: number;
  readonly first_trade_at: number | null;
  readonly last_trade_at: number | null;
  readonly trades_per_second: number;
  readonly missing: readonly Missing[];
  readonly signals: number;
  /** Signals past what is kept: told, but in no file. */
  readonly signals_not_kept: number;
  readonly withheld: number;
  readonly surplus: number;
  readonly by_setup: Readonly<Record<string, number>>;
  /** By setup, of the signals with side, entry, and stop or target. */
  readonly outcomes: Readonly<Record<string, OutcomeSums>>;
  readonly assumption: string;
  readonly gate_open_at_end: boolean;
  readonly gate_shut: number;
  /** What the strategy needs and stored trades do not have. */
  readonly absent_needs: readonly string[];
  readonly errors: number;
  readonly last_error: string | null;
};

export type SummarySources = {
  readonly instrument: Instrument;
  readonly environment: Environment;
  readonly span: Span;
  readonly played: Played;
  readonly missing: readonly Missing[];
  readonly status: StrategyStatus | undefined;
  readonly bySetup: ReadonlyMap<string, number>;
  readonly notKept: number;
  readonly outcomes: readonly Outcome[];
  readonly gates: readonly GateChange[];
};

export function summaryOf(sources: SummarySources): Summary {
  const { span, played, status, gates, outcomes } = sources;
  const last = gates.at(-1);
  const absent = last?.reasons.filter(({ code }) => code === 'topic_not_subscribed') ?? [];
  return {
    strategy: status?.name ?? '',
    instrument: instrumentKey(sources.instrument),
    environment: sources.environment,
    from: span.from,
    to: span.to,
    trades: played.trades,
    first_trade_at: played.first,
    last_trade_at: played.last,
    trades_per_second: Number((played.trades / ((span.to - span.from) / 1_000)).toPrecision(6)),
    missing: sources.missing,
    signals: status?.signals ?? 0,
    signals_not_kept: sources.notKept,
    withheld: status?.withheld_signals ?? 0,
    surplus: status?.surplus_signals ?? 0,
    by_setup: Object.fromEntries([...sources.bySetup].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    outcomes: sumsBySetup(outcomes),
    assumption: ASSUMPTION,
    gate_open_at_end: last?.open ?? false,
    gate_shut: gates.filter(({ open }, index) => !open && gates[index - 1]?.open === true).length,
    absent_needs: absent.flatMap(({ topic }) => topic ?? []),
    errors: status?.errors ?? 0,
    last_error: status?.last_error ?? null,
  };
}

function sumsBySetup(outcomes: readonly Outcome[]): Readonly<Record<string, OutcomeSums>> {
  const bySetup = Map.groupBy(outcomes, ({ signal }) => signal.setup_type);
  return Object.fromEntries(
    [...bySetup]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([setup, list]) => {
        const count = (result: Result): number => list.filter((one) => one.result === result).length;
        const change = list.reduce((sum, { changePercent }) => sum + (changePercent ?? 0), 0);
        return [
          setup,
          {
            target: count('target'),
            stop: count('stop'),
            open: count('open'),
            unknown: count('unknown'),
            levels_wrong: count('levels_wrong'),
            change_percent: rounded(change),
          },
        ];
      }),
  );
}

/** For people: one fact a line. */
export function summaryText(summary: Summary): string {
  const { trades, signals, missing, first_trade_at: first, last_trade_at: last } = summary;
  const when = first === null || last === null ? '' : `, ${timeText(first)} to ${timeText(last)}`;
  const lines: (readonly [string, string])[] = [
    ['strategy', summary.strategy],
    ['market', `${summary.instrument} of ${summary.environment}`],
    ['span', `${timeText(summary.from)} to ${timeText(summary.to)} (UTC)`],
    ['trades', `${grouped(trades)} replayed, ${summary.trades_per_second} a second${when}`],
    ...(missing.length === 0
      ? [['missing', 'nothing'] as const]
      : missingLines(missing).map((line, index) => [index === 0 ? 'missing' : '', line] as const)),
    ['signals', signals === 0 ? 'none' : `${grouped(signals)}: ${setupsText(summary.by_setup)}`],
    ...outcomeLines(summary),
    ...troubleLines(summary),
  ];
  return lines.map(([name, text]) => `${name.padEnd(10)}${text}\n`).join('');
}

function outcomeLines({ outcomes, signals }: Summary): readonly (readonly [string, string])[] {
  const setups = Object.entries(outcomes);
  if (setups.length === 0)
    return signals === 0
      ? []
      : [['outcomes', 'not judged: no signal has side, entry_price, and stop_loss or take_profit']];
  const lines = setups.map(([setup, sums]) => {
    const parts = [
      `${sums.target} target`,
      `${sums.stop} stop`,
      ...(sums.open === 0 ? [] : [`${sums.open} open at the end`]),
      ...(sums.unknown === 0 ? [] : [`${sums.unknown} unknown because of a gap`]),
      ...(sums.levels_wrong === 0 ? [] : [`${sums.levels_wrong} with stop or target on the wrong side`]),
    ];
    return `${setup}: ${parts.join(', ')}; together ${signed(sums.change_percent)} %`;
  });
  return [...lines, ASSUMPTION].map((line, index) => [index === 0 ? 'outcomes' : '', line] as const);
}

function troubleLines(summary: Summary): readonly (readonly [string, string])[] {
  const { absent_needs, withheld, surplus, signals_not_kept, errors, last_error } = summary;
  return [
    ...(absent_needs.length === 0
      ? []
      : [
          [
            'needs',
            `${absent_needs.join(', ')}: stored history has trades alone, so the gate stays shut; leave it out of "needs" where the strategy can do without`,
          ] as const,
        ]),
    ...(withheld === 0
      ? []
      : [['withheld', `${grouped(withheld)} signals, since the gate was shut`] as const]),
    ...(surplus === 0
      ? []
      : [['surplus', `${grouped(surplus)} signals past 256 at one event were dropped`] as const]),
    ...(signals_not_kept === 0
      ? []
      : [['not kept', `${grouped(signals_not_kept)} signals are in no file: too many`] as const]),
    ...(errors === 0 ? [] : [['errors', `${grouped(errors)}, last: ${last_error ?? 'unknown'}`] as const]),
  ];
}

function setupsText(bySetup: Summary['by_setup']): string {
  return Object.entries(bySetup)
    .map(([setup, count]) => `${setup} ${grouped(count)}`)
    .join(', ');
}

/** 1,234,567 */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

function signed(percent: number): string {
  return `${percent > 0 ? '+' : ''}${Number(percent.toFixed(4))}`;
}
