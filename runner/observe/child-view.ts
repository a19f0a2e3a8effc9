/** What the present child has said about itself and told so far: the part of /ws/health that only events know. */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { StatusEvent } from '../../shared/events/process-events.ts';
import type { Instrument } from '../../shared/market.ts';
import { Ring } from '../../shared/ring.ts';
import type { Millis } from '../../shared/time.ts';
import { InstrumentMap } from '../intake/instrument-map.ts';

export class ChildView {
  readonly #tapeCapacity: number;
  #tapes = new InstrumentMap<Ring<TradeEvent>>();
  /** The name that it gave itself in `ready`. */
  connector: string | null = null;
  /** Errors that it told, over all children. */
  errors = 0;
  /** Connections to the exchange that the present child lost or could not open. */
  losses = 0;
  lastHeartbeat: StatusEvent | undefined;
  readonly #clockOffsetMs: () => Millis | null;

  /** `clockOffsetMs`: what the context, which runs by it, knows of the clocks. */
  constructor(tapeCapacity: number, clockOffsetMs: () => Millis | null) {
    this.#tapeCapacity = tapeCapacity;
    this.#clockOffsetMs = clockOffsetMs;
  }

  /** Our clock minus the exchange's (docs/stdio-protocol.md); null while unknown. */
  get clockOffsetMs(): Millis | null {
    return this.#clockOffsetMs();
  }

  started(): void {
    this.losses = 0;
    this.#tapes = new InstrumentMap();
    this.lastHeartbeat = undefined;
  }

  ended(): void {
    this.#tapes = new InstrumentMap();
    this.lastHeartbeat = undefined;
  }

  trade(trade: TradeEvent): void {
    let tape = this.#tapes.get(trade);
    if (tape === undefined) {
      tape = new Ring(this.#tapeCapacity);
      this.#tapes.set(trade, tape);
    }
    tape.push(trade);
  }

  status(event: StatusEvent): void {
    if (event.status === 'heartbeat') this.lastHeartbeat = event;
    if (event.status === 'disconnected') this.losses += 1;
    if (event.connector !== undefined) this.connector = event.connector;
  }

  error(): void {
    this.errors += 1;
  }

  /** Trades that this child has told, newest first. */
  *tape(instrument: Instrument): Generator<TradeEvent> {
    const tape = this.#tapes.get(instrument);
    for (let back = 0; tape !== undefined && back < tape.length; back += 1)
      yield tape.newest(back) as TradeEvent;
  }
}
