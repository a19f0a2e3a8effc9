/**
 * The numbers that are reckoned from trades, over all instruments: where they are read, and what time does to them.
 *
 * An instrument whose trades are not wanted has none. History joins through `begin`: it adds stored trades and klines to the days
 * of an instrument, and so it does to the one that the feed adds to.
 */
import type { InstrumentEvent } from '../../shared/events/market-events.ts';
import type { Instrument } from '../../shared/market.ts';
import type { UnixMs } from '../../shared/time.ts';
import type { InstrumentMap } from '../intake/instrument-map.ts';
import type { InstrumentDays } from './day/instrument-days.ts';
import { type Session, type SessionChange, SessionClock, sessionAt } from './day/sessions.ts';
import { DayTurns } from './day-turns.ts';
import type { TradeFlow } from './flow/trade-flow.ts';
import type { InstrumentContext } from './instrument-context.ts';
import type { Moment } from './moment.ts';
import type { Reckoned, TradeNumbers } from './trade-numbers.ts';

export type NumbersPorts = {
  /** What the exchange says of an instrument, its tick size above all; undefined while that is not known. */
  readonly factsOf?: ((instrument: Instrument) => InstrumentEvent | undefined) | undefined;
  readonly onSession?: (change: SessionChange) => void;
};

export class Numbers {
  readonly #instruments: InstrumentMap<InstrumentContext>;
  readonly #ports: NumbersPorts;
  readonly #turns: DayTurns;
  #sessions: SessionClock | undefined;

  /** `instruments`: the context's own. */
  constructor(instruments: InstrumentMap<InstrumentContext>, ports: NumbersPorts) {
    this.#instruments = instruments;
    this.#ports = ports;
    this.#turns = new DayTurns(() => this.#all());
  }

  /** To be called a few times a second. */
  advance(proven: UnixMs): void {
    this.#turns.advance(proven);
    if (!Number.isFinite(proven)) return;
    this.#sessions ??= new SessionClock(proven);
    for (const change of this.#sessions.advance(proven)) this.#ports.onSession?.(change);
  }

  /** Undefined when the trades of this instrument are not wanted. */
  flow(instrument: Instrument, moment: Moment): TradeFlow | undefined {
    return this.#instruments.get(instrument)?.numbers?.peek(provenOr(moment)).flow;
  }

  /** Its days as they are now, with the tick size of the exchange where that is known; undefined when its trades are not wanted. */
  days(instrument: Instrument, moment: Moment): InstrumentDays | undefined {
    const days = this.#instruments.get(instrument)?.numbers?.peek(provenOr(moment)).days;
    if (days === undefined) return undefined;
    days.advance(moment.proven);
    const facts = this.#ports.factsOf?.(instrument);
    if (facts !== undefined) days.setTickSize(facts.tick_size);
    return days;
  }

  /** Flow and days that are kept from now on, also before the first trade; undefined when its trades are not wanted. */
  begin(instrument: Instrument, moment: Moment): Reckoned | undefined {
    const reckoned = this.#instruments.get(instrument)?.numbers?.begin(provenOr(moment));
    reckoned?.days.advance(moment.proven);
    return reckoned;
  }

  session(moment: Moment): Session {
    return sessionAt(provenOr(moment));
  }

  facts(instrument: Instrument): InstrumentEvent | undefined {
    return this.#ports.factsOf?.(instrument);
  }

  *#all(): Generator<TradeNumbers> {
    for (const { numbers } of this.#instruments.values()) if (numbers?.hasBegun === true) yield numbers;
  }
}

/** While nothing is proven, since nothing was heard, the best guess. */
function provenOr({ exchange, proven }: Moment): UnixMs {
  return Number.isFinite(proven) ? proven : exchange;
}
