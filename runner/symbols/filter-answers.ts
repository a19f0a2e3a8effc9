/**
 * Whom each filter chose, since when, and from where: the exchange's list of this run, or what an earlier run has saved.
 */
import type { InstrumentEvent } from '../../shared/events/market-events.ts';
import { type Category, categories, type Instrument, instrumentKey } from '../../shared/market.ts';
import { resolveFilters } from '../../shared/settings/symbol-resolver.ts';
import type { SymbolFilter } from '../../shared/settings/symbol-selectors.ts';
import type { UnixMs } from '../../shared/time.ts';
import type { SavedSymbols } from './saved-symbols.ts';

/** How the filters of one market are answered. */
export type MarketState = {
  readonly category: Category;
  readonly filters: readonly string[];
  readonly symbols: number;
  /** Of the list that is used; null while there is none. */
  readonly at: UnixMs | null;
  readonly from: 'exchange' | 'saved' | null;
  /** What is wrong, in words. */
  readonly fault: string | null;
};

type Answer = {
  readonly at: UnixMs;
  readonly from: 'exchange' | 'saved';
  readonly symbols: readonly string[];
};

/** Why the last question for a market's list had no answer; undefined after an answer. */
type WhyNot = (category: Category) => string | undefined;

export class FilterAnswers {
  readonly #filters: readonly SymbolFilter[];
  readonly #excluded: readonly Instrument[];
  /** By the text of the filter. */
  readonly #answers = new Map<string, Answer>();
  readonly #notes = new Map<Category, string>();
  /** Markets whose newest list lacked so much that another one must say the same. */
  readonly #doubted = new Set<Category>();

  /** A saved answer counts until there is a better one. */
  constructor(
    filters: readonly SymbolFilter[],
    excluded: readonly Instrument[],
    saved: SavedSymbols['chosen'],
  ) {
    this.#filters = filters;
    this.#excluded = excluded;
    const out = new Set(excluded.map(instrumentKey));
    for (const { category, text } of filters) {
      const known = saved[text];
      if (known === undefined) continue;
      const symbols = known.symbols.filter((symbol) => !out.has(instrumentKey({ category, symbol })));
      this.#answers.set(text, { at: known.at, from: 'saved', symbols });
    }
  }

  /** Markets that have filters. */
  markets(): readonly Category[] {
    return categories.filter((category) => this.of(category).length > 0);
  }

  of(category: Category): readonly SymbolFilter[] {
    return this.#filters.filter((filter) => filter.category === category);
  }

  has(text: string): boolean {
    return this.#answers.has(text);
  }

  /** By the text of the filter, the most turnover first. */
  chosen(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.#answers].map(([text, { symbols }]) => [text, symbols]));
  }

  toSave(): SavedSymbols['chosen'] {
    return Object.fromEntries([...this.#answers].map(([text, { at, symbols }]) => [text, { at, symbols }]));
  }

  /**
   * The list of a market has come; `hasHoles`: rows of it could not be read, so who is missing stays in. Answers why it is not
   * believed, when too much of what was chosen is not even listed any more; the next list is believed.
   */
  resolve(
    category: Category,
    rows: readonly InstrumentEvent[],
    { at, hasHoles }: { readonly at: UnixMs; readonly hasHoles: boolean },
  ): string | undefined {
    const listed = new Set(rows.map(({ symbol }) => symbol));
    const before = new Set(this.of(category).flatMap(({ text }) => this.#answers.get(text)?.symbols ?? []));
    const unlisted = [...before].filter((symbol) => !listed.has(symbol));
    if (!hasHoles && isTooMany(unlisted.length, before.size) && !this.#doubted.has(category)) {
      this.#doubted.add(category);
      return `${unlisted.length} of ${before.size} symbols are missing in the newest list; they are given up when the next one says the same`;
    }
    this.#doubted.delete(category);
    const out = this.#excluded.filter((one) => one.category === category).map(({ symbol }) => symbol);
    const { chosen, empty, unranked } = resolveFilters(this.of(category), rows, new Set(out), this.chosen());
    const stays = hasHoles ? new Set(unlisted) : new Set<string>();
    for (const [text, symbols] of chosen) {
      const kept = this.#answers.get(text)?.symbols.filter((symbol) => stays.has(symbol)) ?? [];
      this.#answers.set(text, { at, from: 'exchange', symbols: [...symbols, ...kept] });
    }
    const notes = [
      ...(empty.length > 0 ? [`nothing that is traded fits ${empty.join(', ')}`] : []),
      ...(unranked.length > 0 ? [`no turnover was told, so ${unranked.join(', ')} is not known anew`] : []),
    ];
    if (notes.length > 0) this.#notes.set(category, notes.join('; '));
    else this.#notes.delete(category);
    return undefined;
  }

  states(whyNot: WhyNot): readonly MarketState[] {
    return this.markets().map((category) => {
      const own = this.of(category);
      const answers = own.flatMap(({ text }) => this.#answers.get(text) ?? []);
      const [oldest] = answers.toSorted((a, b) => a.at - b.at);
      return {
        category,
        filters: own.map(({ text }) => text),
        symbols: new Set(answers.flatMap(({ symbols }) => symbols)).size,
        at: oldest?.at ?? null,
        from: oldest?.from ?? null,
        fault: whyNot(category) ?? this.#notes.get(category) ?? null,
      };
    });
  }

  /** Filters that have no answer at all, in words: nothing is known of what they want. */
  waitingFor(whyNot: WhyNot): readonly string[] {
    return this.markets().flatMap((category) => {
      const open = this.of(category).filter(({ text }) => !this.#answers.has(text));
      if (open.length === 0) return [];
      const reason = whyNot(category);
      const texts = open.map(({ text }) => text).join(', ');
      return [
        `the list of what is traded on ${category}, for ${texts}${reason === undefined ? '' : ` (${reason})`}`,
      ];
    });
  }

  /** What is wrong, in words; none while nothing is. */
  faults(whyNot: WhyNot): readonly string[] {
    return this.states(whyNot).flatMap(({ category, filters, at, from, fault }) => {
      if (fault === null) return [];
      const texts = filters.join(', ');
      if (at === null) return [`${texts}: what is traded on ${category} is not known: ${fault}`];
      if (whyNot(category) === undefined) return [`${texts}: ${fault}`];
      const whose = from === 'saved' ? ', of an earlier run,' : '';
      return [`${texts}: the list of ${new Date(at).toISOString()}${whose} is used: ${fault}`];
    });
  }
}

/** A few symbols leave on one day; a tenth of a market does not: then the list was cut short. */
function isTooMany(unlisted: number, before: number): boolean {
  return unlisted > Math.max(3, before / 10);
}
