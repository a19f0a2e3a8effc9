/**
 * The questions that the connector asks, in the words of Bybit's public REST interface (bybit-v5.md 6.5).
 *
 * Only paths, parameters and pages are here; how politely they are asked is the client's (connector/io/rest.ts), what the answers
 * mean the readers' beside this file.
 */
import { fail, ok, type Result } from '../../shared/errors.ts';
import type { InstrumentEvent, KlineEvent } from '../../shared/events/market-events.ts';
import type { Category, Instrument } from '../../shared/market.ts';
import type { ClockSample, KlineRange, MarketRest, Rows } from '../rest/market-rest.ts';
import type { Ask, RestAnswer, RestRequest, Subject } from '../rest/request.ts';
import { readBook } from './rest-book.ts';
import { readInstrumentPage, readTurnovers } from './rest-instruments.ts';
import { intervalLength, readRestKlines } from './rest-klines.ts';
import { joinRows } from './rest-rows.ts';
import { readRecentTrades } from './rest-trades.ts';
import { isRecord } from './values.ts';

export type MarketRestPolicy = { readonly maxPages: number; readonly maxKlines: number };

/** Of rows in one answer (klines, instruments). */
const PAGE = 1_000;
/** Enough to see what has happened within the last seconds of a market that seemed to be silent. */
const NEWEST = 50;
const nothing = { rows: [], bad: 0, firstBad: undefined };

export function marketRest(ask: Ask, policy: MarketRestPolicy): MarketRest {
  return {
    clock: async () =>
      mapAnswer(
        await ask({ endpoint: '/v5/market/time', query: '', subject: 'clock', once: true }),
        readClock,
      ),
    recentTrades: async (instrument) => {
      const request = question('trades', 'recent-trade', [
        ...named(instrument),
        ['limit', mostTrades(instrument)],
      ]);
      return mapAnswer(await ask(request), ({ result, receivedAt }) =>
        readRecentTrades(result, instrument, receivedAt),
      );
    },
    newestTrades: async (instrument, isWhole = false) => {
      const limit = isWhole ? mostTrades(instrument) : NEWEST;
      const subject = isWhole ? 'audit' : 'silence';
      const request = question(subject, 'recent-trade', [...named(instrument), ['limit', limit]]);
      return mapAnswer(await ask({ ...request, once: true }), ({ result, receivedAt, exchangeAt }) => {
        const read = readRecentTrades(result, instrument, receivedAt);
        return read.ok ? ok({ ...read.value, exchangeAt }) : read;
      });
    },
    klines: (instrument, range) => klines(ask, policy, instrument, range),
    book: async (instrument, depth) => {
      const request = question('audit', 'orderbook', [...named(instrument), ['limit', depth]]);
      // Whoever asks has his own patience, and the next book to ask for.
      return mapAnswer(await ask({ ...request, once: true }), (answer) =>
        readBook(answer, instrument, depth),
      );
    },
    instruments: (category) => instruments(ask, policy, category),
    turnovers: async (category) => {
      const request = question('instruments', 'tickers', [['category', category]]);
      return mapAnswer(await ask(request), ({ result }) => readTurnovers(result));
    },
  };
}

/** As many of the newest trades as the exchange tells. */
function mostTrades({ category }: Instrument): number {
  return category === 'spot' ? 60 : 1_000;
}

type Parameter = readonly [name: string, value: string | number];

function question(subject: Subject, name: string, parameters: readonly Parameter[], rest = ''): RestRequest {
  const query = parameters.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
  return { endpoint: `/v5/market/${name}`, query: `${query}${rest}`, subject };
}

function named({ category, symbol }: Instrument): readonly Parameter[] {
  return [
    ['category', category],
    ['symbol', symbol],
  ];
}

function mapAnswer<T>(asked: Result<RestAnswer>, read: (answer: RestAnswer) => Result<T>): Result<T> {
  return asked.ok ? read(asked.value) : asked;
}

/**
 * Half a round trip is the most that the exchange's time can be off. Where the wall clock and the monotonic one disagree about
 * how long it took, the wall clock was being set: that much is unknown on top.
 */
function readClock({ result, exchangeAt, sentAt, receivedAt, tookMs }: RestAnswer): Result<ClockSample> {
  const nanos = isRecord(result) ? result['timeNano'] : undefined;
  const isNanos = typeof nanos === 'string' && /^\d{19}$/.test(nanos);
  // A time in whole milliseconds may be up to one behind.
  const halfStepMs = isNanos && !nanos.endsWith('000000') ? 0 : 0.5;
  const exchangeMs = (isNanos ? Number(nanos) / 1e6 : exchangeAt) + halfStepMs;
  const wallMs = (receivedAt - sentAt) / 1_000;
  const offsetMs = receivedAt / 1_000 - tookMs / 2 - exchangeMs;
  return ok({ offsetMs, errorMs: tookMs / 2 + Math.abs(wallMs - tookMs) + halfStepMs });
}

/** Newest page first; there is no cursor, so the next page ends before the oldest candle of this one. */
async function klines(
  ask: Ask,
  policy: MarketRestPolicy,
  instrument: Instrument,
  { interval, from, to, withOpen = false }: KlineRange,
): Promise<Result<Rows<KlineEvent>>> {
  if ((to - from) / intervalLength(interval) + 1 > policy.maxKlines)
    return fail('request_refused', `more than ${policy.maxKlines} candles in one question: ask for less`);
  let found: Rows<KlineEvent> = nothing;
  let end: number = to;
  while (end >= from) {
    const range: readonly Parameter[] = [
      ['interval', interval],
      ['start', from],
      ['end', end],
      ['limit', PAGE],
    ];
    const asked = await ask(question('klines', 'kline', [...named(instrument), ...range]));
    const page = mapAnswer(asked, (answer) => readRestKlines(answer, instrument, interval));
    if (!page.ok) return page;
    const { rows, bad } = page.value;
    // The candle around `from` is given too. A candle that was there already would come twice.
    const wanted = rows.filter(({ start, closed }) => start >= from && start <= end && (closed || withOpen));
    found = joinRows({ ...page.value, rows: wanted }, found);
    const oldest = rows[0]?.start;
    if (oldest === undefined || oldest > end || rows.length + bad < PAGE) break;
    end = oldest - 1;
  }
  return ok(found);
}

/** Follows the cursors to the end; spot has none. */
async function instruments(
  ask: Ask,
  policy: MarketRestPolicy,
  category: Category,
): Promise<Result<Rows<InstrumentEvent>>> {
  const parameters: readonly Parameter[] = [
    ['category', category],
    ['limit', PAGE],
  ];
  const seen = new Set<string>();
  let found: Rows<InstrumentEvent> = nothing;
  let cursor = '';
  for (let pages = 0; pages < policy.maxPages; pages += 1) {
    const rest = cursor === '' ? '' : `&cursor=${verbatim(cursor)}`;
    const asked = await ask(question('instruments', 'instruments-info', parameters, rest));
    const page = mapAnswer(asked, ({ result, receivedAt }) =>
      readInstrumentPage(result, category, receivedAt),
    );
    if (!page.ok) return page;
    const { rows, cursor: next } = page.value;
    found = joinRows(found, rows);
    if (next === '' || rows.rows.length + rows.bad === 0) return ok(found);
    if (seen.has(next))
      return fail('answer_bad', 'the list of instruments leads back to a page that was read');
    seen.add(next);
    cursor = next;
  }
  return fail('answer_bad', `the list of instruments does not end after ${policy.maxPages} pages`);
}

/** Cursors come percent-encoded and go back as they are; one that is not would break the query. */
function verbatim(cursor: string): string {
  return /^[\w.~%-]+$/.test(cursor) ? cursor : encodeURIComponent(cursor);
}
