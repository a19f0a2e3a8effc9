/** A client as simple as can be: keeps one book by the documented rules and a list of trades, and checks nothing else. */

type Pair = readonly [string, string];

/** A data frame as it comes from the wire. */
export type Frame = {
  readonly topic: string;
  readonly type: 'snapshot' | 'delta';
  readonly ts: number;
  readonly cts?: number;
  readonly data: {
    readonly s: string;
    readonly b: readonly Pair[];
    readonly a: readonly Pair[];
    readonly u: number;
    readonly seq: number;
  };
};

export type TradeRow = {
  readonly T: number;
  readonly s: string;
  readonly S: string;
  readonly v: string;
  readonly p: string;
  readonly i: string;
  readonly seq: number;
};

export class NaiveBook {
  private bids = new Map<string, string>();
  private asks = new Map<string, string>();
  u = 0;
  seq = 0;
  /** Deltas whose u was not the last one plus one. */
  gaps = 0;

  apply(frame: Frame): void {
    const { data } = frame;
    if (frame.type === 'snapshot') {
      this.bids = new Map(data.b);
      this.asks = new Map(data.a);
    } else {
      if (data.u !== this.u + 1) this.gaps += 1;
      change(this.bids, data.b);
      change(this.asks, data.a);
    }
    this.u = data.u;
    this.seq = data.seq;
  }

  /** Both sides, best first, as [price, size] texts. */
  get levels(): { b: Pair[]; a: Pair[] } {
    return {
      b: [...this.bids].sort(([one], [other]) => Number(other) - Number(one)),
      a: [...this.asks].sort(([one], [other]) => Number(one) - Number(other)),
    };
  }
}

function change(side: Map<string, string>, levels: readonly Pair[]): void {
  for (const [price, size] of levels) {
    if (Number(size) === 0) side.delete(price);
    else side.set(price, size);
  }
}
