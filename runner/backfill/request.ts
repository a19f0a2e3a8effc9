/** What a history child is asked, as one line (shared/history-request.ts). Today of all symbols comes before days that are over. */
import type { HistoryRequest } from '../../shared/history-request.ts';
import { type Instrument, instrumentKey } from '../../shared/market.ts';
import type { Span } from '../../shared/spans.ts';
import type { JournalCut } from '../history/messages.ts';

/** A day that is to be asked for. */
export type DayWish = {
  readonly instrument: Instrument;
  readonly date: string;
  readonly binSize: string;
  /** Undefined: the whole day. */
  readonly until: number | undefined;
  readonly known: readonly Span[];
  /** Of minutes after `until`, at most SPANS_MAX. */
  readonly candles: readonly Span[];
  readonly withSums: boolean;
};

/** Spans of one day that are named; whatever is known beyond is told again, and refused; what is missing beyond is asked for later. */
export const SPANS_MAX = 1_000;

/** @param keepFrom - stored days before this one are removed; undefined: all are kept */
export function requestOf(
  wishes: readonly DayWish[],
  { positions }: JournalCut,
  keepFrom: string | undefined,
): HistoryRequest {
  const journals = new Map(
    positions.map((at) => [
      `${instrumentKey(at)} ${at.date}`,
      { trades_bytes: at.tradesBytes, spans_bytes: at.spansBytes },
    ]),
  );
  return {
    request: 'day_totals',
    instruments: wishes.map(({ instrument, date, binSize, until, known, candles, withSums }) => ({
      category: instrument.category,
      symbol: instrument.symbol,
      bin_size: binSize,
      days: [
        {
          date,
          until: until ?? null,
          journal: journals.get(`${instrumentKey(instrument)} ${date}`) ?? null,
          known: known.slice(0, SPANS_MAX).map(({ from, to }) => ({ from, to })),
          ...(candles.length === 0 ? {} : { candles: candles.map(({ from, to }) => ({ from, to })) }),
          sums: withSums,
        },
      ],
    })),
    klines: true,
    ...(keepFrom === undefined ? {} : { keep_from: keepFrom }),
  };
}
