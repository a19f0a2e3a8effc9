/** The instruments that are listened to: the configured ones first, in their order, then those that were asked for later. */
import { type Instrument, instrumentKey } from '../shared/market.ts';

export class InstrumentList {
  readonly #configured: ReadonlySet<string>;
  #all: readonly Instrument[];

  constructor(configured: readonly Instrument[]) {
    this.#configured = new Set(configured.map(instrumentKey));
    this.#all = [...configured];
  }

  all(): readonly Instrument[] {
    return this.#all;
  }

  add({ category, symbol }: Instrument): void {
    const key = instrumentKey({ category, symbol });
    if (!this.#all.some((known) => instrumentKey(known) === key))
      this.#all = [...this.#all, { category, symbol }];
  }

  /** Takes off an instrument that nothing is wanted of any more; a configured one stays. */
  remove(instrument: Instrument): void {
    const key = instrumentKey(instrument);
    if (!this.#configured.has(key)) this.#all = this.#all.filter((known) => instrumentKey(known) !== key);
  }
}
