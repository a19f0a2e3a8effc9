/** The trades that all tapes together may hold: when that is used up, the tape that grew gives, unless it has less than its share. */
import type { InstrumentMap } from '../intake/instrument-map.ts';
import type { InstrumentContext } from './instrument-context.ts';

/** Trades in memory over all symbols (DESIGN 6, memory). */
export const TAPE_BUDGET = 200_000;

export class TapeBudget {
  readonly #instruments: InstrumentMap<InstrumentContext>;
  readonly #budget: number;
  #kept = 0;

  constructor(instruments: InstrumentMap<InstrumentContext>, budget = TAPE_BUDGET) {
    this.#instruments = instruments;
    this.#budget = budget;
  }

  /** The tape of `instrument` had `before` trades. */
  changed(instrument: InstrumentContext, before: number): void {
    this.#kept += instrument.tape.length - before;
    if (this.#kept > this.#budget) this.#makeRoom(instrument);
  }

  #makeRoom(grown: InstrumentContext): void {
    let giver = grown;
    if (grown.tape.length * this.#instruments.size <= this.#budget) {
      for (const other of this.#instruments.values()) {
        if (other.tape.length > giver.tape.length) giver = other;
      }
    }
    giver.tape.forgetOldest();
    this.#kept -= 1;
  }
}
