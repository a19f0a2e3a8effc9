/**
 * The answer of /v5/market/kline as candles (bybit-v5.md 6.5): rows of texts, newest first, the running candle among them.
 *
 * Rows have no end and no mark of being closed: both follow from the interval and the exchange's clock in the same answer.
 */
import { ok, type Result } from '../../shared/errors.ts';
import type { KlineEvent } from '../../shared/events/market-events.ts';
import type { Instrument, Interval } from '../../shared/market.ts';
import type { Millis } from '../../shared/time.ts';
import type { Rows } from '../rest/market-rest.ts';
import type { RestAnswer } from '../rest/request.ts';
import { readRows, timeText } from './rest-rows.ts';
import { decimal, isCandleStart, positive } from './values.ts';

const MINUTE: Millis = 60_000;
const DAY: Millis = 1_440 * MINUTE;
/** A candle counts as closed this long after its end (DESIGN 6): the last trades of it may still be on their way. */
const CLOSE_GRACE: Millis = 1_000;

/** 1970-01-01 was a Thursday; weeks begin on Monday. */
const FIRST_MONDAY: Millis = 4 * DAY;

/** The beginning of the candle that holds this moment, UTC. */
export function klineStart(at: number, interval: Interval): number {
  if (interval === 'M') {
    const date = new Date(at);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  }
  const offset = interval === 'W' ? FIRST_MONDAY : 0;
  const length = intervalLength(interval);
  return Math.floor((at - offset) / length) * length + offset;
}

/** The first millisecond behind the candle that starts at `start`; a month ends where the next begins, UTC. */
export function klineEnd(start: number, interval: Interval): number {
  if (interval !== 'M') return start + intervalLength(interval);
  const date = new Date(start);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** Of a month the shortest there is. */
export function intervalLength(interval: Interval): Millis {
  switch (interval) {
    case 'D':
      return DAY;
    case 'W':
      return 7 * DAY;
    case 'M':
      return 28 * DAY;
    default:
      return Number(interval) * MINUTE;
  }
}

/** The candles of one answer, oldest first, also the one that is not closed. */
export function readRestKlines(
  { result, exchangeAt, receivedAt }: RestAnswer,
  instrument: Instrument,
  interval: Interval,
): Result<Rows<KlineEvent>> {
  const read = readRows(result, (row) => {
    const candle = readFigures(row);
    if (typeof candle === 'string') return candle;
    const next = klineEnd(candle.start, interval);
    const closed = next + CLOSE_GRACE <= exchangeAt;
    return {
      type: 'kline',
      category: instrument.category,
      symbol: instrument.symbol,
      timestamp: closed ? next - 1 : Math.max(exchangeAt, candle.start),
      sent_at: exchangeAt,
      received_at: receivedAt,
      interval,
      ...candle,
      end: next - 1,
      closed,
    } satisfies KlineEvent;
  });
  if (!read.ok) return read;
  return ok({ ...read.value, rows: read.value.rows.toSorted((one, other) => one.start - other.start) });
}

function readFigures(row: unknown) {
  if (!Array.isArray(row)) return 'a candle is not a list';
  const values: readonly unknown[] = row;
  const start = timeText(values[0]);
  const open = positive(values[1]);
  const high = positive(values[2]);
  const low = positive(values[3]);
  const close = positive(values[4]);
  const volume = decimal(values[5]);
  const turnover = decimal(values[6]);
  if (!isCandleStart(start)) return 'the start of a candle is not a time';
  if (open === undefined || high === undefined || low === undefined || close === undefined)
    return 'open, high, low or close is not a price';
  if (volume === undefined || turnover === undefined) return 'volume or turnover is not an amount';
  return { start, open, high, low, close, volume, turnover };
}
