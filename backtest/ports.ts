/** What a backtest needs of the store of history, as data. */
import type { TradeBatch } from '../connector/history/io/trade-rows.ts';
import type { Span } from '../connector/history/store/spans.ts';

/** A UTC day as the store has it, by its manifest. */
export type StoredDay = { readonly date: string } & (
  | {
      readonly kind: 'stored';
      /** What of the day is covered completely, and what is known to be missing. */
      readonly spans: readonly Span[];
      readonly gaps: readonly (Span & { readonly cause: string })[];
      /** The most decimals of a price. */
      readonly priceDecimals: number;
    }
  | { readonly kind: 'absent' }
  | { readonly kind: 'untrusted'; readonly reason: string }
);

/** The columns of stored trades that a replay reads. */
export type TradeColumns = Pick<
  TradeBatch,
  'rows' | 'timestamp' | 'seq' | 'id' | 'price' | 'qty' | 'side' | 'block' | 'rpi'
>;

/** One symbol over one span. Only read. */
export type StoredHistory = {
  /** Every day that the span touches, ascending. */
  readonly days: () => Promise<readonly StoredDay[]>;
  /** The trades of the span in their order; days that are not stored are left out. */
  readonly trades: () => AsyncIterable<TradeColumns>;
  /** The symbols of this market that have a folder in the cache, in order. */
  readonly symbols: () => Promise<readonly string[]>;
};
