/** The instruments that are listened to: the configured ones first, in their order, then those that were asked for later. */
import { type Instrument, instrumentKey } from '../shared/market.ts';

export class InstrumentList {
  readonly #configured: ReadonlySet<string>;
  readonly #byKey: Map<string, Instrument>;
  /** Built when it is asked for after a change: hundreds come at once. */
  #all: readonly Instrument[] | undefined;

  constructor(configured: readonly Instrument[]) {
    this.#byKey = new Map(configured.map((one) => [instrumentKey(one), one]));
    this.#configured = new Set(this.#byKey.keys());
  }

  all(): readonly Instrument[] {
    this.#all ??= [...this.#byKey.values()];
    return this.#all;
  }

  add({ category, symbol }: Instrument): void {
    const key = instrumentKey({ category, symbol });
    if (this.#byKey.has(key)) return;
    this.#byKey.set(key, { category, symbol });
    this.#all = undefined;
  }

  /** Takes off an instrument that nothing is wanted of any more; a configured one stays. */
  remove(instrument: Instrument): void {
    const key = instrumentKey(instrument);
    if (this.#configured.has(key) || !this.#byKey.delete(key)) return;
    this.#all = undefined;
  }
}
