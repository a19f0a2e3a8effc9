/** The instruments of which trades or gaps were told: what of each was seen, and its place in the batch that is being filled. */
import type { Instrument } from '../../shared/market.ts';
import { InstrumentMap } from '../intake/instrument-map.ts';
import type { PlacedClaim } from './messages.ts';
import { SeenSpans } from './seen-spans.ts';

export type RecordedEntry = {
  readonly instrument: Instrument;
  readonly seen: SeenSpans;
  isRecorded: boolean;
  /** The topic was given up. */
  isGone: boolean;
  /** The batch that is being filled, when `place` is of it. */
  batch: number;
  place: number;
};

export class RecordedInstruments {
  readonly #isWanted: (instrument: Instrument) => boolean;
  readonly #all = new InstrumentMap<RecordedEntry>();
  /** In the order of their places. */
  #placed: RecordedEntry[] = [];
  #batch = 1;

  constructor(isWanted: (instrument: Instrument) => boolean) {
    this.#isWanted = isWanted;
  }

  /** Those that are recorded at present. */
  get recorded(): number {
    let count = 0;
    for (const { isRecorded, isGone } of this.#all.values()) if (isRecorded && !isGone) count += 1;
    return count;
  }

  values(): Iterable<RecordedEntry> {
    return this.#all.values();
  }

  find(instrument: Instrument): RecordedEntry | undefined {
    return this.#all.get(instrument);
  }

  /** It is told of trades or gaps of it, so somebody wants it. */
  of(instrument: Instrument): RecordedEntry {
    const known = this.#all.get(instrument);
    if (known !== undefined) return known;
    const { category, symbol } = instrument;
    const entry: RecordedEntry = {
      instrument: { category, symbol },
      seen: new SeenSpans(),
      isRecorded: this.#isWanted(instrument),
      isGone: false,
      batch: 0,
      place: 0,
    };
    this.#all.set(entry.instrument, entry);
    return entry;
  }

  placeOf(entry: RecordedEntry): number {
    if (entry.batch === this.#batch) return entry.place;
    entry.batch = this.#batch;
    entry.place = this.#placed.length;
    this.#placed.push(entry);
    return entry.place;
  }

  /** What may be claimed with the batch (SeenSpans.claims). What was given up is forgotten once nothing is to be said of it. */
  claims(isAll: boolean): readonly PlacedClaim[] {
    const claims: PlacedClaim[] = [];
    for (const entry of this.#all.values()) {
      const { seen, instrument } = entry;
      const news = seen.claims(isAll);
      for (const claim of news) claims.push({ ...claim, place: this.placeOf(entry) });
      if (news.length === 0 && entry.isGone && entry.batch !== this.#batch) this.#all.delete(instrument);
      const isRecorded = this.#isWanted(instrument);
      if (entry.isRecorded && !isRecorded) seen.blind();
      entry.isRecorded = isRecorded;
    }
    return claims;
  }

  /** Those that have a place, in its order; the next batch has none yet. */
  takePlaced(): readonly RecordedEntry[] {
    const placed = this.#placed;
    this.#placed = [];
    this.#batch += 1;
    return placed;
  }
}
