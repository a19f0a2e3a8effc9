/** Everything about the events that pass that only counting can tell: their latency, and what the child said how often. */

import { errorCatalogue } from '../../shared/errors.ts';
import type { TowlineEvent } from '../../shared/events/event.ts';
import { type StatusName, statusNames } from '../../shared/events/process-events.ts';
import type { ClockKind } from '../../shared/market.ts';
import type { Clock, MonoMs } from '../../shared/time.ts';
import type { HandOver } from './hand-over.ts';
import { Hops } from './hops.ts';

/** A foreign connector may invent codes; each would be a new time series. */
const OTHER_CODE = 'other';

export class Meters {
  readonly hops: Hops;
  /** The strategies' hop; undefined until they are attached. */
  handOver: HandOver | undefined;
  /** Statuses told, over all children. */
  readonly statuses = zeros(statusNames);
  /** Errors told, by code. */
  readonly errors = zeros([...Object.keys(errorCatalogue), OTHER_CODE]);
  /** Trades that were fetched after they had been missed, and told after all. */
  recoveredTrades = 0;
  /** Whole books that were read from the exchange for a comparison. */
  bookChecks = 0;
  #clock: ClockKind = 'live';

  constructor(clock: Pick<Clock, 'unixMs' | 'monoMs'>) {
    this.hops = new Hops(clock);
  }

  /** An event of the stream; `now`: when the runner had read it. */
  onEvent(event: TowlineEvent, now: MonoMs): void {
    if (event.type === 'trade') {
      if (event.origin === 'healed') this.recoveredTrades += 1;
      if (this.#clock === 'live') this.hops.trade(event, now);
    } else if (event.type === 'depth') {
      if (this.#clock === 'live') this.hops.book(event, now);
    } else if (event.type === 'status') {
      if (event.clock !== undefined) this.#clock = event.clock;
      count(this.statuses, event.status);
    } else if (event.type === 'error') {
      const code = event.code ?? OTHER_CODE;
      count(this.errors, this.errors.has(code) ? code : OTHER_CODE);
    } else if (event.type === 'book_check') this.bookChecks += 1;
  }
}

function zeros(names: readonly StatusName[]): Map<StatusName, number>;
function zeros(names: readonly string[]): Map<string, number>;
function zeros(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name) => [name, 0]));
}

function count<K>(counts: Map<K, number>, name: K): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
