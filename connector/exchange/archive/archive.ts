/**
 * The archive's side of the exchange, as public.bybit.com serves it: which files exist, and its plain listings.
 *
 * A day's file exists when the day is over by the exchange's clock and a delay has passed (bybit-v5.md 7.6); until then, and
 * for days before the market's first or after its last, it is 404. A dated contract has files but is in no listing
 * (bybit-v5.md 7.1). A day on which nothing was traded has a file with its first line only (an assumption).
 */
import type { Exchange } from '../exchange.ts';
import type { Feed } from '../feeds/topics.ts';
import type { Moment } from '../moment.ts';
import { DAY_MS, dateOf, dayOf, dayOfDate } from '../past/day.ts';
import type { HttpAnswer } from '../rest/rest.ts';
import type { DayFile, Defect } from './day-file.ts';

/** What a request for the archive leads to: a text, or a file that the driver has to make. */
export type Found =
  | { readonly kind: 'text'; readonly answer: HttpAnswer }
  | {
      readonly kind: 'file';
      readonly file: DayFile;
      /** When it was published, ms since 1970. */
      readonly publishedAt: number;
      /** The path that was asked for names it. */
      readonly path: string;
    };

type Section = 'trading' | 'spot';

const HTML = { 'content-type': 'text/html' };

/** Does the archive answer for this path? Everything else is REST. */
export function isArchivePath(path: string): boolean {
  return /^\/(trading|spot)(\/|$)/.test(path);
}

/** Finds what a path names. `defect` is what has been ordered to be wrong with a file. */
export function findInArchive(
  exchange: Exchange,
  path: string,
  defect: Defect | undefined,
  now: Moment,
): Found {
  const match =
    /^\/(trading|spot)\/(?:([0-9A-Z-]+)\/(?:([0-9A-Z-]+?)(_?)(\d{4}-\d\d-\d\d)\.csv\.gz)?)?$/.exec(path);
  const [, section, symbol, named, dash, date] = match ?? [];
  if (section !== 'trading' && section !== 'spot') return notFound();
  if (symbol === undefined) return listing(section, symbolsOf(exchange, section));
  const feed = feedOf(exchange, section, symbol);
  if (feed === undefined) return notFound();
  if (date === undefined) return listing(`${section}/${symbol}`, filesOf(exchange, feed, now));
  const day = dayOfDate(date);
  const isNamedRight = named === symbol && dash === (section === 'spot' ? '_' : '');
  if (day === undefined || !isNamedRight || !isPublished(exchange, feed, day, now)) return notFound();
  const publishedAt = day + DAY_MS + exchange.archiveDelayMs;
  const of = defect === 'other_symbol' ? otherMarket(exchange, feed) : feed;
  return { kind: 'file', file: { feed: of, day, defect }, publishedAt, path };
}

/** Is the file of this day there? */
function isPublished(exchange: Exchange, feed: Feed, day: number, now: Moment): boolean {
  const { past, closedAt } = feed;
  if (day < past.firstDay || (closedAt !== undefined && day > closedAt) || past.log.isLost(day)) return false;
  return day + DAY_MS + exchange.archiveDelayMs <= now.unix;
}

function feedOf(exchange: Exchange, section: Section, symbol: string): Feed | undefined {
  if (section === 'spot') return exchange.feed('spot', symbol);
  return exchange.feed('linear', symbol) ?? exchange.feed('inverse', symbol);
}

/** Another market whose file has the same columns, of the same kind if there is one. */
function otherMarket(exchange: Exchange, feed: Feed): Feed {
  const { category } = feed.instrument;
  const others = exchange.feeds.filter(
    (one) => one !== feed && (one.instrument.category === 'spot') === (category === 'spot'),
  );
  return others.find((one) => one.instrument.category === category) ?? others[0] ?? feed;
}

function symbolsOf(exchange: Exchange, section: Section): readonly string[] {
  const isSpot = section === 'spot';
  return exchange.feeds
    .filter(
      ({ instrument }) => (instrument.category === 'spot') === isSpot && !instrument.symbol.includes('-'),
    )
    .map(({ instrument }) => `${instrument.symbol}/`)
    .toSorted();
}

function filesOf(exchange: Exchange, feed: Feed, now: Moment): readonly string[] {
  const { symbol, category } = feed.instrument;
  const names: string[] = [];
  for (let day = feed.past.firstDay; day < dayOf(now.unix); day += DAY_MS)
    if (isPublished(exchange, feed, day, now))
      names.push(`${symbol}${category === 'spot' ? '_' : ''}${dateOf(day)}.csv.gz`);
  return names;
}

/** A plain page of links. */
function listing(folder: string, names: readonly string[]): Found {
  const links = names.map((name) => `<li><a href="${name}">${name}</a></li>\n`).join('');
  const title = `Index of /${folder}/`;
  const body = `<html>\n<head><title>${title}</title></head>\n<body>\n<h1>${title}</h1>\n<ul>\n${links}</ul>\n</body>\n</html>\n`;
  return { kind: 'text', answer: { status: 200, headers: HTML, body } };
}

function notFound(): Found {
  const body =
    '<html>\n<head><title>404 Not Found</title></head>\n<body><h1>404 Not Found</h1></body>\n</html>\n';
  return { kind: 'text', answer: { status: 404, headers: HTML, body } };
}
