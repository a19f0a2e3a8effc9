/**
 * What is reckoned from the trades of one instrument: the flow (CVD, volume delta) and the levels of today and the day before.
 *
 * Made with the first trade, since of thousands of symbols that are listened to many do not trade. Gaps that are told before
 * are kept until then: one that was healed moves the beginning of what is whole.
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

export type Reckoned = { readonly flow: TradeFlow; readonly days: InstrumentDays };

export class TradeNumbers {
  readonly #instrument: Instrument;
  readonly #settings: ContextSettings;
  #reckoned: Reckoned | undefined;
  /** The newest word of each gap, by its id; not there when none was told. */
  #gaps: Map<string, GapEvent> | undefined;

  constructor(instrument: Instrument, settings: ContextSettings) {
    this.#instrument = instrument;
    this.#settings = settings;
  }

  /** Undefined before the first trade. */
  get reckoned(): Reckoned | undefined {
    return this.#reckoned;
  }

  /** The same, made now when there is none. @param exchangeNow - the exchange's time; too early does no harm, too late ends a day */
  begin(exchangeNow: UnixMs): Reckoned {
    if (this.#reckoned !== undefined) return this.#reckoned;
    const made = this.#fresh(exchangeNow);
    for (const gap of this.#gaps?.values() ?? []) tellGap(made, gap);
    this.#gaps = undefined;
    this.#reckoned = made;
    return made;
  }

  /** What is known, or, before the first trade, numbers of nothing that are not kept: who asks must not cost memory. */
  peek(exchangeNow: UnixMs): Reckoned {
    return this.#reckoned ?? this.#fresh(exchangeNow);
  }

  onTrade(trade: TradeEvent, exchangeNow: UnixMs): void {
    // By the trade where that is earlier: a clock of ours that is a day ahead must not choose which day it is.
    const { flow, days } = this.#reckoned ?? this.begin(unixMs(Math.min(exchangeNow, trade.timestamp)));
    flow.add(trade, exchangeNow);
    days.add(trade, exchangeNow);
  }

  /** A gap of this instrument's trades, in whatever state. */
  onGap(gap: GapEvent): void {
    if (this.#reckoned !== undefined) return tellGap(this.#reckoned, gap);
    this.#gaps ??= new Map();
    this.#gaps.delete(gap.gap_id);
    this.#gaps.set(gap.gap_id, gap);
    const [oldest] = this.#gaps.keys();
    if (this.#gaps.size > MAX_GAPS && oldest !== undefined) this.#gaps.delete(oldest);
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
