/**
 * What SYMBOLS may say beside a symbol: filters over everything that a market trades.
 *
 *   BTCUSDT  spot:ETHUSDT              a symbol, by name
 *   *  linear:*                        all of a market
 *   linear:USDT                        all whose coin of quotation or settlement is USDT
 *   top50  linear:top50  USDT:top50    of these, the 50 with the most turnover in 24 hours
 *   -linear:XYZUSDT                    not this one, whatever filter it fits
 *
 * A word is a coin when it is one of `quotationCoins`; no symbol is such a word alone, so nothing has to be asked to know
 * what is meant.
 */
import { type Category, categories, type Instrument, instrumentKey, symbolPattern } from '../market.ts';

/** Coins that Bybit quotes or settles in (bybit-v5.md 7, instruments-info). Another one is not a filter but taken for a symbol. */
export const quotationCoins = [
  'USDT',
  'USDC',
  'USD',
  'USDE',
  'USD1',
  'USDQ',
  'USDR',
  'EUR',
  'BRL',
  'TRY',
  'PLN',
  'BTC',
  'ETH',
  'SOL',
  'MNT',
  'DAI',
] as const;

/** No market of the exchange has as many symbols. */
const MOST_TOP = 2_000;

/** All of a market that fit; `top`: only the first by turnover. */
export type SymbolFilter = {
  readonly category: Category;
  readonly coin?: string;
  readonly top?: number;
  /** As it is written in full: `linear:USDT:top50`. */
  readonly text: string;
};

export type Selector =
  | { readonly kind: 'symbol'; readonly instrument: Instrument; readonly raisedFrom: string | undefined }
  | { readonly kind: 'excluded'; readonly instrument: Instrument; readonly raisedFrom: string | undefined }
  | { readonly kind: 'filter'; readonly filter: SymbolFilter };

/** What is wanted, before anybody was asked what there is. */
export type SymbolWishes = {
  /** Named one by one: wanted whatever the exchange lists. */
  readonly instruments: readonly Instrument[];
  readonly filters: readonly SymbolFilter[];
  /** Never taken from a filter. */
  readonly excluded: readonly Instrument[];
};

/** The whole of a selector in words that name it: what two ways to write the same have in common. */
export function selectorText(selector: Selector): string {
  switch (selector.kind) {
    case 'symbol':
      return instrumentKey(selector.instrument);
    case 'excluded':
      return `-${instrumentKey(selector.instrument)}`;
    case 'filter':
      return selector.filter.text;
  }
}

/** One part of the list; a text says what is wrong with it. `category` is the market of what names none. */
export function readSelector(part: string, category: Category): Selector | string {
  const isExcluded = part.startsWith('-');
  const words = (isExcluded ? part.slice(1) : part).split(':').map((word) => word.trim());
  const [head = '', ...tail] = words;
  const named = categories.find((known) => known === head.toLowerCase());
  if (named !== undefined && tail.length === 0)
    return `${quoted(part)} is a market, not a symbol: write ${named}:* for all that it trades.`;
  const rest = named === undefined ? words : tail;
  const market = named ?? category;
  const filter = readFilter(rest, market, part);
  if (filter !== undefined) {
    if (typeof filter === 'string' || !isExcluded) return filter;
    return `${quoted(part)}: only symbols can be left out, for example -${market}:BTCUSDT.`;
  }
  const [written = '', ...more] = rest;
  if (more.length > 0) return unknownShape(part, named !== undefined);
  const symbol = written.toUpperCase();
  if (!symbolPattern.test(symbol))
    return `${quoted(written)} is not a symbol. A symbol has 2 to 40 capitals, digits and dashes, for example BTCUSDT.`;
  const raisedFrom = symbol === written ? undefined : written;
  return {
    kind: isExcluded ? 'excluded' : 'symbol',
    instrument: { category: market, symbol },
    raisedFrom,
  };
}

/** A filter, what is wrong with it, or undefined when it is none. */
function readFilter(
  words: readonly string[],
  category: Category,
  part: string,
): Selector | string | undefined {
  if (words.length > 2) return undefined;
  const [first = '', second] = words;
  const coin = quotationCoins.find((known) => known === first.toUpperCase());
  const top = topOf(second ?? first);
  const isAll = first === '*' || coin !== undefined;
  if (second === undefined ? !isAll && top === undefined : !isAll || top === undefined) return undefined;
  if (top !== undefined) {
    if (top < 1 || top > MOST_TOP)
      return `${quoted(part)}: top takes a whole number from 1 to ${MOST_TOP}, for example top50.`;
    if (category === 'inverse')
      return `${quoted(part)}: the turnover of inverse contracts is told in each one's own coin, so they cannot be compared: write inverse:*, or their symbols.`;
    if (category === 'spot' && coin === undefined)
      return `${quoted(part)}: turnover on spot is told in the coin of quotation, so only pairs of one coin can be compared: write spot:USDT:top${top}.`;
  }
  const scope = coin ?? (second === undefined && top !== undefined ? undefined : '*');
  const pieces = [category, scope === '*' && top !== undefined ? undefined : scope, top && `top${top}`];
  return {
    kind: 'filter',
    filter: {
      category,
      ...(coin === undefined ? {} : { coin }),
      ...(top === undefined ? {} : { top }),
      text: pieces.filter((piece) => piece !== undefined).join(':'),
    },
  };
}

function topOf(word: string): number | undefined {
  const digits = /^top(\d{1,9})$/i.exec(word)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function unknownShape(part: string, namesMarket: boolean): string {
  const ways = categories.map((known) => `${known}:SYMBOL`).join(', ');
  return namesMarket
    ? `${quoted(part)} is neither a symbol nor a filter. Write for example linear:BTCUSDT, linear:*, linear:USDT, linear:USDT:top50.`
    : `${quoted(part)} does not name a market that towline knows. Write ${ways} or only the symbol.`;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
