/**
 * A model of what the audit of trades is about: the exchange's log, sockets that leave frames out, change their order, or are lost, and
 * lists that show it. What is told is kept.
 */
import assert from 'node:assert/strict';
import type { NewestAnswer } from '../../../../connector/session/silence/silence-check.ts';
import { type AskList, TradeAudit } from '../../../../connector/session/trades/trade-audit.ts';
import {
  type RecentQuestion,
  type TradeFeed,
  TradeLines,
} from '../../../../connector/session/trades/trade-lines.ts';
import type { TradeEvent } from '../../../../shared/events/market-events.ts';
import { monoMs, unixMs } from '../../../../shared/time.ts';
import { policy, T0, tradeAt } from './trade-line-world.ts';

const EVERY = 1_000;
export const WATCHED = 2;

export type Step =
  | { readonly kind: 'trades' | 'skip' | 'pass'; readonly count: number; readonly socket: number }
  | { readonly kind: 'swap' | 'lose' | 'renew'; readonly count: number; readonly socket: number };

export class AuditWorld {
  readonly told: { index: number; isLive: boolean }[] = [];
  readonly gaps: string[] = [];
  readonly found: (number | undefined)[] = [];
  readonly asked: string[] = [];
  /** Lists that were asked for by those who heal. */
  reads = 0;
  readonly log: TradeEvent[] = [];
  readonly feeds: readonly TradeFeed[];
  readonly lines: TradeLines;
  /** Less than half of the reader's room is taken. */
  hasHalf = true;
  /** The list ends so many rows before the newest one, and begins so many before that. */
  lag = 0;
  reach = 1_000;
  /** The exchange answers. */
  answers = true;
  now = 0;
  readonly #audit: TradeAudit;
  readonly #questions: RecentQuestion[] = [];
  readonly #lists: Parameters<AskList>[1][] = [];
  /** What is on its way on each socket. */
  readonly #queues: { at: number; trades: TradeEvent[] }[][];
  readonly #skips: number[];

  constructor(sockets = 1, delays: readonly number[] = [50, 350]) {
    let gaps = 0;
    this.lines = new TradeLines(policy, {
      emit: (event) => {
        if (event.type === 'gap')
          this.gaps.push(
            `${event.cause} ${event.state} ${event.from?.id ?? ''}..${event.to?.id ?? ''} ${event.recovered ?? ''}`.trim(),
          );
        if (event.type === 'trade')
          this.told.push({ index: Number(event.id.slice(1)), isLive: event.origin !== 'healed' });
      },
      nextGapId: () => {
        gaps += 1;
        return `g${gaps}`;
      },
      hasRoom: (wantsHalf) => this.hasHalf || !wantsHalf,
      readRecent: (question) => {
        this.reads += 1;
        this.#questions.push(question);
      },
    });
    this.#queues = Array.from({ length: sockets }, () => []);
    this.#skips = Array.from({ length: sockets }, () => 0);
    this.feeds = this.#queues.map((_, socket) => this.feed('BTCUSDT', socket));
    for (const feed of this.feeds) feed.agreed(monoMs(0));
    this.#audit = new TradeAudit(
      { everyMs: EVERY, watchedAtOnce: WATCHED, ...policy.audit },
      {
        subjects: () => this.lines.subjects(),
        ask: (symbol, answered) => {
          this.asked.push(symbol);
          this.#lists.push(answered);
          return true;
        },
      },
    );
    this.delays = delays;
    this.tick();
  }

  readonly delays: readonly number[];

  feed(symbol: string, socket = 0): TradeFeed {
    return this.lines.feed({ channel: 'trades', category: 'linear', symbol }, socket);
  }

  /** One frame of trades. */
  trades(count = 1): this {
    const first = this.log.length;
    for (let index = first; index < first + count; index += 1)
      this.log.push(tradeAt(index, T0 + this.now, index));
    const trades = this.log.slice(first);
    for (const [socket, queue] of this.#queues.entries()) {
      const left = this.#skips[socket] ?? 0;
      this.#skips[socket] = Math.max(0, left - 1);
      if (left === 0) queue.push({ at: this.now + (this.delays[socket] ?? 0), trades });
    }
    return this.pass(20);
  }

  /** The next frame is left out. */
  skip(...sockets: readonly number[]): this {
    for (const socket of sockets) this.#skips[socket] = 1;
    return this;
  }

  pass(ms: number): this {
    const end = this.now + ms;
    while (this.now < end) {
      this.now = Math.min(end, this.now + 20);
      this.tick();
    }
    return this;
  }

  tick(): void {
    const now = monoMs(this.now);
    for (const [socket, queue] of this.#queues.entries())
      while (queue[0] !== undefined && queue[0].at <= this.now)
        this.feeds[socket]?.tell(queue.shift()?.trades ?? [], now);
    const rows = this.log.slice(0, this.log.length - this.lag).slice(-this.reach);
    if (this.answers)
      for (const question of this.#questions.splice(0)) question.answered({ kind: 'rows', rows }, now);
    const list: NewestAnswer = { kind: 'list', rows, exchangeAt: unixMs(T0 + this.now) };
    if (this.answers) for (const answered of this.#lists.splice(0)) this.found.push(answered(list, now));
    this.lines.tick(now);
    this.#audit.tick(now);
  }

  do({ kind, count, socket: any }: Step): this {
    const socket = any % this.feeds.length;
    const feed = this.feeds[socket];
    const queue = this.#queues[socket];
    if (feed === undefined || queue === undefined) return this;
    if (kind === 'trades') return this.trades(count);
    if (kind === 'pass') return this.pass(count * 100);
    // All sockets: what one brings is not missing.
    if (kind === 'skip')
      return this.trades(1)
        .skip(...this.feeds.keys())
        .trades(count)
        .trades(1);
    if (kind === 'swap') return this.#swap(queue);
    if (kind === 'lose') feed.interrupted('socket_lost', unixMs(T0 + this.now));
    else feed.renewing(unixMs(T0 + this.now));
    queue.length = 0;
    this.trades(count);
    queue.length = 0;
    feed.agreed(monoMs(this.now));
    return this;
  }

  #swap(queue: { at: number; trades: TradeEvent[] }[]): this {
    // Frames that come in the wrong order right after a break are another story.
    this.trades(1).pass(500).trades(1).trades(1);
    const [last, before] = [queue.pop(), queue.pop()];
    if (last !== undefined) queue.push({ ...last, at: this.now + 20 });
    if (before !== undefined) queue.push({ ...before, at: this.now + 20 });
    // What was told last is the newest one again.
    return this.pass(40).trades(1).pass(100);
  }

  /** Trades for so long. */
  flow(ms: number): this {
    for (const end = this.now + ms; this.now < end; ) this.trades(1).pass(80);
    return this;
  }

  assertWhole(): void {
    const all = this.told.map(({ index }) => index).toSorted((a, b) => a - b);
    assert.deepEqual(
      all,
      this.log.map((_, index) => index),
    );
  }

  get leftOut(): number {
    return this.found.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  }
}
