/**
 * Two sets side by side, by symbol: what is wanted, and what the exchange has acknowledged. For /symbols.
 */
import type { InstrumentEvent } from '../../shared/events/market-events.ts';
import { type Instrument, instrumentKey, subscriptionName } from '../../shared/market.ts';
import type { TopicView } from '../context/topic-feed.ts';
import type { MarketState } from './filter-answers.ts';
import type { SymbolDesk } from './symbol-desk.ts';
import type { Source } from './symbol-set.ts';

export type SymbolRow = Instrument & {
  /** What wants it: the settings, a change by hand, the text of a filter, or a command on the runner's stdin. */
  readonly source: Source;
  readonly channels: readonly string[];
  readonly wanted: number;
  readonly acknowledged: number;
  readonly refused: number;
  /** Undefined while the list of its market is not known, or does not hold it. */
  readonly facts: InstrumentEvent | undefined;
};

export type SymbolsView = {
  readonly filters: readonly MarketState[];
  readonly removed: readonly Instrument[];
  readonly leftOut: number;
  readonly wanted: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly symbols: readonly SymbolRow[];
};

type Counts = { channels: string[]; wanted: number; acknowledged: number; refused: number };

export function symbolsView(desk: SymbolDesk, topics: readonly TopicView[]): SymbolsView {
  const byInstrument = new Map<string, { readonly instrument: Instrument; readonly counts: Counts }>();
  const all = { wanted: 0, acknowledged: 0, refused: 0 };
  for (const { topic, state } of topics) {
    const key = instrumentKey(topic);
    const found = byInstrument.get(key) ?? {
      instrument: { category: topic.category, symbol: topic.symbol },
      counts: { channels: [], wanted: 0, acknowledged: 0, refused: 0 },
    };
    byInstrument.set(key, found);
    found.counts.channels.push(subscriptionName(topic));
    for (const counts of [found.counts, all]) {
      counts.wanted += 1;
      if (state === 'subscribed') counts.acknowledged += 1;
      if (state === 'refused') counts.refused += 1;
    }
  }
  return {
    filters: desk.states(),
    removed: desk.removed,
    leftOut: desk.leftOut,
    ...all,
    symbols: [...byInstrument].map(([key, { instrument, counts }]) => ({
      ...instrument,
      ...counts,
      source: desk.sources.get(key) ?? 'command',
      facts: desk.lists.facts(instrument),
    })),
  };
}
