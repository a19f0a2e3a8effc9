/**
 * A map by (category, symbol) that builds no key string: it is asked several times for every event.
 */
import type { Category, Instrument } from '../../shared/market.ts';

export class InstrumentMap<T> {
  readonly #byCategory = new Map<Category, Map<string, T>>();

  get(instrument: Instrument): T | undefined {
    return this.#byCategory.get(instrument.category)?.get(instrument.symbol);
  }

  set(instrument: Instrument, value: T): void {
    const bySymbol = this.#byCategory.get(instrument.category);
    if (bySymbol === undefined)
      this.#byCategory.set(instrument.category, new Map([[instrument.symbol, value]]));
    else bySymbol.set(instrument.symbol, value);
  }

  delete(instrument: Instrument): void {
    this.#byCategory.get(instrument.category)?.delete(instrument.symbol);
  }

  *values(): Generator<T> {
    for (const bySymbol of this.#byCategory.values()) yield* bySymbol.values();
  }

  get size(): number {
    let size = 0;
    for (const bySymbol of this.#byCategory.values()) size += bySymbol.size;
    return size;
  }
}
