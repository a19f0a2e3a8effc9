/**
 * Which trades passed already, per instrument: each passes once, however often it is told.
 *
 * There is room for as many instruments as can be listened to. One more, after many were given up or since a child makes them
 * up, takes the memory of the one that was idle for longest.
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { Instrument } from '../../shared/market.ts';
import { hashOf } from './id-table.ts';
import { InstrumentMap } from './instrument-map.ts';
import { RecentTrades } from './recent-trades.ts';
import { isLive } from './trade-order.ts';

/** Ids remembered per topic (DESIGN 6, memory). A frame holds at most some 50 trades; a child's restart repeats seconds. */
const REMEMBERED_TRADES = 1_024;

type Memory = {
  readonly instrument: Instrument;
  readonly live: RecentTrades;
  readonly healed: RecentTrades;
  /** The number of the trade that asked for it last. */
  usedAt: number;
};

export class TradeMemory {
  readonly #maxInstruments: number;
  readonly #memories = new InstrumentMap<Memory>();
  #count = 0;
  #asked = 0;

  constructor(maxInstruments: number) {
    this.#maxInstruments = maxInstruments;
  }

  /** Remembers a trade that may pass. `too old`: older than all that is remembered, so it may have passed or not. */
  judge(trade: TradeEvent): 'new' | 'duplicate' | 'too old' {
    const memory = this.#memories.get(trade) ?? this.#remember(trade);
    this.#asked += 1;
    memory.usedAt = this.#asked;
    const hash = hashOf(trade.id);
    if (memory.live.has(trade.id, hash) || memory.healed.has(trade.id, hash)) return 'duplicate';
    // Healed rows have a memory of their own: thousands of them must not push the newest live ids out.
    const own = isLive(trade) ? memory.live : memory.healed;
    if (own === memory.live && own.isBeyondMemory(trade)) return 'too old';
    own.add(trade, hash);
    return 'new';
  }

  #remember({ category, symbol }: Instrument): Memory {
    if (this.#count >= this.#maxInstruments) this.#forgetIdlest();
    const memory: Memory = {
      instrument: { category, symbol },
      live: new RecentTrades(REMEMBERED_TRADES),
      healed: new RecentTrades(REMEMBERED_TRADES),
      usedAt: 0,
    };
    this.#memories.set(memory.instrument, memory);
    this.#count += 1;
    return memory;
  }

  #forgetIdlest(): void {
    let idlest: Memory | undefined;
    for (const memory of this.#memories.values())
      if (idlest === undefined || memory.usedAt < idlest.usedAt) idlest = memory;
    if (idlest === undefined) return;
    this.#memories.delete(idlest.instrument);
    this.#count -= 1;
  }
}
