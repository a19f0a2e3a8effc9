/**
 * Trades in columns: a day has millions of them, and an object for each would cost more than making them.
 */
import type { TickDirection } from '../market/market.ts';

/** What the market stood at before a trade: needed to say how that trade's price stands to it. */
export interface LastTrade {
  readonly price: number;
  readonly direction: TickDirection;
}

/** Some trades in the order of matching. Whoever made them fills them anew for the next ones. */
export class TradeRows {
  count = 0;
  /** Number of the first of them, counted from 0 in what `idOf` names. */
  first = 0;
  /** Where a new history begins with the first of them; undefined where they go on behind those before. */
  before: LastTrade | undefined = undefined;
  /** Times in tenths of a millisecond since 1970: the archive is finer than the socket. */
  readonly at: Float64Array;
  /** Ticks. */
  readonly price: Float64Array;
  /** Lots. */
  readonly size: Float64Array;
  /** 1 where the taker sold. */
  readonly isSell: Uint8Array;
  /** 1 where the maker's order was for retail takers only. */
  readonly isRpi: Uint8Array;
  /** The id of a trade by its number. */
  readonly idOf: (number: number) => string;

  constructor(room: number, idOf: (number: number) => string) {
    this.at = new Float64Array(room);
    this.price = new Float64Array(room);
    this.size = new Float64Array(room);
    this.isSell = new Uint8Array(room);
    this.isRpi = new Uint8Array(room);
    this.idOf = idOf;
  }
}
