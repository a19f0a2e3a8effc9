/**
 * What is watched: the texts of SYMBOLS and SUBSCRIPTIONS (or the options that stand for them) to instruments and topics.
 *
 * Duplicates are merged, small letters are raised with a warning, and what a market does not have is refused, or warned about
 * where other symbols have it: a channel that silently never comes would look like a quiet market.
 */
import {
  type Category,
  depths,
  type Instrument,
  instrumentKey,
  intervals,
  subscriptionName,
  type Topic,
} from '../market.ts';
import {
  readSelector,
  type Selector,
  type SymbolFilter,
  type SymbolWishes,
  selectorText,
} from './symbol-selectors.ts';
import { cited, type NamedText, partsOf } from './words.ts';

/** What is found while texts are read, in words for the user; all of it is shown together. */
export type TextFindings = { readonly problems: string[]; readonly warnings: string[] };

/** The three names of one setting; those that are set must agree. Only the first may hold a list. */
export const symbolNames = ['SYMBOLS', 'SYMBOL', 'BYBIT_SYMBOL'] as const;

/** What is listened to when nothing is said. */
export const DEFAULT_SUBSCRIPTIONS = 'trades,depth.50';

const DEFAULT_SYMBOL = 'BTCUSDT';
/** As many as a heartbeat can list (shared/events/process-events.ts); more need more than one runner. */
export const MAX_TOPICS = 5_000;

const depthWords = depths.map((depth) => `depth.${depth}`);
const klineWords = `kline.${intervals[0]} ... kline.${intervals.at(-1)}`;
/** What SUBSCRIPTIONS takes, in words. */
export const channelWords = `trades, ${depthWords.join(', ')}, ${klineWords}, ticker, liquidation`;

/**
 * What all of the texts name: symbols and filters; BTCUSDT when there is no text. `category` is the market of what names none.
 * Never quite empty, so that what else is wrong is found as well.
 */
export function readSymbols(
  said: readonly NamedText[],
  category: Category,
  findings: TextFindings,
): SymbolWishes {
  const lists = said.map((one) => {
    const list = selectorList(one, category, findings);
    const isMany = list.length > 1 || list.some(({ kind }) => kind !== 'symbol');
    if ((one.name === 'SYMBOL' || one.name === 'BYBIT_SYMBOL') && isMany)
      findings.problems.push(`${cited(one)} is more than one symbol: use SYMBOLS for a list.`);
    return { list, key: list.map(selectorText).toSorted().join(',') };
  });
  const [first, ...others] = lists;
  if (others.some(({ key }) => key !== first?.key))
    findings.problems.push(`${said.map(cited).join(', ')} contradict each other: keep one of them.`);
  const wishes = wishesOf(first?.list ?? []);
  judgeExclusions(wishes, said[0], findings);
  return wishes.instruments.length + wishes.filters.length > 0
    ? wishes
    : { ...wishes, instruments: [{ category, symbol: DEFAULT_SYMBOL }] };
}

function wishesOf(list: readonly Selector[]): SymbolWishes {
  return {
    instruments: list.flatMap((one) => (one.kind === 'symbol' ? [one.instrument] : [])),
    filters: list.flatMap((one) => (one.kind === 'filter' ? [one.filter] : [])),
    excluded: list.flatMap((one) => (one.kind === 'excluded' ? [one.instrument] : [])),
  };
}

/** What is left out must be left out of something, and cannot be wanted by name as well. */
function judgeExclusions(
  { instruments, filters, excluded }: SymbolWishes,
  said: NamedText | undefined,
  { problems }: TextFindings,
): void {
  if (said === undefined) return;
  for (const one of excluded) {
    const key = instrumentKey(one);
    if (instruments.some((named) => instrumentKey(named) === key))
      problems.push(`${cited(said)} both names ${key} and leaves it out: remove one of the two.`);
    else if (!filters.some(({ category }) => category === one.category))
      problems.push(
        `${cited(said)} leaves out ${key}, but there is no filter that it could fit. Write for example ${one.category}:*,-${key}.`,
      );
  }
}

/** What is listened to, of each symbol. */
export type Subscription = Pick<Topic, 'channel' | 'depth' | 'interval'>;

/** What is listened to and, for every symbol that is named, the topics. Those of filters are not known yet. */
export function readTopics(
  { instruments, filters }: Pick<SymbolWishes, 'instruments' | 'filters'>,
  said: NamedText,
  findings: TextFindings,
): { readonly topics: readonly Topic[]; readonly subscriptions: readonly Subscription[] } {
  const subscriptions = readSubscriptions(said, findings);
  const topics = instruments.flatMap((instrument) => topicsFor(instrument, subscriptions));
  if (subscriptions.some(({ channel }) => channel === 'liquidation'))
    judgeLiquidation(instruments, filters, said, findings);
  if (topics.length > MAX_TOPICS) {
    findings.problems.push(
      `${said.name}: ${topics.length} topics (${instruments.length} symbols x ${subscriptions.length} channels) are too many for one connector: at most ${MAX_TOPICS}. Name fewer channels or symbols.`,
    );
  }
  return { topics, subscriptions };
}

/** The topics of one symbol: what its market does not have is left out. */
export function topicsFor(
  { category, symbol }: Instrument,
  subscriptions: readonly Subscription[],
): readonly Topic[] {
  return subscriptions
    .map((subscription): Topic => ({ ...subscription, category, symbol }))
    .filter((topic) => missingChannel(topic) === undefined);
}

/** Each once, in the order of the text. */
export function readSubscriptions(said: NamedText, findings: TextFindings): readonly Subscription[] {
  const parts = partsOf(said.text);
  const subscriptions = parts.flatMap((part) => {
    const subscription = subscriptionOf(part);
    if (typeof subscription !== 'string') return [subscription];
    findings.problems.push(`${cited(said)}: ${subscription}`);
    return [];
  });
  if (parts.length === 0)
    findings.problems.push(
      `${cited(said)} names no channel. Use for example ${DEFAULT_SUBSCRIPTIONS}, or remove it.`,
    );
  return [...new Map(subscriptions.map((one) => [subscriptionName(one), one])).values()];
}

/** Why a market does not have a channel; undefined when it has it. */
export function missingChannel({
  channel,
  category,
}: Pick<Topic, 'channel' | 'category'>): string | undefined {
  return channel === 'liquidation' && category === 'spot' ? 'there are no liquidations on spot' : undefined;
}

/** Spot symbols go without; when there are no others the wish is a mistake. */
function judgeLiquidation(
  instruments: readonly Instrument[],
  filters: readonly SymbolFilter[],
  said: NamedText,
  { problems, warnings }: TextFindings,
): void {
  const all = [
    ...instruments.map((instrument) => ({ ...instrument, text: instrumentKey(instrument) })),
    ...filters,
  ];
  const without = all.filter(
    ({ category }) => missingChannel({ channel: 'liquidation', category }) !== undefined,
  );
  if (without.length === 0) return;
  if (without.length === all.length) {
    problems.push(
      `${cited(said)}: there are no liquidations on spot, and every symbol is of spot. Remove liquidation, or name a symbol of linear or inverse.`,
    );
    return;
  }
  const names = without
    .slice(0, 5)
    .map(({ text }) => text)
    .join(', ');
  const more = without.length > 5 ? ` and ${without.length - 5} more` : '';
  warnings.push(
    `${cited(said)}: there are no liquidations on spot, so none are listened to for ${names}${more}.`,
  );
}

/** One part of the list; a text says what is wrong with it. */
function subscriptionOf(part: string): Subscription | string {
  const [channel = '', detail, ...rest] = part.toLowerCase().split('.');
  if (rest.length === 0) {
    if (channel === 'trades' && detail === undefined) return { channel };
    if (channel === 'depth') {
      const depth = depths.find((known) => String(known) === (detail ?? '50'));
      if (depth !== undefined) return { channel, depth };
      return `there is no book of ${JSON.stringify(detail)} levels: use ${depthWords.join(', ')}.`;
    }
    if (channel === 'kline') {
      const interval = intervals.find((known) => known === (detail ?? '1').toUpperCase());
      if (interval !== undefined) return { channel, interval };
      return `there are no candles of ${JSON.stringify(detail)}: use kline. and one of ${intervals.join(', ')}.`;
    }
    if ((channel === 'ticker' || channel === 'liquidation') && detail === undefined) return { channel };
  }
  return `${JSON.stringify(part)} is not a channel. Allowed are ${channelWords}.`;
}

function selectorList(said: NamedText, category: Category, findings: TextFindings): readonly Selector[] {
  const selectors = new Map<string, Selector>();
  const parts = partsOf(said.text);
  for (const part of parts) {
    const selector = readSelector(part, category);
    if (typeof selector === 'string') {
      findings.problems.push(`${said.name}: ${selector}`);
      continue;
    }
    if (selector.kind !== 'filter' && selector.raisedFrom !== undefined)
      findings.warnings.push(
        `${said.name}: ${selector.raisedFrom} is taken as ${selector.instrument.symbol}.`,
      );
    selectors.set(selectorText(selector), selector);
  }
  if (parts.length === 0)
    findings.problems.push(`${said.name} names no symbol. Use for example BTCUSDT, or remove it.`);
  return [...selectors.values()];
}
