/**
 * Two sockets of one market as the race hears of them: each has update ids, gaps and a lag of its own, and brings what the
 * exchange did while it was subscribed.
 */
import { placeOf as boundOfBook } from '../../../../connector/session/feeds/book-watch.ts';
import { Race } from '../../../../connector/session/race/race.ts';
import type { UnnumberedEvent } from '../../../../shared/events/event.ts';
import type { DepthEvent, LiquidationEvent } from '../../../../shared/events/market-events.ts';
import type { GapBound, GapEvent } from '../../../../shared/events/process-events.ts';
import { splicedBook } from '../../../helpers/spliced.ts';
import { VirtualClock } from '../../../helpers/virtual-clock.ts';

export const T0 = 1_750_000_000_000;
const instrument = { category: 'linear', symbol: 'BTCUSDT' } as const;

type Change = { readonly seq: number; readonly price: number; readonly qty: number };

/** How a session speaks of one topic of one socket. */
class Side {
  isUp = false;
  /** Done by the exchange, and not brought yet. */
  lag: UnnumberedEvent[] = [];
  u = 0;
  gaps = 0;
  /** The last event that its session has told. */
  last: GapBound | undefined;
  gap: GapEvent | undefined;
}

export class RaceWorld {
  readonly clock = new VirtualClock();
  readonly told: UnnumberedEvent[] = [];
  readonly sides = [new Side(), new Side()] as const;
  readonly race: Race;
  /** Everything that the exchange did to the book; seq is the place, from 1. */
  readonly changes: Change[] = [];
  readonly liquidations: LiquidationEvent[] = [];
  readonly #channel: 'depth' | 'liquidation';

  constructor(channel: 'depth' | 'liquidation') {
    this.#channel = channel;
    this.race = new Race({
      replicas: 2,
      clock: this.clock,
      noticedWithinMs: 24_000,
      bringWithinMs: 1_000,
      emit: (event) => this.told.push(event),
    });
  }

  side(replica: number): Side {
    return replica % 2 === 0 ? this.sides[0] : this.sides[1];
  }

  up(replica: number): this {
    const side = this.side(replica);
    if (side.isUp) return this;
    side.isUp = true;
    side.lag = [];
    this.#status(replica, 'subscribed');
    this.#status(replica, 'flowing');
    if (this.#channel === 'depth') {
      side.u = 1_000 * (replica + 1) * (side.gaps + 1);
      side.lag.push(this.#snapshot(side));
    }
    return this;
  }

  lose(replica: number, cause: GapEvent['cause'] = 'socket_lost'): this {
    const side = this.side(replica);
    if (!side.isUp) return this;
    side.isUp = false;
    side.lag = [];
    if (cause === 'socket_lost')
      this.race.told(replica, {
        type: 'status',
        status: 'disconnected',
        scope: 'public',
        category: 'linear',
        socket: replica,
        at: T0,
      });
    else this.#status(replica, 'stale');
    // Liquidations are owed from the acknowledgement on.
    if (side.gap !== undefined || (side.last === undefined && this.#channel === 'depth')) return this;
    side.gaps += 1;
    side.gap = {
      type: 'gap',
      gap_id: `${replica}-${side.gaps}`,
      state: 'open',
      ...instrument,
      channel: this.#channel,
      ...(this.#channel === 'depth' ? { depth: 50 } : {}),
      cause,
      from: side.last ?? null,
      to: null,
      at: T0,
    };
    this.race.told(replica, side.gap);
    return this;
  }

  /** The exchange does something; sockets that are up will bring it. */
  happen(price = 100, qty = 1): this {
    this.clock.advance(10);
    const seq = this.changes.push({ seq: this.changes.length + 1, price, qty });
    const timestamp = T0 + seq;
    if (this.#channel === 'liquidation') {
      const event = {
        type: 'liquidation',
        ...instrument,
        // Two of them may be alike.
        timestamp: T0 + Math.floor(seq / 2),
        received_at: this.clock.unixMicros(),
        price: 1,
        qty: 1,
        position: 'long',
      } as const;
      this.liquidations.push(event);
      for (const side of this.sides) if (side.isUp) side.lag.push(event);
      return this;
    }
    for (const side of this.sides) {
      if (!side.isUp) continue;
      side.u += 1;
      const update = { last_update_id: side.u, seq, timestamp };
      side.lag.push(splicedBook({ action: 'delta', ...update, bids: [[price, qty]], asks: [] }));
    }
    return this;
  }

  /** A socket brings so much of what it owes. */
  bring(replica: number, count = Number.POSITIVE_INFINITY): this {
    const side = this.side(replica);
    for (const event of side.lag.splice(0, Math.min(count, side.lag.length))) {
      const place = placeOf(event);
      if (side.gap !== undefined) {
        const end =
          this.#channel === 'depth'
            ? ({ state: 'healed', healed_by: 'snapshot' } as const)
            : ({ state: 'lost' } as const);
        this.race.told(replica, { ...side.gap, ...end, to: place });
        side.gap = undefined;
      }
      side.last = place;
      this.race.told(replica, event);
    }
    return this;
  }

  /** Time passes, and deadlines are looked at. */
  pass(ms: number): this {
    for (let passed = 0; passed < ms; passed += 100) {
      this.clock.advance(100);
      this.race.tick(this.clock.monoMs());
    }
    return this;
  }

  bookAt(seq: number): Map<number, number> {
    const book = new Map<number, number>();
    for (const { price, qty } of this.changes.slice(0, seq)) {
      if (qty === 0) book.delete(price);
      else book.set(price, qty);
    }
    return book;
  }

  /** What was told since the last call, in short. */
  take(): readonly string[] {
    return this.told.splice(0).flatMap((event) => {
      if (event.type === 'gap')
        return [`${event.state} ${event.cause} ${event.from?.id ?? ''}..${event.to?.id ?? ''}`];
      if (event.type === 'depth')
        return [`${event.action === 'delta' ? '' : '!'}${event.last_update_id}@${event.seq ?? ''}`];
      if (event.type === 'status') return [event.status];
      return [event.type];
    });
  }

  #status(replica: number, status: 'subscribed' | 'flowing' | 'stale'): void {
    const topic = {
      ...instrument,
      channel: this.#channel,
      ...(this.#channel === 'depth' ? { depth: 50 as const } : {}),
    };
    this.race.told(replica, { type: 'status', status, scope: 'topic', ...topic, socket: replica });
  }

  #snapshot(side: Side): DepthEvent {
    const seq = this.changes.length;
    return splicedBook({
      action: 'snapshot',
      last_update_id: side.u,
      seq,
      timestamp: T0 + seq,
      bids: [...this.bookAt(seq)],
      asks: [],
    });
  }
}

function placeOf(event: UnnumberedEvent): GapBound {
  if (event.type === 'depth') return boundOfBook(event);
  if (event.type === 'liquidation') return { id: String(event.timestamp), timestamp: event.timestamp };
  throw new Error(event.type);
}
