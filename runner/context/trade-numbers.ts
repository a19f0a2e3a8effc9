/**
 * What is reckoned from the trades of one instrument: the flow (CVD, volume delta) and the levels of today and the day before.
 *
 * Made with the first trade, since of thousands of symbols that are listened to many do not trade. Gaps that are told before
 * are kept until then: one that was healed moves the beginning of what is whole.
 *
 * Trades are added some at a time: where hundreds of symbols trade by turns, each finds its sums outside of the processor's cache, and
 * one at a time costs thrice as much. Nobody sees that they wait, since whoever reads, and each gap, has them added first.
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { GapEvent } from '../../shared/events/process-events.ts';
import type { Instrument } from '../../shared/market.ts';
import { type UnixMs, unixMs } from '../../shared/time.ts';
import type { ContextSettings } from './context-settings.ts';
import { InstrumentDays } from './day/instrument-days.ts';
import { TradeFlow } from './flow/trade-flow.ts';

/** Gaps kept while nothing has traded; of more the oldest are forgotten, and what they had healed counts as not seen. */
const MAX_GAPS = 100;

/** Trades that wait at most. */
const MAX_WAITING = 32;

export type Reckoned = { readonly flow: TradeFlow; readonly days: InstrumentDays };

export class TradeNumbers {
  readonly #instrument: Instrument;
  readonly #settings: ContextSettings;
  #reckoned: Reckoned | undefined;
  /** The newest word of each gap, by its id; not there when none was told. */
  #gaps: Map<string, GapEvent> | undefined;
  /** The first `#waiting` of them were not added yet, each with the exchange's time at which it came. */
  readonly #trades: (TradeEvent | undefined)[] = [];
  readonly #cameAt: UnixMs[] = [];
  #waiting = 0;

  constructor(instrument: Instrument, settings: ContextSettings) {
    this.#instrument = instrument;
    this.#settings = settings;
  }

  /** Undefined before the first trade. */
  get reckoned(): Reckoned | undefined {
    this.#addWaiting();
    return this.#reckoned;
  }

  get hasBegun(): boolean {
    return this.#reckoned !== undefined;
  }

  /** Exchange time goes on: a new day begins with it. */
  advance(exchangeNow: UnixMs): void {
    this.reckoned?.days.advance(exchangeNow);
  }

  /** The same, made now when there is none. @param exchangeNow - the exchange's time; too early does no harm, too late ends a day */
  begin(exchangeNow: UnixMs): Reckoned {
    const { reckoned } = this;
    if (reckoned !== undefined) return reckoned;
    const made = this.#fresh(exchangeNow);
    for (const gap of this.#gaps?.values() ?? []) tellGap(made, gap);
    this.#gaps = undefined;
    this.#reckoned = made;
    return made;
  }

  /** What is known, or, before the first trade, numbers of nothing that are not kept: who asks must not cost memory. */
  peek(exchangeNow: UnixMs): Reckoned {
    return this.reckoned ?? this.#fresh(exchangeNow);
  }

  onTrade(trade: TradeEvent, exchangeNow: UnixMs): void {
    // By the trade where that is earlier: a clock of ours that is a day ahead must not choose which day it is.
    if (this.#reckoned === undefined) this.begin(unixMs(Math.min(exchangeNow, trade.timestamp)));
    this.#trades[this.#waiting] = trade;
    this.#cameAt[this.#waiting] = exchangeNow;
    this.#waiting += 1;
    if (this.#waiting >= MAX_WAITING) this.#addWaiting();
  }

  /** A gap of this instrument's trades, in whatever state. */
  onGap(gap: GapEvent): void {
    const { reckoned } = this;
    if (reckoned !== undefined) return tellGap(reckoned, gap);
    this.#gaps ??= new Map();
    this.#gaps.delete(gap.gap_id);
    this.#gaps.set(gap.gap_id, gap);
    const [oldest] = this.#gaps.keys();
    if (this.#gaps.size > MAX_GAPS && oldest !== undefined) this.#gaps.delete(oldest);
  }

  #addWaiting(): void {
    const count = this.#waiting;
    const reckoned = this.#reckoned;
    if (count === 0 || reckoned === undefined) return;
    this.#waiting = 0;
    for (let place = 0; place < count; place += 1) {
      const trade = this.#trades[place];
      const cameAt = this.#cameAt[place];
      this.#trades[place] = undefined;
      if (trade === undefined || cameAt === undefined) continue;
      reckoned.flow.add(trade, cameAt);
      reckoned.days.add(trade, cameAt);
    }
  }

  #fresh(exchangeNow: UnixMs): Reckoned {
    const { cvdResetMs, profileTickSize } = this.#settings;
    return {
      flow: new TradeFlow(cvdResetMs),
      days: new InstrumentDays(this.#instrument, exchangeNow, { profileTickSize }),
    };
  }
}

function tellGap({ flow, days }: Reckoned, gap: GapEvent): void {
  flow.gap(gap);
  days.gap(gap);
}
