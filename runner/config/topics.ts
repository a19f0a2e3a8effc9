/**
 * What is watched: SYMBOLS and SUBSCRIPTIONS to instruments and topics.
 *
 * Duplicates are merged, small letters are raised with a warning, and what the connector cannot subscribe yet is refused:
 * a channel that silently never comes would look like a quiet market.
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
} from '../../shared/market.ts';
import { type Findings, quoted, type RawSettings } from './raw-settings.ts';

const DEFAULT_SYMBOL = 'BTCUSDT';
/** More topics than this in one connector is a mistake, or needs more than one runner. */
const MAX_TOPICS = 1_000;

/** The three names of one setting; those that are set must agree. */
const symbolNames = ['SYMBOLS', 'SYMBOL', 'BYBIT_SYMBOL'] as const;

/** The instruments of SYMBOLS, SYMBOL or BYBIT_SYMBOL; linear BTCUSDT when none is set. Never empty. */
export function parseInstruments(
  raw: RawSettings,
  category: Category,
  findings: Findings,
): readonly Instrument[] {
  const said = symbolNames.filter((name) => raw[name].text !== undefined);
  const lists = said.map((name) => {
    const list = instrumentList(name, raw[name].text ?? '', category, findings);
    if (name !== 'SYMBOLS' && list.length > 1) {
      findings.problems.push(`${quoted(name, raw[name])} is more than one symbol: use SYMBOLS for a list.`);
    }
    return { name, list, key: list.map(instrumentKey).toSorted().join(',') };
  });
  const [first, ...others] = lists;
  if (first === undefined) return [{ category, symbol: DEFAULT_SYMBOL }];
  if (others.some((other) => other.key !== first.key)) {
    const all = said.map((name) => quoted(name, raw[name])).join(', ');
    findings.problems.push(`${all} contradict each other: keep one of them.`);
  }
  return first.list.length === 0 ? [{ category, symbol: DEFAULT_SYMBOL }] : first.list;
}

/** Every subscription for every instrument. */
export function parseTopics(
  raw: RawSettings,
  instruments: readonly Instrument[],
  findings: Findings,
): readonly Topic[] {
  const said = quoted('SUBSCRIPTIONS', raw.SUBSCRIPTIONS);
  const subscriptions = parts(raw.SUBSCRIPTIONS.text ?? '').flatMap((part) => {
    const subscription = parseSubscription(part);
    if (typeof subscription === 'string') findings.problems.push(`${said}: ${subscription}`);
    return typeof subscription === 'string' ? [] : [subscription];
  });
  if (parts(raw.SUBSCRIPTIONS.text ?? '').length === 0) {
    findings.problems.push(`${said} names no channel. Use for example trades,depth.50, or remove it.`);
  }
  const topics = new Map<string, Topic>();
  for (const instrument of instruments) {
    for (const subscription of subscriptions) {
      const topic = { ...subscription, ...instrument };
      topics.set(topicKey(topic), topic);
    }
  }
  if (topics.size > MAX_TOPICS) {
    findings.problems.push(
      `${topics.size} topics (${instruments.length} symbols x ${subscriptions.length} channels) are too many for one runner: at most ${MAX_TOPICS}.`,
    );
  }
  return [...topics.values()];
}

type Subscription = Pick<Topic, 'channel' | 'depth' | 'interval'>;

/** One part of SUBSCRIPTIONS; a text says what is wrong with it. */
function parseSubscription(part: string): Subscription | string {
  const [channel = '', detail, ...rest] = part.toLowerCase().split('.');
  if (rest.length === 0) {
    if (channel === 'trades' && detail === undefined) return { channel };
    if (channel === 'depth') {
      const depth = depths.find((known) => String(known) === (detail ?? '50'));
      if (depth !== undefined) return { channel, depth };
      return `there is no book of ${JSON.stringify(detail)} levels: use depth.1, depth.50, depth.200 or depth.1000.`;
    }
    const isKline = channel === 'kline' && intervals.some((known) => known === (detail ?? '1').toUpperCase());
    if (isKline || ((channel === 'ticker' || channel === 'liquidation') && detail === undefined)) {
      return `${part} is not built yet in the connector: remove it.`;
    }
  }
  return `${JSON.stringify(part)} is not a channel. Allowed are trades, depth.1, depth.50, depth.200, depth.1000.`;
}

function instrumentList(
  name: string,
  text: string,
  category: Category,
  findings: Findings,
): readonly Instrument[] {
  const instruments = new Map<string, Instrument>();
  for (const part of parts(text)) {
    const instrument = parseInstrument(name, part, category, findings);
    if (instrument !== undefined) instruments.set(instrumentKey(instrument), instrument);
  }
  if (parts(text).length === 0)
    findings.problems.push(`${name} names no symbol. Use for example BTCUSDT, or remove it.`);
  return [...instruments.values()];
}

function parseInstrument(
  name: string,
  part: string,
  category: Category,
  findings: Findings,
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

function parts(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part.length > 0);
}
