/**
 * Where trades may be missing.
 *
 * Trades carry no counter that would show a hole, so a hole is known only by its cause: the socket was lost, the topic fell
 * silent, a frame could not be read. Then a gap opens at the last trade seen; the first trade after it is its other end, and
 * the gap is told again right before that trade.
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import { type GapBound, type GapCause, type GapEvent, gapBound } from '../../shared/events/process-events.ts';
import type { Instrument } from '../../shared/market.ts';
import { type UnixMs, unixMs } from '../../shared/time.ts';
import type { Continuity } from './continuity.ts';
import type { Emit } from './feed-pulse.ts';

export class TradeGaps implements Continuity {
  readonly #instrument: Instrument;
  readonly #nextGapId: () => string;
  readonly #emit: Emit;
  #lastTrade: GapBound | undefined;
  #openGap: GapEvent | undefined;
  /** Asked for anew on the same connection: until the exchange agrees, what still comes does not join what will come. */
  #renewing = false;

  constructor(instrument: Instrument, nextGapId: () => string, emit: Emit) {
    this.#instrument = instrument;
    this.#nextGapId = nextGapId;
    this.#emit = emit;
  }

  /** Tells trades, given in match order, and before them the end of the gap that they close. */
  tell(trades: readonly TradeEvent[]): void {
    const first = trades[0];
    const last = trades.at(-1);
    if (first === undefined || last === undefined) return;
    if (this.#openGap !== undefined) {
      this.#emit({ ...this.#openGap, to: gapBound(first) });
      this.#openGap = undefined;
    }
    for (const trade of trades) this.#emit(trade);
    this.#lastTrade = gapBound(last);
    if (this.#renewing) this.missed('resubscribed', unixMs(Math.floor((last.received_at ?? 0) / 1_000)));
  }

  /** Opens a gap at the last trade, once: a gap that has no end yet swallows every later cause. */
  missed(cause: GapCause, at: UnixMs): void {
    if (this.#lastTrade === undefined || this.#openGap !== undefined) return;
    const { category, symbol } = this.#instrument;
    this.#openGap = {
      type: 'gap',
      gap_id: this.#nextGapId(),
      state: 'open',
      channel: 'trades',
      category,
      symbol,
      cause,
      from: this.#lastTrade,
      to: null,
      at,
    };
    this.#emit(this.#openGap);
  }

  unreadable(at: UnixMs): boolean {
    this.missed('bad_frame', at);
    return false;
  }

  interrupted(cause: GapCause, at: UnixMs): void {
    this.#renewing = false;
    this.missed(cause, at);
  }

  renewing(at: UnixMs): void {
    this.#renewing = true;
    this.missed('resubscribed', at);
  }

  agreed(): void {
    this.#renewing = false;
  }
}
