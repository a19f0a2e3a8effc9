/**
 * One question to history and what comes back: lines are read, sums and candles are joined to the days they belong to, and each day is told
 * when all of it was.
 */

import { utcDateOf } from '../../shared/day-totals.ts';
import {
  type DayTotalsEvent,
  type HistoryDayEvent,
  type HistoryEvent,
  type HistoryKlineEvent,
  type HistoryProgressEvent,
  type HistoryRangeEvent,
  historyEventSchema,
  historyTypes,
} from '../../shared/events/history-events.ts';
import type { Logger } from '../../shared/io/log.ts';
import { type Instrument, instrumentKey } from '../../shared/market.ts';
import type { InstrumentDays } from '../context/day/instrument-days.ts';
import { TotalsParts } from './totals-parts.ts';

/** A day that was asked for. */
export type AskedDay = { readonly instrument: Instrument; readonly date: string };

/** All of a day but the candle of the minute that is not over. */
export type ToldDay = AskedDay & {
  readonly ranges: readonly HistoryRangeEvent[];
  readonly retryable: boolean;
};

export type RunCounts = { trades: number; candles: number; refused: number; badLines: number };

export type HistoryRunPorts = {
  readonly log: Logger;
  readonly days: (instrument: Instrument) => InstrumentDays | undefined;
  readonly onDay: (day: ToldDay) => void;
};

export class HistoryRun {
  readonly #ports: HistoryRunPorts;
  readonly #counts: RunCounts;
  readonly #asked = new Map<string, AskedDay>();
  readonly #ranges = new Map<string, HistoryRangeEvent[]>();
  readonly #parts = new TotalsParts();
  /** Candles come one a line; each joining makes the levels anew. */
  readonly #klines = new Map<string, { readonly of: AskedDay; readonly rows: HistoryKlineEvent[] }>();
  progress: HistoryProgressEvent | undefined;

  constructor(asked: readonly AskedDay[], counts: RunCounts, ports: HistoryRunPorts) {
    this.#ports = ports;
    this.#counts = counts;
    for (const day of asked) this.#asked.set(nameOf(day), day);
  }

  /** A line of the child. */
  onLine(line: string): void {
    const event = this.#read(line);
    if (event === undefined) return;
    if (event.type !== 'kline') this.#joinKlines();
    switch (event.type) {
      case 'progress':
        this.progress = event;
        return;
      case 'history_range':
        return this.#range(event);
      case 'history_day':
        return this.#day(event);
      case 'day_totals':
        return this.#totals(event);
      case 'kline':
        return this.#kline(event);
      case 'error':
        this.#ports.log.warn({ event: 'backfill_error', code: event.code }, event.error);
        return;
      case 'verification':
      case 'access':
        return;
    }
  }

  /** Nothing more will come. Answers the days that were not told. */
  end(): readonly AskedDay[] {
    this.#joinKlines();
    return [...this.#asked.values()];
  }

  #read(line: string): HistoryEvent | undefined {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return this.#bad('no JSON');
    }
    if (!isKnown(value)) return undefined;
    const parsed = historyEventSchema.safeParse(value);
    return parsed.success ? parsed.data : this.#bad(parsed.error.issues[0]?.message ?? 'of another shape');
  }

  #bad(reason: string): undefined {
    this.#counts.badLines += 1;
    if (this.#counts.badLines > 10) return;
    this.#ports.log.warn(
      { event: 'backfill_bad_line', reason },
      'history told something that nobody understands',
    );
  }

  #range(event: HistoryRangeEvent): void {
    const name = nameOf({ instrument: event, date: event.date });
    if (!this.#asked.has(name)) return;
    const ranges = this.#ranges.get(name);
    if (ranges === undefined) this.#ranges.set(name, [event]);
    else ranges.push(event);
  }

  #day({ category, symbol, date, retryable }: HistoryDayEvent): void {
    const name = nameOf({ instrument: { category, symbol }, date });
    const asked = this.#asked.get(name);
    if (asked === undefined) return;
    this.#asked.delete(name);
    this.#ports.onDay({ ...asked, ranges: this.#ranges.get(name) ?? [], retryable });
    this.#ranges.delete(name);
  }

  #totals(event: DayTotalsEvent): void {
    const part = this.#parts.add(event);
    if (part === undefined) return;
    const { category, symbol, date } = part.totals;
    const refusal = this.#ports.days({ category, symbol })?.join(part);
    if (refusal === undefined) {
      this.#counts.trades += part.totals.trades;
      return;
    }
    this.#counts.refused += 1;
    const words = `sums of ${category}:${symbol} ${date} from ${spanText(part.spans)} were not joined (${refusal})`;
    this.#ports.log.info({ event: 'backfill_refused', reason: refusal }, words);
  }

  #kline(event: HistoryKlineEvent): void {
    const { category, symbol } = event;
    const of = { instrument: { category, symbol }, date: utcDateOf(event.start) };
    const waiting = this.#klines.get(nameOf(of));
    if (waiting === undefined) this.#klines.set(nameOf(of), { of, rows: [event] });
    else waiting.rows.push(event);
  }

  #joinKlines(): void {
    for (const { of, rows } of this.#klines.values()) {
      const refused = this.#ports.days(of.instrument)?.joinKlines(of.date, rows) ?? rows.length;
      this.#counts.candles += rows.length - refused;
    }
    this.#klines.clear();
  }
}

/** Types that a later version may tell are left alone. */
function isKnown(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('type' in value)) return true;
  return typeof value.type !== 'string' || historyTypes.has(value.type);
}

function nameOf({ instrument, date }: AskedDay): string {
  return `${instrumentKey(instrument)} ${date}`;
}

function spanText(spans: readonly { readonly from: number; readonly to: number }[]): string {
  return spans
    .map(({ from, to }) => `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`)
    .join(', ');
}
