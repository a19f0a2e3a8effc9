/**
 * The way of events to the reader, with a bound and a stated policy at the bound (DESIGN 6, back-pressure).
 *
 * The exchange's socket is never paused. While the reader does not read, lines wait here, at most `maxBytes` of data:
 * - books are given up first, all of them, and fetched anew when the queue has drained (`outbox/depth-lane.ts`);
 * - then new trades are: whoever tells them asks for room first, and knows what to read again (`session/trades/trade-line.ts`);
 * - liquidations are as well, as one gap per topic (`outbox/gap-lane.ts`);
 * - of a ticker and of an open candle only the newest waits (`outbox/latest-lane.ts`);
 * - closed candles are kept for longer than trades, then they are a gap as well;
 * - what else is told (statuses, errors, gaps, answers to commands) may fill up to twice the bound (`outbox/room.ts`); what
 *   finds no room is counted, and one error says how much it was when half of the bound is free again; but statuses are told
 *   then, the newest of each kind (`outbox/late-statuses.ts`), since the reader lives on with the state that they leave behind.
 * Heartbeats and replies have a lane of their own; only the newest heartbeat waits.
 */
import type { UnnumberedEvent } from '../shared/events/event.ts';
import type { KlineEvent, LiquidationEvent } from '../shared/events/market-events.ts';
import { type Topic, topicKey } from '../shared/market.ts';
import { DepthLane } from './outbox/depth-lane.ts';
import { candleRules, GapLane, liquidationRules } from './outbox/gap-lane.ts';
import { LateStatuses } from './outbox/late-statuses.ts';
import { LatestLane } from './outbox/latest-lane.ts';
import type { LineRoom } from './outbox/line-bytes.ts';
import { roomShares } from './outbox/room.ts';
import { Way } from './outbox/way.ts';

export type OutboxPorts = {
  /** Takes one line without its newline. */
  readonly write: (line: string) => void;
  /** Where lines go that are bytes already; without it they are written as strings. */
  readonly lineRoom?: LineRoom | undefined;
  /** True while the reader makes us wait. */
  readonly isBlocked: () => boolean;
  /** The depth of this topic was given up and the queue has drained: fetch a fresh snapshot. */
  readonly refetch: (topic: Topic) => void;
  readonly nowMs: () => number;
};

/** `droppedLatest`: tickers and open candles that a newer one replaced. `droppedTold`: lines that found no room at all. */
export type OutboxCounts = {
  readonly written: number;
  readonly droppedDepth: number;
  readonly droppedLiquidations: number;
  readonly droppedCandles: number;
  readonly droppedLatest: number;
  readonly droppedTold: number;
};

export class Outbox {
  readonly #way: Way;
  readonly #maxBytes: number;
  readonly #depth: DepthLane;
  readonly #liquidations: GapLane<LiquidationEvent>;
  readonly #candles: GapLane<KlineEvent>;
  readonly #latest: LatestLane;
  readonly #late = new LateStatuses();
  #droppedTold = 0;
  /** Of these, what was not said yet. */
  #unsaid = 0;

  /** Gap ids begin with `name`. */
  constructor(name: string, maxBytes: number, { write, lineRoom, isBlocked, refetch, nowMs }: OutboxPorts) {
    this.#maxBytes = maxBytes;
    this.#way = new Way(write, isBlocked, lineRoom);
    let gaps = 0;
    const nextGapId = (): string => {
      gaps += 1;
      return `${name}-o${gaps}`;
    };
    const room = (type: UnnumberedEvent['type']): number => maxBytes * roomShares[type];
    const depth = new DepthLane(this.#way, room('depth'), { nextGapId, nowMs, refetch });
    const ports = { nextGapId, nowMs, makeRoom: () => depth.giveUp() };
    this.#depth = depth;
    this.#liquidations = new GapLane(this.#way, room('liquidation'), liquidationRules, ports);
    this.#candles = new GapLane(this.#way, room('kline'), candleRules, ports);
    this.#latest = new LatestLane(this.#way, room('ticker'));
  }

  get lines(): number {
    return this.#way.lines;
  }

  get bytes(): number {
    return this.#way.bytes;
  }

  get counts(): OutboxCounts {
    return {
      written: this.#way.written,
      droppedDepth: this.#depth.dropped,
      droppedLiquidations: this.#liquidations.dropped,
      droppedCandles: this.#candles.dropped,
      droppedLatest: this.#latest.dropped,
      droppedTold: this.#droppedTold,
    };
  }

  offer(event: UnnumberedEvent): void {
    // Nearly all events are of these two.
    if (event.type === 'depth') this.#depth.offer(event);
    else if (event.type === 'trade') this.#way.send(event);
    else this.#offerOther(event);
  }

  /** May another trade be told? Books make room for it. `wantsHalf`: only when half of the room is free. */
  readonly hasRoom = (wantsHalf: boolean): boolean => {
    const room = this.#maxBytes * roomShares.trade;
    if (wantsHalf) return this.#way.bytes <= room / 2;
    if (this.#way.bytes > room) this.#depth.giveUp();
    return this.#way.bytes <= room;
  };

  /** Behind all that waits, also a reply: it speaks of events that were told before it. */
  offerInTurn(event: UnnumberedEvent): void {
    this.#tell(event);
  }

  /** The reader takes lines again. */
  drained(): void {
    this.#way.pump();
    if (this.#way.bytes <= this.#maxBytes / 2) {
      if (this.#late.size > 0) for (const status of this.#late.take()) this.#tell(status);
      if (this.#unsaid > 0) this.#sayDropped();
    }
    if (this.#way.lines === 0) this.#depth.refetch();
  }

  #offerOther(event: Exclude<UnnumberedEvent, { type: 'depth' | 'trade' }>): void {
    switch (event.type) {
      case 'liquidation':
        this.#liquidations.offer(event);
        return;
      case 'ticker':
        this.#latest.offer(event, `ticker:${event.category}:${event.symbol}`);
        return;
      case 'kline':
        this.#offerCandle(event);
        return;
      case 'reply':
        if (!this.#way.sendUrgent(event)) this.#dropTold();
        return;
      case 'status':
        if (event.status === 'heartbeat') this.#way.sendUrgent(event);
        else this.#tell(event);
        return;
      case 'gap':
        if (!this.#depth.covers(event)) this.#tell(event);
        return;
      case 'error':
      case 'progress':
      case 'instrument':
      case 'book_check':
      case 'execution':
      case 'order':
      case 'position':
      case 'wallet':
        this.#tell(event);
        return;
    }
  }

  #offerCandle(event: KlineEvent): void {
    const key = `kline.${event.interval}:${event.category}:${event.symbol}`;
    if (!event.closed) {
      this.#latest.offer(event, key);
      return;
    }
    this.#latest.barrier(key);
    this.#candles.offer(event);
  }

  #tell(event: UnnumberedEvent): void {
    if (this.#way.bytes > this.#maxBytes) this.#depth.giveUp();
    const isFull = this.#way.bytes > this.#maxBytes * roomShares[event.type];
    if (event.type === 'status' && (isFull || this.#late.size > 0)) {
      if (!this.#late.keep(event)) this.#dropTold();
      return;
    }
    if (isFull) return this.#dropTold();
    if (!this.#way.isFree) this.#setBarrier(event);
    this.#way.send(event);
  }

  /** No ticker and no open candle passes what is told of its topic or of all. */
  #setBarrier(event: UnnumberedEvent): void {
    if (event.type !== 'status' && event.type !== 'gap') return;
    const { channel, category, symbol, depth, interval } = event;
    if (channel === undefined || category === undefined || symbol === undefined) this.#latest.barrierForAll();
    else this.#latest.barrier(topicKey({ channel, category, symbol, depth, interval }));
  }

  #dropTold(): void {
    this.#droppedTold += 1;
    this.#unsaid += 1;
  }

  #sayDropped(): void {
    const count = this.#unsaid;
    this.#unsaid = 0;
    const error = `the reader was so slow that ${count} lines about topics, gaps and commands found no room and were left out: read faster, or ask for less`;
    this.#tell({ type: 'error', error, code: 'overloaded', retryable: true });
  }
}
