/** Which books have turned valid or invalid since they were last shown: they can do so without an event of their own. */
import { type Instrument, instrumentKey } from '../../shared/market.ts';

export class TurnedBooks {
  readonly #shown = new Map<string, boolean>();

  /** The instruments whose books differ from what was shown; from now on the present state counts as shown. */
  *take(instruments: readonly Instrument[], isValid: (of: Instrument) => boolean): Generator<Instrument> {
    for (const instrument of instruments) {
      const key = instrumentKey(instrument);
      const valid = isValid(instrument);
      if (this.#shown.get(key) === valid) continue;
      this.#shown.set(key, valid);
      yield instrument;
    }
  }
}
