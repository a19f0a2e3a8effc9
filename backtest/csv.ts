/** Signals and outcomes as CSV (RFC 4180), one row each, in the order in which they were signalled. */
import type { PublishedSignal } from '../runner/strategy/ports.ts';
import type { Outcome } from './outcomes.ts';

type Field = string | number | null | undefined;

/** What a spreadsheet would take for a formula. */
const formula = /^[=+\-@\t\r]/;

const signalColumns = [
  ...['number', 'time', 'timestamp', 'published_at', 'strategy', 'setup_type', 'category', 'symbol', 'side'],
  ...['entry_price', 'stop_loss', 'take_profit', 'risk_reward', 'confluence_score', 'reason', 'values'],
];

export function signalsCsv(signals: readonly PublishedSignal[]): string {
  const rows = signals.map((signal) => [
    signal.number,
    timeOf(signal.timestamp),
    signal.timestamp,
    signal.published_at,
    signal.strategy,
    signal.setup_type,
    signal.category,
    signal.symbol,
    signal.side,
    signal.entry_price,
    signal.stop_loss,
    signal.take_profit,
    signal.risk_reward,
    signal.confluence_score,
    signal.reason,
    signal.values === undefined ? null : JSON.stringify(signal.values),
  ]);
  return csv([signalColumns, ...rows]);
}

const outcomeColumns = [
  ...['number', 'setup_type', 'side', 'entered_at', 'entry_price', 'stop_loss', 'take_profit', 'result'],
  ...['exit_price', 'exit_at', 'held_ms', 'change_percent', 'risk_multiple'],
];

export function outcomesCsv(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ signal, result, exitPrice, exitAt, changePercent, multiple }) => [
    signal.number,
    signal.setup_type,
    signal.side,
    timeOf(signal.published_at),
    signal.entry_price,
    signal.stop_loss,
    signal.take_profit,
    result,
    exitPrice,
    exitAt === null ? null : timeOf(exitAt),
    exitAt === null ? null : exitAt - signal.published_at,
    changePercent,
    multiple,
  ]);
  return csv([outcomeColumns, ...rows]);
}

function csv(rows: readonly (readonly Field[])[]): string {
  return rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(value: Field): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const harmless = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** A strategy may give a time that no calendar has. */
export function timeOf(at: number): string {
  return Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at);
}
