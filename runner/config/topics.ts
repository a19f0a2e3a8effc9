/** What is watched, from the settings of the runner (shared/settings/topics.ts has the rules, for the connector too). */
import type { Category, Instrument, Topic } from '../../shared/market.ts';
import { readInstruments, readTopics, symbolNames } from '../../shared/settings/topics.ts';
import type { Findings, RawSettings } from './raw-settings.ts';

/** The instruments of SYMBOLS, SYMBOL or BYBIT_SYMBOL; BTCUSDT when none is set. Never empty. */
export function parseInstruments(
  raw: RawSettings,
  category: Category,
  findings: Findings,
): readonly Instrument[] {
  const said = symbolNames.flatMap((name) => {
    const { text } = raw[name];
    return text === undefined ? [] : [{ name, text }];
  });
  return readInstruments(said, category, findings);
}

/** Every subscription for every instrument. */
export function parseTopics(
  raw: RawSettings,
  instruments: readonly Instrument[],
  findings: Findings,
): readonly Topic[] {
  return readTopics(instruments, { name: 'SUBSCRIPTIONS', text: raw.SUBSCRIPTIONS.text ?? '' }, findings);
}
