/** The newest trades of one line as rows of numbers: remembering one allocates nothing. */

/** A trade that is remembered. */
export type RingEntry = { readonly timestamp: number; readonly isLive: boolean; readonly stretch: number };

export class TradeRing {
  readonly #capacity: number;
  #rows: Rows | undefined;
  /** All that were added since it was empty. */
  #count = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** `id` as a number that no other one has. Answers the timestamp of the one that had to leave, if any. */
  push(id: number, { timestamp, isLive, stretch }: RingEntry): number | undefined {
    this.#rows ??= rowsFor(this.#capacity);
    const { ids, timestamps, areLive, stretches } = this.#rows;
    const place = this.#count % this.#capacity;
    const leaving = this.#count < this.#capacity ? undefined : timestamps[place];
    ids[place] = id;
    timestamps[place] = timestamp;
    areLive[place] = isLive ? 1 : 0;
    stretches[place] = stretch;
    this.#count += 1;
    return leaving;
  }

  /** All by their ids; of two with the same one the newer. */
  byId(): ReadonlyMap<number, RingEntry> {
    const entries = new Map<number, RingEntry>();
    const rows = this.#rows;
    if (rows === undefined) return entries;
    const oldest = Math.max(0, this.#count - this.#capacity);
    for (let index = oldest; index < this.#count; index += 1) {
      const place = index % this.#capacity;
      entries.set(rows.ids[place] ?? 0, {
        timestamp: rows.timestamps[place] ?? 0,
        isLive: rows.areLive[place] === 1,
        stretch: rows.stretches[place] ?? 0,
      });
    }
    return entries;
  }

  /** One stretch goes on as another one. */
  join(stretch: number, other: number): void {
    const stretches = this.#rows?.stretches;
    if (stretches === undefined) return;
    for (let place = 0; place < Math.min(this.#count, this.#capacity); place += 1)
      if (stretches[place] === stretch) stretches[place] = other;
  }

  /** Forgets all, and gives the memory back. */
  clear(): void {
    this.#rows = undefined;
    this.#count = 0;
  }
}

type Rows = {
  readonly ids: Float64Array;
  readonly timestamps: Float64Array;
  readonly areLive: Uint8Array;
  readonly stretches: Float64Array;
};

function rowsFor(capacity: number): Rows {
  return {
    ids: new Float64Array(capacity),
    timestamps: new Float64Array(capacity),
    areLive: new Uint8Array(capacity),
    stretches: new Float64Array(capacity),
  };
}
