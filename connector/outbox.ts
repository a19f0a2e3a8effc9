/**
 * The way of events to the reader, with a bound and a stated policy at the bound (DESIGN 6, back-pressure).
 *
 * The exchange's socket is never paused. While the reader does not read, lines wait here, at most `maxBytes`. Past that the
 * depth lines of every topic are given up first (`resync` is told, a fresh snapshot is fetched when the queue has drained),
 * then new trades, as one gap per topic whose two ends are the last trade that waits and the first one that fits again.
 * Heartbeats and replies have a lane of their own; only the newest heartbeat waits. `n` is given when a line leaves, so it
 * has no jumps whatever was given up.
 */
import type { UnnumberedEvent } from '../shared/events/event.ts';
import type { DepthEvent, TradeEvent } from '../shared/events/market-events.ts';
import { type GapEvent, gapBound } from '../shared/events/process-events.ts';
import type { Topic } from '../shared/market.ts';

export type OutboxPorts = {
  /** Takes one line without its newline. */
  readonly write: (line: string) => void;
  /** True while the reader makes us wait. */
  readonly isBlocked: () => boolean;
  /** The depth of this topic was given up and the queue has drained: fetch a fresh snapshot. */
  readonly refetch: (topic: Topic) => void;
  readonly nowMs: () => number;
};

type Waiting = {
  readonly type: UnnumberedEvent['type'];
  readonly json: string;
  readonly depthOf: string | undefined;
};

export type OutboxCounts = { written: number; droppedDepth: number; droppedTrades: number };

export class Outbox {
  readonly counts: OutboxCounts = { written: 0, droppedDepth: 0, droppedTrades: 0 };
  readonly #ports: OutboxPorts;
  readonly #maxBytes: number;
  readonly #name: string;
  #queue: Waiting[] = [];
  #head = 0;
  #bytes = 0;
  #urgent: Waiting[] = [];
  /** Topics whose depth is given up until a snapshot comes; true once that was asked for. */
  readonly #depthGivenUp = new Map<string, { topic: Topic; refetched: boolean }>();
  /** By category, then by symbol: building a key for every trade would cost more than the two look-ups. */
  readonly #lastTrades = new Map<string, Map<string, TradeEvent>>();
  readonly #gaps = new Map<string, { gap: GapEvent; missing: number }>();
  #gapCount = 0;

  constructor(name: string, maxBytes: number, ports: OutboxPorts) {
    this.#name = name;
    this.#maxBytes = maxBytes;
    this.#ports = ports;
  }

  get lines(): number {
    return this.#queue.length - this.#head + this.#urgent.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** True when an event can be written at once. */
  get #isFree(): boolean {
    return this.lines === 0 && !this.#ports.isBlocked();
  }

  offer(event: UnnumberedEvent): void {
    if (event.type === 'depth') this.#offerDepth(event);
    else if (event.type === 'trade') this.#offerTrade(event);
    else if (event.type === 'reply' || (event.type === 'status' && event.status === 'heartbeat'))
      this.#offerUrgent(event);
    else this.#enqueue(event, undefined);
  }

  /** The reader takes lines again. */
  drained(): void {
    this.#pump();
  }

  #offerDepth(event: DepthEvent): void {
    if (this.#isFree && this.#depthGivenUp.size === 0) {
      this.#enqueue(event, undefined);
      return;
    }
    const key = depthKey(event);
    const givenUp = this.#depthGivenUp.get(key);
    if (givenUp !== undefined) {
      if (!(givenUp.refetched && event.action === 'snapshot')) {
        this.counts.droppedDepth += 1;
        return;
      }
      this.#depthGivenUp.delete(key);
    }
    this.#enqueue(event, key);
    if (this.#bytes > this.#maxBytes) this.#giveUpDepth();
  }

  #offerTrade(trade: TradeEvent): void {
    const gap = this.#gaps.size === 0 ? undefined : this.#gaps.get(tradeKey(trade));
    if (gap === undefined && this.#bytes > this.#maxBytes) this.#giveUpDepth();
    if (this.#bytes > (gap === undefined ? this.#maxBytes : this.#maxBytes / 2)) {
      this.#giveUpTrade(trade, gap);
      return;
    }
    if (gap !== undefined) {
      this.#gaps.delete(tradeKey(trade));
      this.#enqueue({ ...gap.gap, to: gapBound(trade), missing: gap.missing }, undefined);
    }
    this.#remember(trade);
    this.#enqueue(trade, undefined);
  }

  #remember(trade: TradeEvent): void {
    const bySymbol = this.#lastTrades.get(trade.category);
    if (bySymbol === undefined) this.#lastTrades.set(trade.category, new Map([[trade.symbol, trade]]));
    else bySymbol.set(trade.symbol, trade);
  }

  #offerUrgent(event: UnnumberedEvent): void {
    if (event.type === 'status') this.#urgent = this.#urgent.filter((waiting) => waiting.type !== 'status');
    this.#urgent.push({ type: event.type, json: JSON.stringify(event), depthOf: undefined });
    this.#pump();
  }

  #enqueue(event: UnnumberedEvent, depthOf: string | undefined): void {
    const json = JSON.stringify(event);
    if (this.#isFree) {
      this.#writeLine(event.type, json);
      return;
    }
    this.#queue.push({ type: event.type, json, depthOf });
    this.#bytes += json.length;
  }

  #pump(): void {
    while (!this.#ports.isBlocked()) {
      const next = this.#urgent.shift() ?? this.#shift();
      if (next === undefined) break;
      this.#writeLine(next.type, next.json);
    }
    if (this.lines === 0 && this.#depthGivenUp.size > 0) this.#refetchDepth();
  }

  #shift(): Waiting | undefined {
    const next = this.#queue[this.#head];
    if (next === undefined) return undefined;
    this.#head += 1;
    this.#bytes -= next.json.length;
    if (this.#head === this.#queue.length || this.#head > 4_096) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return next;
  }

  #writeLine(type: string, json: string): void {
    this.counts.written += 1;
    // `{"type":"trade"` + `,"n":7` + the rest: the number is given as the line leaves, so gaps in it can only be our bug.
    this.#ports.write(`{"type":"${type}","n":${this.counts.written}${json.slice(type.length + 10)}`);
  }

  #giveUpDepth(): void {
    const kept: Waiting[] = [];
    let bytes = 0;
    const topics = new Map<string, Topic>();
    for (let index = this.#head; index < this.#queue.length; index += 1) {
      const waiting = this.#queue[index] as Waiting;
      if (waiting.depthOf === undefined) {
        kept.push(waiting);
        bytes += waiting.json.length;
      } else {
        this.counts.droppedDepth += 1;
        topics.set(waiting.depthOf, topicOfKey(waiting.depthOf));
      }
    }
    this.#queue = kept;
    this.#head = 0;
    this.#bytes = bytes;
    for (const [key, topic] of topics) {
      this.#depthGivenUp.set(key, { topic, refetched: false });
      const reason =
        'the reader is too slow: this book was given up and is fetched anew when the queue has drained';
      this.#enqueue({ type: 'status', status: 'resync', scope: 'topic', ...topic, reason }, undefined);
    }
  }

  #giveUpTrade(trade: TradeEvent, known: { gap: GapEvent; missing: number } | undefined): void {
    this.counts.droppedTrades += 1;
    if (known !== undefined) {
      known.missing += 1;
      return;
    }
    this.#gapCount += 1;
    const last = this.#lastTrades.get(trade.category)?.get(trade.symbol);
    const gap: GapEvent = {
      type: 'gap',
      gap_id: `${this.#name}-o${this.#gapCount}`,
      state: 'open',
      channel: 'trades',
      category: trade.category,
      symbol: trade.symbol,
      cause: 'overload',
      from: last === undefined ? null : gapBound(last),
      to: null,
      at: this.#ports.nowMs(),
    };
    this.#gaps.set(tradeKey(trade), { gap, missing: 1 });
    this.#enqueue(gap, undefined);
  }

  #refetchDepth(): void {
    for (const state of this.#depthGivenUp.values()) {
      if (state.refetched) continue;
      state.refetched = true;
      this.#ports.refetch(state.topic);
    }
  }
}

function tradeKey({ category, symbol }: TradeEvent): string {
  return `${category}:${symbol}`;
}

/** `topicKey` of a depth event, cheap enough for every event. */
function depthKey(event: DepthEvent): string {
  return `${event.depth ?? 50}:${event.category}:${event.symbol}`;
}

function topicOfKey(key: string): Topic {
  const [depth = '50', category = 'linear', symbol = ''] = key.split(':');
  return { channel: 'depth', category, symbol, depth: Number(depth) } as Topic;
}
