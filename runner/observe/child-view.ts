/** What the present child has said about itself and told so far: the part of /ws/health that only events know. */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { StatusEvent } from '../../shared/events/process-events.ts';
import type { Instrument } from '../../shared/market.ts';
import type { Millis } from '../../shared/time.ts';
import { type TailLimits, Tails } from '../context/tails.ts';
import { TAPE_BUDGET } from '../context/tape-budget.ts';
import { SocketTotals } from './socket-totals.ts';

export class ChildView {
  readonly #limits: TailLimits;
  /** Mostly the very trades that are on the tapes of the context, which have the same bounds: they cost little more. */
  #tapes: Tails<TradeEvent>;
  /** The name that it gave itself in `ready`. */
  connector: string | null = null;
  /** Errors that it told, over all children. */
  errors = 0;
  /** Connections to the exchange that the present child lost or could not open. */
  losses = 0;
  lastHeartbeat: StatusEvent | undefined;
  readonly sockets = new SocketTotals();
  readonly #clockOffsetMs: () => Millis | null;

  /** `clockOffsetMs`: what the context, which runs by it, knows of the clocks. */
  constructor(tapeCapacity: number, clockOffsetMs: () => Millis | null, tapeBudget = TAPE_BUDGET) {
    this.#limits = { each: tapeCapacity, inAll: tapeBudget };
    this.#tapes = new Tails(this.#limits);
    this.#clockOffsetMs = clockOffsetMs;
  }

  /** Our clock minus the exchange's (docs/stdio-protocol.md); null while unknown. */
  get clockOffsetMs(): Millis | null {
    return this.#clockOffsetMs();
  }

  started(): void {
    this.losses = 0;
    this.ended();
  }

  ended(): void {
    this.#tapes = new Tails(this.#limits);
    this.lastHeartbeat = undefined;
    this.sockets.clear();
  }

  trade(trade: TradeEvent): void {
    this.#tapes.push(trade);
  }

  status(event: StatusEvent): void {
    if (event.status === 'heartbeat') {
      this.lastHeartbeat = event;
      if (event.sockets !== undefined) this.sockets.listed(event.sockets);
    }
    if (event.status === 'disconnected' && event.retired !== true) this.losses += 1;
    if (event.connector !== undefined) this.connector = event.connector;
  }

  error(): void {
    this.errors += 1;
  }

  /** Trades that this child has told, newest first. */
  tape(instrument: Instrument): Iterable<TradeEvent> {
    return this.#tapes.newestFirst(instrument);
  }

  /** Trades kept over all instruments. */
  get tradesKept(): number {
    return this.#tapes.kept;
  }
}
