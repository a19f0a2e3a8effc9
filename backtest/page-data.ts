/** What the page with the chart shows, as data that fit into it. */

import type { Timeframe } from '../runner/context/candle.ts';
import type { PublishedSignal } from '../runner/strategy/ports.ts';
import { DAY_MS } from '../shared/day-totals.ts';
import type { Outcome } from './outcomes.ts';
import type { ChartCandle, DayLevels, Study } from './study.ts';
import { type Summary, summaryText } from './summary.ts';

/** Of longer spans candles of five minutes are shown alone. */
const MINUTES_FOR_MS = 7 * DAY_MS;
/** Marks past these are left out of the chart: they would cover it. The CSV has all. */
const MOST_MARKS = 5_000;

const LAST_TIME = 8.64e15;

type Row = readonly (number | null)[];

export type ChartData = {
  readonly title: string;
  readonly summary: string;
  readonly from: number;
  readonly to: number;
  readonly missing: readonly (readonly [from: number, to: number])[];
  /** By timeframe: start, open, high, low, close, volume, 1 when complete. */
  readonly candles: Readonly<Record<string, readonly Row[]>>;
  readonly vwap: readonly Row[];
  readonly days: readonly DayLevels[];
  readonly signals: readonly ChartSignal[];
  /** Signals that have no mark. */
  readonly unmarked: number;
};

export type ChartSignal = {
  readonly number: number;
  readonly at: number;
  readonly setup: string;
  readonly side: string | null;
  readonly entry: number | null;
  readonly stop: number | null;
  readonly target: number | null;
  readonly reason: string;
  readonly result: string | null;
  readonly exit: number | null;
  readonly exit_at: number | null;
  readonly change: number | null;
};

/** Which candles the chart of a span (ms) has. */
export function timeframesFor(from: number, to: number): readonly Timeframe[] {
  return to - from <= MINUTES_FOR_MS ? ['1m', '5m'] : ['5m'];
}

export function chartData(
  summary: Summary,
  study: Study,
  signals: readonly PublishedSignal[],
  outcomes: readonly Outcome[],
): ChartData {
  const byNumber = new Map(outcomes.map((outcome) => [outcome.signal.number, outcome]));
  const { from, to } = summary;
  const timeframes = timeframesFor(from, to);
  return {
    title: `${summary.strategy} on ${summary.instrument}`,
    summary: summaryText(summary),
    ...{ from, to },
    missing: summary.missing.map((one) => [one.from, one.to]),
    candles: Object.fromEntries(timeframes.map((one) => [one, study.candles(one).map(candleRow)])),
    vwap: timeframes.includes('1m') ? study.vwap : study.vwap.filter((_, index) => index % 5 === 0),
    days: study.days(),
    signals: signals.slice(0, MOST_MARKS).map((signal) => markOf(signal, byNumber.get(signal.number))),
    unmarked: Math.max(0, signals.length - MOST_MARKS),
  };
}

function candleRow({ start, open, high, low, close, volume, complete }: ChartCandle): Row {
  return [start, open, high, low, close, Number(volume.toPrecision(6)), complete ? 1 : 0];
}

function markOf(signal: PublishedSignal, outcome: Outcome | undefined): ChartSignal {
  return {
    number: signal.number,
    // A strategy may give a time that no calendar has.
    at: Math.min(signal.timestamp, LAST_TIME),
    setup: signal.setup_type,
    side: signal.side ?? null,
    entry: signal.entry_price ?? null,
    stop: signal.stop_loss ?? null,
    target: signal.take_profit ?? null,
    reason: signal.reason,
    result: outcome?.result ?? null,
    exit: outcome?.exitPrice ?? null,
    exit_at: outcome?.exitAt ?? null,
    change: outcome?.changePercent ?? null,
  };
}

export type PageParts = { readonly html: string; readonly style: string; readonly script: string };

/** The page, complete in itself: it asks nobody for anything, and may not. */
export function pageOf({ html, style, script }: PageParts, data: ChartData): string {
  // In a script nothing but "<" could end it, and JSON may write that as an escape.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  const parts: Readonly<Record<string, string>> = {
    '{{title}}': escaped(data.title),
    '{{summary}}': escaped(data.summary),
    '<link rel="stylesheet" href="chart.css">': `<style>\n${style}</style>`,
    '<script id="data" type="application/json">{}</script>': `<script id="data" type="application/json">${json}</script>`,
    '<script src="chart.js"></script>': `<script>\n${script}</script>`,
  };
  // In one pass: what was put in is not looked at again.
  return html.replaceAll(
    /\{\{(?:title|summary)\}\}|<link rel="stylesheet"[^>]*>|<script (?:id|src)=[^>]*>[^<]*<\/script>/g,
    (place) => parts[place] ?? place,
  );
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
