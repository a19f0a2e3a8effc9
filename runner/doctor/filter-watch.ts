/** Watches what a connector on trial answers to the filters of SYMBOLS: which list came, and how many symbols fit. Pure. */
import type { Command } from '../../shared/commands.ts';
import type { TowlineEvent } from '../../shared/events/event.ts';
import type { InstrumentEvent } from '../../shared/events/market-events.ts';
import type { Category } from '../../shared/market.ts';
import { resolveFilters } from '../../shared/settings/symbol-resolver.ts';
import type { SymbolFilter } from '../../shared/settings/symbol-selectors.ts';
import { type Finding, failure, okay } from './finding.ts';

type Market = { readonly rows: InstrumentEvent[]; answer?: { readonly ok: boolean; readonly error: string } };

export class FilterWatch {
  readonly #filters: readonly SymbolFilter[];
  readonly #markets = new Map<Category, Market>();

  constructor(filters: readonly SymbolFilter[]) {
    this.#filters = filters;
    for (const { category } of filters) this.#markets.set(category, { rows: [] });
  }

  /** What to ask once the connector is ready. */
  questions(): readonly Command[] {
    return [...this.#markets.keys()].map((category) => ({
      command: 'instruments',
      category,
      id: idOf(category),
    }));
  }

  heard(event: TowlineEvent): void {
    if (event.type === 'instrument') this.#markets.get(event.category)?.rows.push(event);
    if (event.type !== 'reply') return;
    for (const [category, market] of this.#markets)
      if (event.id === idOf(category))
        market.answer ??= { ok: event.ok, error: event.error ?? 'refused without a reason' };
  }

  get isComplete(): boolean {
    return [...this.#markets.values()].every(({ answer }) => answer !== undefined);
  }

  findings(): readonly Finding[] {
    return [...this.#markets].flatMap(([category, { rows, answer }]) => {
      const own = this.#filters.filter((filter) => filter.category === category);
      const texts = own.map(({ text }) => text).join(', ');
      const advice = 'See the line about REST above, or name the symbols one by one.';
      if (answer === undefined)
        return [failure(texts, 'the list of what is traded did not come in time', advice)];
      if (!answer.ok)
        return [failure(texts, `the list of what is traded was refused: ${answer.error}`, advice)];
      const { chosen, empty } = resolveFilters(own, rows, new Set(), new Map());
      return own.map(({ text }) =>
        empty.includes(text)
          ? failure(text, 'nothing that is traded fits it', 'Correct SYMBOLS.')
          : okay(text, `${chosen.get(text)?.length ?? 0} symbols fit`),
      );
    });
  }
}

function idOf(category: Category): string {
  return `instruments of ${category}`;
}
