/** What is watched, from the settings of the runner (shared/settings/topics.ts has the rules, for the connector too). */
import type { Category } from '../../shared/market.ts';
import type { SymbolWishes } from '../../shared/settings/symbol-selectors.ts';
import { readSymbols, readTopics, symbolNames } from '../../shared/settings/topics.ts';
import type { Findings, RawSettings } from './raw-settings.ts';

/** The symbols and filters of SYMBOLS, SYMBOL or BYBIT_SYMBOL; BTCUSDT when none is set. Never quite empty. */
export function parseSymbols(raw: RawSettings, category: Category, findings: Findings): SymbolWishes {
  const said = symbolNames.flatMap((name) => {
    const { text } = raw[name];
    return text === undefined ? [] : [{ name, text }];
  });
  return readSymbols(said, category, findings);
}

/** What is listened to, and the topics of every symbol that is named. */
export function parseTopics(
  raw: RawSettings,
  wishes: Pick<SymbolWishes, 'instruments' | 'filters'>,
  findings: Findings,
): ReturnType<typeof readTopics> {
  return readTopics(wishes, { name: 'SUBSCRIPTIONS', text: raw.SUBSCRIPTIONS.text ?? '' }, findings);
}
