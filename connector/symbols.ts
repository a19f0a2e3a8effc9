/**
 * Filters of SYMBOLS where the connector runs alone: asked once at its start, until the exchange answers.
 *
 * A runner does more with the same rules (runner/symbols/): it looks again every day and keeps the list.
 */
import { type BackoffPolicy, backoffDelay } from '../shared/backoff.ts';
import type { Logger } from '../shared/io/log.ts';
import { type Category, categories, type Instrument, type Topic } from '../shared/market.ts';
import { resolveFilters, withinRoom } from '../shared/settings/symbol-resolver.ts';
import { MAX_TOPICS, topicsFor } from '../shared/settings/topics.ts';
import type { Millis, Random, UnixMs } from '../shared/time.ts';
import { type AskedByCommand, tellInstruments } from './rest/told-answers.ts';
import type { FilteredWish } from './stream-options.ts';

export type SymbolSources = {
  readonly rest: Pick<AskedByCommand, 'instruments' | 'turnovers'>;
  readonly random: Random;
  readonly wait: (ms: Millis) => Promise<void>;
  readonly nowMs: () => UnixMs;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Nobody is interested any more. */
  readonly isOver: () => boolean;
  readonly backoff: BackoffPolicy;
};

/** All topics that fit, at most as many as are left beside `named` ones; undefined when it is over. Does not throw. */
export async function findTopics(
  wish: FilteredWish,
  named: readonly Topic[],
  sources: SymbolSources,
): Promise<readonly Topic[] | undefined> {
  const markets: (readonly Instrument[])[] = [];
  for (const category of categories) {
    if (!wish.filters.some((filter) => filter.category === category)) continue;
    const fitting = await fittingOf(category, wish, sources);
    if (fitting === undefined) return undefined;
    markets.push(fitting);
  }
  const candidates = markets.map((market) =>
    market.map((instrument) => ({ instrument, topics: topicsFor(instrument, wish.subscriptions).length })),
  );
  const { taken, leftOut } = withinRoom(candidates, MAX_TOPICS - named.length, () => false);
  const texts = wish.filters.map(({ text }) => text).join(',');
  if (leftOut > 0)
    sources.log.warn(
      { event: 'symbols_left_out', count: leftOut },
      `${texts}: at most ${MAX_TOPICS} topics can be listened to, so the ${leftOut} symbols with the least turnover are left out`,
    );
  sources.log.info({ event: 'symbols_resolved', symbols: taken.length }, `${texts}: ${taken.length} symbols`);
  return taken.flatMap(({ instrument }) => topicsFor(instrument, wish.subscriptions));
}

/** Of one market; asks until there is an answer. */
async function fittingOf(
  category: Category,
  { filters, excluded }: FilteredWish,
  sources: SymbolSources,
): Promise<readonly Instrument[] | undefined> {
  const own = filters.filter((filter) => filter.category === category);
  const texts = own.map(({ text }) => text).join(',');
  for (let failures = 0; !sources.isOver(); failures += 1) {
    const told = await tellInstruments(sources.rest, category, sources.nowMs);
    const listed = told.ok ? told.value.events.filter((event) => event.type === 'instrument') : [];
    const out = excluded.filter((one) => one.category === category).map(({ symbol }) => symbol);
    const { chosen, empty, unranked } = resolveFilters(own, listed, new Set(out), new Map());
    if (told.ok && unranked.length === 0) {
      if (empty.length > 0)
        sources.log.warn(
          { event: 'symbols_none', filters: empty },
          `nothing that is traded fits ${empty.join(',')}`,
        );
      const symbols = new Set([...chosen.values()].flat());
      return listed.filter(({ symbol }) => symbols.has(symbol)).toSorted(byTurnover);
    }
    const reason = told.ok ? 'no turnover was told' : told.failure.message;
    sources.log.warn(
      { event: 'symbols_unresolved', filters: texts },
      `${texts}: ${reason}; it is asked again`,
    );
    await sources.wait(backoffDelay(failures, sources.backoff, sources.random));
  }
  return undefined;
}

function byTurnover(
  a: { readonly turnover_24h?: number | undefined },
  b: { readonly turnover_24h?: number | undefined },
): number {
  return (b.turnover_24h ?? -1) - (a.turnover_24h ?? -1);
}
