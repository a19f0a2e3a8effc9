/**
 * What is watched: the texts of SYMBOLS and SUBSCRIPTIONS (or the options that stand for them) to instruments and topics.
 *
 * Duplicates are merged, small letters are raised with a warning, and what a market does not have is refused, or warned about
 * where other symbols have it: a channel that silently never comes would look like a quiet market.
 */
import {
  type Category,
  categories,
  depths,
  type Instrument,
  instrumentKey,
  intervals,
  symbolPattern,
  type Topic,
  topicKey,
} from '../market.ts';
import { cited, type NamedText, partsOf } from './words.ts';

/** What is found while texts are read, in words for the user; all of it is shown together. */
export type TextFindings = { readonly problems: string[]; readonly warnings: string[] };

/** The three names of one setting; those that are set must agree. Only the first may hold a list. */
export const symbolNames = ['SYMBOLS', 'SYMBOL', 'BYBIT_SYMBOL'] as const;

/** What is listened to when nothing is said. */
export const DEFAULT_SUBSCRIPTIONS = 'trades,depth.50';

const DEFAULT_SYMBOL = 'BTCUSDT';
/** More topics than this in one connector is a mistake, or needs more than one runner. */
const MAX_TOPICS = 1_000;

const depthWords = depths.map((depth) => `depth.${depth}`);
const klineWords = `kline.${intervals[0]} ... kline.${intervals.at(-1)}`;
/** What SUBSCRIPTIONS takes, in words. */
export const channelWords = `trades, ${depthWords.join(', ')}, ${klineWords}, ticker, liquidation`;

/**
 * The instruments that all of the texts name; BTCUSDT when there is no text. `category` is the market of symbols that name
 * none. Never empty, so that what else is wrong is found as well.
 */
export function readInstruments(
  said: readonly NamedText[],
  category: Category,
  findings: TextFindings,
): readonly Instrument[] {
  const lists = said.map((one) => {
    const list = instrumentList(one, category, findings);
    if ((one.name === 'SYMBOL' || one.name === 'BYBIT_SYMBOL') && list.length > 1)
      findings.problems.push(`${cited(one)} is more than one symbol: use SYMBOLS for a list.`);
    return { list, key: list.map(instrumentKey).toSorted().join(',') };
  });
  const [first, ...others] = lists;
  if (others.some(({ key }) => key !== first?.key))
    findings.problems.push(`${said.map(cited).join(', ')} contradict each other: keep one of them.`);
  return first === undefined || first.list.length === 0 ? [{ category, symbol: DEFAULT_SYMBOL }] : first.list;
}

/** Every subscription of the text for every instrument. */
export function readTopics(
  instruments: readonly Instrument[],
  said: NamedText,
  findings: TextFindings,
): readonly Topic[] {
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
  const topics = new Map<string, Topic>();
  for (const instrument of instruments) {
    for (const subscription of subscriptions) {
      const topic = { ...subscription, ...instrument };
      if (missingChannel(topic) === undefined) topics.set(topicKey(topic), topic);
    }
  }
  if (subscriptions.some(({ channel }) => channel === 'liquidation'))
    judgeLiquidation(instruments, said, findings);
  if (topics.size > MAX_TOPICS) {
    findings.problems.push(
      `${said.name}: ${topics.size} topics (${instruments.length} symbols x ${subscriptions.length} channels) are too many for one connector: at most ${MAX_TOPICS}. Name fewer channels or symbols.`,
    );
  }
  return [...topics.values()];
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
  said: NamedText,
  { problems, warnings }: TextFindings,
): void {
  const without = instruments.filter(
    ({ category }) => missingChannel({ channel: 'liquidation', category }) !== undefined,
  );
  if (without.length === 0) return;
  if (without.length === instruments.length) {
    problems.push(
      `${cited(said)}: there are no liquidations on spot, and every symbol is of spot. Remove liquidation, or name a symbol of linear or inverse.`,
    );
    return;
  }
  const names = without.slice(0, 5).map(instrumentKey).join(', ');
  const more = without.length > 5 ? ` and ${without.length - 5} more` : '';
  warnings.push(
    `${cited(said)}: there are no liquidations on spot, so none are listened to for ${names}${more}.`,
  );
}

type Subscription = Pick<Topic, 'channel' | 'depth' | 'interval'>;

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

function instrumentList(said: NamedText, category: Category, findings: TextFindings): readonly Instrument[] {
  const instruments = new Map<string, Instrument>();
  const parts = partsOf(said.text);
  for (const part of parts) {
    const instrument = instrumentOf(said.name, part, category, findings);
    if (instrument !== undefined) instruments.set(instrumentKey(instrument), instrument);
  }
  if (parts.length === 0)
    findings.problems.push(`${said.name} names no symbol. Use for example BTCUSDT, or remove it.`);
  return [...instruments.values()];
}

function instrumentOf(
  name: string,
  part: string,
  category: Category,
  findings: TextFindings,
): Instrument | undefined {
  const [head = '', tail, ...rest] = part.split(':').map((piece) => piece.trim());
  const market = tail === undefined ? category : categories.find((known) => known === head.toLowerCase());
  const written = tail ?? head;
  const symbol = written.toUpperCase();
  if (market === undefined || rest.length > 0) {
    findings.problems.push(
      `${name}: ${JSON.stringify(part)} does not name a market that towline knows. Write ${categories.map((known) => `${known}:SYMBOL`).join(', ')} or only the symbol.`,
    );
    return undefined;
  }
  if (!symbolPattern.test(symbol)) {
    findings.problems.push(
      `${name}: ${JSON.stringify(written)} is not a symbol. A symbol has 2 to 40 capitals, digits and dashes, for example BTCUSDT.`,
    );
    return undefined;
  }
  if (symbol !== written) findings.warnings.push(`${name}: ${written} is taken as ${symbol}.`);
  return { category: market, symbol };
}
