/**
 * Which topics are wanted, and why: settings, filters and what was changed by hand, put together. Pure.
 *
 * What is named (in the settings or by hand) is always in. What filters chose fills the room that is left, those with the most
 * turnover first.
 */
import {
  type Category,
  categories,
  type Instrument,
  instrumentKey,
  type Topic,
  topicKey,
} from '../../shared/market.ts';
import { withinRoom } from '../../shared/settings/symbol-resolver.ts';
import type { SymbolFilter } from '../../shared/settings/symbol-selectors.ts';
import { type Subscription, topicsFor } from '../../shared/settings/topics.ts';

export type SymbolWish = {
  readonly instruments: readonly Instrument[];
  readonly filters: readonly SymbolFilter[];
  readonly subscriptions: readonly Subscription[];
};

export type SetInputs = {
  /** By filter text: whom it chose, best first. */
  readonly chosen: ReadonlyMap<string, readonly string[]>;
  readonly added: Iterable<Topic>;
  readonly removed: ReadonlyMap<string, Instrument>;
  /** Higher is better; of an instrument whose turnover is not known undefined. */
  readonly turnover: (instrument: Instrument) => number | undefined;
  readonly isIn: (instrument: Instrument) => boolean;
  readonly maxTopics: number;
};

/** `settings`: named there. */
export type Source = 'settings' | 'by hand' | (string & {});

export type SymbolSet = {
  readonly topics: ReadonlyMap<string, Topic>;
  /** By instrument: the first that wants it, of settings, hand and filters. */
  readonly sources: ReadonlyMap<string, Source>;
  /** Symbols that filters fit and for which there is no room. */
  readonly leftOut: number;
};

export function symbolSet(wish: SymbolWish, inputs: SetInputs): SymbolSet {
  const { removed } = inputs;
  const topics = new Map<string, Topic>();
  const sources = new Map<string, Source>();
  const take = (topic: Topic, source: Source): void => {
    topics.set(topicKey(topic), topic);
    const key = instrumentKey(topic);
    if (!sources.has(key)) sources.set(key, source);
  };
  for (const instrument of wish.instruments) {
    if (removed.has(instrumentKey(instrument))) continue;
    for (const topic of topicsFor(instrument, wish.subscriptions)) take(topic, 'settings');
  }
  for (const topic of inputs.added) take(topic, 'by hand');
  const filteredBy = new Map<string, { readonly instrument: Instrument; readonly text: string }>();
  for (const { category, text } of wish.filters)
    for (const symbol of inputs.chosen.get(text) ?? []) {
      const instrument = { category, symbol };
      const key = instrumentKey(instrument);
      if (!removed.has(key) && sources.get(key) !== 'settings' && !filteredBy.has(key))
        filteredBy.set(key, { instrument, text });
    }
  const markets = categories.map((category) => candidates(category, filteredBy, topics, wish, inputs));
  const { taken, leftOut } = withinRoom(markets, inputs.maxTopics - topics.size, inputs.isIn);
  for (const { instrument } of taken)
    for (const topic of topicsFor(instrument, wish.subscriptions))
      take(topic, filteredBy.get(instrumentKey(instrument))?.text ?? 'settings');
  return { topics, sources, leftOut };
}

function candidates(
  category: Category,
  filteredBy: ReadonlyMap<string, { readonly instrument: Instrument }>,
  topics: ReadonlyMap<string, Topic>,
  { subscriptions }: SymbolWish,
  { turnover }: SetInputs,
) {
  return [...filteredBy.values()]
    .filter(({ instrument }) => instrument.category === category)
    .map(({ instrument }) => ({
      instrument,
      topics: topicsFor(instrument, subscriptions).filter((topic) => !topics.has(topicKey(topic))).length,
      turnover: turnover(instrument) ?? -1,
    }))
    .toSorted((a, b) => b.turnover - a.turnover);
}

/** Named in SYMBOLS or added by hand, so not only chosen by a filter. */
export function isNamed(instrument: Instrument, sources: ReadonlyMap<string, string>): boolean {
  const source = sources.get(instrumentKey(instrument));
  return source === 'settings' || source === 'by hand';
}
