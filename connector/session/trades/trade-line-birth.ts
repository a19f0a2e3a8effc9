/**
 * What is missing before the first trade of a line. From the acknowledgement on the exchange owes every trade, so a socket
 * that is lost before anything came may have cost some, and there is no trade at which the gap could begin.
 *
 * It is told without a beginning. A list of trades that reaches back to before the acknowledgement has one: its newest trade
 * from before it. That is by the exchange's clock, which an answer of the exchange or the first trade tells.
 */
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import { type GapCause, type GapEvent, gapBound } from '../../../shared/events/process-events.ts';
import type { Instrument } from '../../../shared/market.ts';
import { type Millis, type MonoMs, type UnixMs, unixMs } from '../../../shared/time.ts';
import type { Emit } from '../silence/feed-pulse.ts';
import type { OwedSince } from './trade-line-types.ts';
import type { TradePlace } from './trade-overlap.ts';

export type BirthPorts = { readonly emit: Emit; readonly nextGapId: () => string };

/** The gap before the first trade, and that trade, if it has come. */
export type HeadlessGap = { readonly event: GapEvent; readonly to: TradePlace | undefined };

export class TradeBirth {
  readonly #instrument: Instrument;
  /** What is dated so long before the acknowledgement was over by then. */
  readonly #marginMs: Millis;
  readonly #ports: BirthPorts;
  /** When the first subscription was acknowledged. */
  #owedSince: MonoMs | undefined;
  /** What is older than this, by the exchange's clock, is not owed. */
  #owedAt: number | undefined;
  #gap: HeadlessGap | undefined;
  #isGivenUp = false;

  constructor(instrument: Instrument, marginMs: Millis, ports: BirthPorts) {
    this.#instrument = instrument;
    this.#marginMs = marginMs;
    this.#ports = ports;
  }

  /** The exchange acknowledged the topic, and nothing of it is known. */
  agreed(now: MonoMs): void {
    this.#owedSince ??= now;
  }

  get owedSince(): MonoMs | undefined {
    return this.#owedSince;
  }

  /** Nothing is known of the topic, and from now on nobody brings it, or not all of it. */
  missed(cause: GapCause, at: UnixMs): void {
    if (this.#owedSince === undefined || this.#gap !== undefined) return;
    this.#ports.emit(this.#open(this.#ports.nextGapId(), cause, at));
  }

  /** An earlier subscription had brought nothing either. A line that was given up a moment ago knows that by itself. */
  owed({ owedSince, gap_id }: OwedSince, at: UnixMs): void {
    if (this.#gap !== undefined) return;
    this.#owedSince = owedSince;
    // No trade of a list is surely older than a moment that is not known.
    if (owedSince === undefined) this.#owedAt = Number.NEGATIVE_INFINITY;
    const id = gap_id ?? this.#ports.nextGapId();
    const event = this.#open(id, gap_id === undefined ? 'resubscribed' : 'child_died', at);
    if (gap_id === undefined) this.#ports.emit(event);
  }

  /** The first trade of all has come. Answers whether a gap ends there. */
  ended(first: TradeEvent, now: MonoMs): boolean {
    if (this.#gap === undefined || this.#gap.to !== undefined) return false;
    const to = gapBound(first);
    this.#gap = { event: { ...this.#gap.event, to }, to };
    this.#ports.emit(this.#gap.event);
    // It happened before it came, so that this dates the acknowledgement too early, if anything.
    this.dated(unixMs(first.timestamp), now);
    return true;
  }

  /** The exchange's clock showed `exchangeAt`, now or a little earlier. */
  dated(exchangeAt: UnixMs, now: MonoMs): void {
    if (this.#owedSince === undefined) return;
    this.#owedAt ??= exchangeAt - (now - this.#owedSince) - this.#marginMs;
  }

  /** A gap has no beginning, and a list may have it. */
  get isSought(): boolean {
    return this.#gap !== undefined && this.#owedAt !== undefined && !this.#isGivenUp;
  }

  /** No list will reach back to the acknowledgement. */
  giveUp(): void {
    this.#isGivenUp = true;
  }

  /** The newest trade of a list, oldest first, that was over when the exchange acknowledged. */
  placeIn(rows: readonly TradeEvent[]): TradePlace | undefined {
    const owedAt = this.#owedAt;
    const row = owedAt === undefined ? undefined : rows.findLast(({ timestamp }) => timestamp < owedAt);
    return row && gapBound(row);
  }

  /** Hands the gap over to whoever heals it: it has a beginning now. */
  takeGap(): HeadlessGap | undefined {
    const gap = this.#gap;
    this.#gap = undefined;
    this.#owedSince = undefined;
    return gap;
  }

  #open(gap_id: string, cause: GapCause, at: UnixMs): GapEvent {
    const { category, symbol } = this.#instrument;
    const topic = { channel: 'trades', category, symbol } as const;
    const ends = { from: null, to: null };
    const event: GapEvent = { type: 'gap', gap_id, state: 'open', ...topic, cause, ...ends, at };
    this.#gap = { event, to: undefined };
    return event;
  }

  /** The topic is given up for good. */
  lost(): void {
    if (this.#gap !== undefined && this.#gap.to === undefined)
      this.#ports.emit({ ...this.#gap.event, state: 'lost' });
    this.#gap = undefined;
  }
}
