/**
 * Two joined sockets each of which leaves some trades out, without a word: what one brings is told once, live if it comes first,
 * and the line goes on as live whoever skipped what.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TradeLine } from '../../../../connector/session/trades/trade-line.ts';
import { REMEMBERED_TRADES } from '../../../../connector/session/trades/trade-line-ids.ts';
import { monoMs } from '../../../../shared/time.ts';
import { policy, tradeAt } from './trade-line-world.ts';

class SkipWorld {
  readonly told: { index: number; isLive: boolean }[] = [];
  readonly gaps: string[] = [];
  readonly line: TradeLine;
  /** The next trade of each socket. */
  readonly #next: [number, number] = [0, 0];

  constructor() {
    this.line = new TradeLine({ category: 'linear', symbol: 'BTCUSDT' }, policy, {
      emit: (event) => {
        if (event.type === 'gap') this.gaps.push(event.gap_id);
        if (event.type === 'trade')
          this.told.push({ index: Number(event.id.slice(1)), isLive: event.origin !== 'healed' });
      },
      hasRoom: () => true,
      nextGapId: () => 'g',
      readRecent: () => undefined,
    });
    for (const socket of [0, 1]) {
      this.line.wanted(socket, false);
      this.line.agreed(socket, monoMs(0));
    }
    // What is of the very first match may be from before the first trade that was seen.
    this.bring(0, 6).bring(1, 6);
  }

  bring(socket: 0 | 1, count: number): this {
    for (let left = count; left > 0; left -= 1) {
      this.line.tell(socket, [tradeAt(this.#next[socket])], monoMs(this.#next[socket]));
      this.#next[socket] += 1;
    }
    return this;
  }

  skip(socket: 0 | 1, count: number): this {
    this.#next[socket] += count;
    return this;
  }

  /** Both have come so far. */
  level(): this {
    const [one, other] = this.#next;
    return this.bring(0, Math.max(0, other - one)).bring(1, Math.max(0, one - other));
  }

  get at(): readonly [number, number] {
    return this.#next;
  }
}

describe('trades that one of two joined sockets leaves out', () => {
  it('are told late, and what follows is live again', () => {
    const world = new SkipWorld().bring(0, 3).skip(1, 3).bring(1, 3).bring(0, 3).level();
    world.told.length = 0;
    world.bring(0, 10).bring(1, 10);
    assert.ok(
      world.told.every(({ isLive }) => isLive),
      JSON.stringify(world.told),
    );
    assert.equal(world.told.length, 10);
  });

  it('are told also when more of them came late in the course of time than are remembered', () => {
    const world = new SkipWorld();
    for (let round = 0; round < REMEMBERED_TRADES + 200; round += 1) world.skip(0, 1).bring(0, 4).bring(1, 5);
    assert.equal(world.told.length, world.at[0]);
    assert.equal(world.line.counts.refused, 0);
  });

  it('are each told once, live ones in match order, whatever each of them skips that the other one brings', () => {
    const step = fc.record({
      kind: fc.constantFrom('bring', 'bring', 'bring', 'skip'),
      socket: fc.constantFrom<0 | 1>(0, 1),
      count: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const world = new SkipWorld();
        for (const { kind, socket, count } of steps) {
          const other = socket === 0 ? 1 : 0;
          if (kind === 'bring') world.bring(socket, count);
          // The other one brings them, now or later: both are level before, so that no trade is skipped by both.
          else world.level().skip(socket, count).bring(other, count);
        }
        world.level();
        const { told } = world;
        const all = told.map(({ index }) => index).toSorted((a, b) => a - b);
        assert.deepEqual(
          all,
          Array.from({ length: world.at[0] }, (_, index) => index),
        );
        const live = told.filter(({ isLive }) => isLive).map(({ index }) => index);
        assert.deepEqual(
          live,
          live.toSorted((a, b) => a - b),
        );
        assert.deepEqual(world.gaps, []);
        told.length = 0;
        // A new match: of trades of one match nothing tells which comes first.
        world.bring(0, 6).level();
        told.length = 0;
        world.bring(1, 5).bring(0, 5);
        assert.deepEqual(
          told.map(({ isLive }) => isLive),
          [true, true, true, true, true],
        );
      }),
      { numRuns: Number(process.env['LINE_RUNS'] ?? 400) },
    );
  });
});
