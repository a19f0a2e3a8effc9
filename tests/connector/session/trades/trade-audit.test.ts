/**
 * The audit of trades: what a joined socket leaves out without a word is found in the exchange's list, told as a gap with both ends
 * and healed at once; nothing else is ever called missing.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { NewestAnswer } from '../../../../connector/session/silence/silence-check.ts';
import { WATCHED_TRADES } from '../../../../connector/session/trades/told-trades.ts';
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
const WATCHED = 2;

type Step =
  | { readonly kind: 'trades' | 'skip' | 'pass'; readonly count: number; readonly socket: number }
  | { readonly kind: 'swap' | 'lose' | 'renew'; readonly count: number; readonly socket: number };

class AuditWorld {
  readonly told: { index: number; isLive: boolean }[] = [];
  readonly gaps: string[] = [];
  readonly found: (number | undefined)[] = [];
  readonly asked: string[] = [];
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
      readRecent: (question) => this.#questions.push(question),
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

describe('the audit of trades', () => {
  it('finds a frame that was left out, tells a gap with both ends and heals it at once', () => {
    const world = new AuditWorld().flow(2_000);
    const first = world.log.length;
    world.skip(0).trades(3).flow(5_000);
    assert.deepEqual(world.gaps, [
      `data_silent open t${first - 1}..t${first + 3}`,
      `data_silent healed t${first - 1}..t${first + 3} 3`,
    ]);
    world.assertWhole();
    assert.deepEqual(
      world.told.filter(({ isLive }) => !isLive).map(({ index }) => index),
      [first, first + 1, first + 2],
    );
    assert.equal(world.leftOut, 3);
    // And goes on: a second one is found, too.
    world.skip(0).trades(1).flow(5_000).assertWhole();
    assert.equal(world.leftOut, 4);
  });

  it('finds what both of two raced sockets left out', () => {
    const world = new AuditWorld(2).flow(3_000).skip(0, 1).trades(2).flow(5_000);
    world.assertWhole();
    assert.equal(world.leftOut, 2);
  });

  it('does not call missing what is on its way, also when a later trade is here', () => {
    const world = new AuditWorld().flow(2_000).skip(0);
    const late = world.log.length;
    world.trades(1).flow(1_400);
    // The frame comes, 1.4 s late.
    world.feeds[0]?.tell(world.log.slice(late, late + 1), monoMs(world.now));
    world.flow(4_000);
    assert.deepEqual([world.gaps, world.leftOut], [[], 0]);
    world.assertWhole();
  });

  it('does not call missing what was told right before it was watched', () => {
    const world = new AuditWorld();
    for (let index = 0; index < WATCHED_TRADES + 10; index += 1) world.trades(1);
    world.flow(4_000);
    assert.ok(world.found.some((count) => count === 0));
    assert.deepEqual([world.gaps, world.leftOut], [[], 0]);
  });

  it('proves nothing by a list that does not reach two trades that were told', () => {
    const world = new AuditWorld();
    world.lag = 1_000_000;
    world.flow(4_000);
    assert.ok(world.found.length > 0);
    assert.ok(world.found.every((count) => count === undefined));
  });

  it('keeps quiet while a gap is open, and about what lies in one that was given up', () => {
    const world = new AuditWorld().flow(2_000);
    world.reach = 1;
    world.do({ kind: 'lose', count: 4, socket: 0 }).flow(3_000);
    world.reach = 1_000;
    const before = world.told.length;
    world.flow(5_000);
    assert.equal(world.leftOut, 0);
    assert.ok(world.told.length > before);
    assert.ok(world.gaps.at(-1)?.includes('socket_lost'));
  });

  it('leaves the rest to another list where the reader has no room', () => {
    const world = new AuditWorld().flow(2_000);
    world.hasHalf = false;
    world.skip(0).trades(3).flow(4_000);
    assert.deepEqual([world.leftOut, world.gaps.length], [3, 1]);
    world.hasHalf = true;
    world.skip(0).trades(2).flow(6_000).assertWhole();
    assert.deepEqual([world.leftOut, world.gaps.filter((gap) => gap.includes('healed')).length], [5, 2]);
  });

  it('asks for the topics in turn, watches no more than so many, and leaves out those that do not flow', () => {
    const world = new AuditWorld();
    const symbols = ['A', 'B', 'C', 'D'];
    const feeds = symbols.map((symbol) => world.feed(symbol));
    for (const feed of feeds) feed.agreed(monoMs(0));
    for (let round = 0; round < 60; round += 1) {
      // The last one is quiet.
      for (const [index, feed] of feeds.slice(0, 3).entries())
        feed.tell([tradeAt(round * 10 + index, T0 + world.now)], monoMs(world.now));
      world.flow(300);
      assert.ok(
        world.lines.subjects().filter(({ told }) => told.watchedSince !== undefined).length <= WATCHED,
      );
    }
    assert.deepEqual([...new Set(world.asked)].toSorted(), ['A', 'B', 'BTCUSDT', 'C']);
  });

  const step = fc.record({
    kind: fc.constantFrom(
      ...(['trades', 'trades', 'trades', 'skip', 'pass', 'pass', 'swap', 'lose', 'renew'] as const),
    ),
    count: fc.integer({ min: 1, max: 12 }),
    socket: fc.nat({ max: 1 }),
  });
  const numRuns = Number(process.env['LINE_RUNS'] ?? 200);

  for (const sockets of [1, 2])
    it(`brings the tape to the truth, whatever is left out of ${sockets} sockets`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
          const world = new AuditWorld(sockets).flow(3_000);
          for (const one of steps) if (sockets === 1 || one.kind !== 'swap') world.do(one);
          world.flow(12_000);
          world.assertWhole();
        }),
        { numRuns },
      );
    });

  for (const sockets of [1, 2])
    it(`calls nothing left out where nothing was, of ${sockets} sockets`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
          const world = new AuditWorld(sockets).flow(3_000);
          for (const one of steps) if (one.kind !== 'skip') world.do(one);
          world.flow(6_000);
          assert.equal(world.leftOut, 0);
          const indices = world.told.map(({ index }) => index);
          assert.equal(new Set(indices).size, indices.length, 'no trade twice');
          if (world.gaps.every((gap) => !gap.includes('open'))) assert.ok(world.found.includes(0));
        }),
        { numRuns },
      );
    });
});
