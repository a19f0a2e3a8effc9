/**
 * Candles of a range, read by REST: each once, none missing without a word, the one that is not over marked.
 *
 * The exchange gives at most a thousand at a time, the newest first, and no cursor (bybit-v5.md 6.5): a long range becomes questions of
 * one page each, the newest first. Pure but for the port.
 */
import { fail, ok, type Result } from '../../../shared/errors.ts';
import type { KlineEvent } from '../../../shared/events/market-events.ts';
import type { Instrument, Interval } from '../../../shared/market.ts';
import { type Millis, type UnixMs, unixMs } from '../../../shared/time.ts';
import { intervalLength, klineEnd, klineStart } from '../../bybit/rest-klines.ts';
import type { MarketRest } from '../../rest/market-rest.ts';
import { without } from '../plan/spans.ts';
import { type Span, union } from '../store/spans.ts';

/** Half-open. The candle that holds `from` belongs to it, though it began earlier. */
export type CandleRange = { readonly interval: Interval; readonly from: UnixMs; readonly to: UnixMs };

export type Candles = {
  /** Oldest first. The one that still runs has `closed: false`. */
  readonly rows: readonly KlineEvent[];
  /** Closed candles that the exchange does not list, or that could not be read: their time, in order. */
  readonly holes: readonly Span[];
  /** Rows that could not be read, and what was wrong with the first. */
  readonly bad: number;
  readonly firstBad: string | undefined;
};

export type CandlesPolicy = {
  /** Of one question. */
  readonly klinesAtOnce: number;
  /** Of a range. */
  readonly maxKlines: number;
  /** Questions under way; the client may send fewer. */
  readonly questions: number;
};

export type CandlesPorts = {
  readonly rest: Pick<MarketRest, 'klines'>;
  /** By our clock: only for a range of which the exchange lists nothing at all. */
  readonly now: () => UnixMs;
  /** A page was read; the newest are first. */
  readonly onPage?: ((rows: readonly KlineEvent[]) => void) | undefined;
};

/** A candle counts as closed so long after its end (DESIGN 6); until then nobody misses it. */
const CLOSE_GRACE: Millis = 1_000;

export async function readCandles(
  instrument: Instrument,
  { interval, from, to }: CandleRange,
  policy: CandlesPolicy,
  ports: CandlesPorts,
): Promise<Result<Candles>> {
  const first = klineStart(from, interval);
  const length = intervalLength(interval);
  if ((to - first) / length > policy.maxKlines)
    return fail('request_refused', `more than ${policy.maxKlines} candles in one range: ask for less`);
  const pages = pagesOf(first, to, policy.klinesAtOnce * length);
  const found = new Map<number, KlineEvent>();
  const problems = { bad: 0, firstBad: undefined as string | undefined };
  let failed: Result<never> | undefined;
  const read = async (): Promise<void> => {
    for (let page = pages.shift(); page !== undefined && failed === undefined; page = pages.shift()) {
      const range = { interval, from: page.from, to: unixMs(page.to - 1), withOpen: true };
      const answer = await ports.rest.klines(instrument, range);
      if (!answer.ok) {
        failed ??= answer;
        return;
      }
      const { rows, bad, firstBad } = answer.value;
      problems.bad += bad;
      problems.firstBad ??= firstBad;
      // A candle that is told twice is told as it was later: closed rather than running.
      for (const row of rows) if (found.get(row.start)?.closed !== true) found.set(row.start, row);
      ports.onPage?.(rows);
    }
  };
  await Promise.all(Array.from({ length: Math.min(policy.questions, pages.length) }, read));
  if (failed !== undefined) return failed;
  const rows = [...found.values()].toSorted((one, other) => one.start - other.start);
  const now = Math.max(...rows.map(({ sent_at: said = 0 }) => said), rows.length > 0 ? 0 : ports.now());
  return ok({ rows, holes: holesOf(rows, interval, { from: unixMs(first), to }, now), ...problems });
}

/** From the newest back, none longer than `length`. */
function pagesOf(first: number, to: number, length: Millis): { from: UnixMs; to: UnixMs }[] {
  const pages: { from: UnixMs; to: UnixMs }[] = [];
  for (let end = to; end > first; end -= length)
    pages.push({ from: unixMs(Math.max(first, end - length)), to: unixMs(end) });
  return pages;
}

/** The time of the closed candles of the range that are not among the rows. */
function holesOf(rows: readonly KlineEvent[], interval: Interval, range: Span, now: number): readonly Span[] {
  const closedBy = now - CLOSE_GRACE;
  // The candle that runs at the end of the range, or now, is not over.
  const last = Math.min(
    klineEnd(klineStart(range.to - 1, interval), interval),
    klineStart(closedBy, interval),
  );
  const there = rows.map(({ start }) => ({
    from: unixMs(start),
    to: unixMs(klineEnd(start, interval)),
  }));
  return without(union([{ from: range.from, to: unixMs(last) }]), union(there));
}
