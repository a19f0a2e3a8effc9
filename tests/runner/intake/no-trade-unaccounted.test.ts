/**
 * Goal: after any history of deaths, lost sockets, overload and repetitions, every trade of the exchange since the first one
 * seen is on the tape once, or inside exactly one gap. Method: a model of the exchange and of a truthful child drives intake,
 * gap book and context; the exchange's own list is the oracle.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Context } from '../../../runner/context/context.ts';
import { GapBook } from '../../../runner/intake/gaps.ts';
import { Intake } from '../../../runner/intake/intake.ts';
import type { TowlineEvent } from '../../../shared/events/event.ts';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import type { GapCause, GapEvent } from '../../../shared/events/process-events.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';
import { bitcoin, gap, T0, trade } from './events.ts';

type Step =
  | { readonly kind: 'trades'; readonly count: number }
  | { readonly kind: 'repeat'; readonly back: number }
  | { readonly kind: 'socket_lost' | 'overload' | 'back' | 'child_dies' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('trades' as const), count: fc.integer({ min: 1, max: 4 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat' as const), back: fc.nat(5) }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constantFrom('socket_lost', 'overload', 'back', 'child_dies') }),
    },
  ) as fc.Arbitrary<Step>,
  { maxLength: 60, size: 'max' },
);

/** The exchange, a child that tells the truth, and the runner's three parts behind it. */
class World {
  readonly happened: TradeEvent[] = [];
  readonly intake = new Intake({ ...bitcoin }, (jump) => assert.fail(JSON.stringify(jump)));
  readonly gaps = new GapBook('n');
  readonly context = new Context(
    { wanted: [{ channel: 'trades', ...bitcoin }], freshness: scaledPolicy().freshness, tapeCapacity: 1_000 },
    { onBookBroken: () => assert.fail(), onCandle: () => {} },
  );
  #generation = 0;
  #n = 0;
  #lastTold: TradeEvent | undefined;
  #openGap: GapEvent | undefined;
  #gapCount = 0;

  constructor() {
    this.#spawn();
  }

  step(step: Step): void {
    switch (step.kind) {
      case 'trades':
        for (let count = 0; count < step.count; count += 1) this.#trade();
        return;
      case 'repeat': {
        const again = this.happened.at(-1 - step.back);
        if (again !== undefined && this.#openGap === undefined && this.#wasTold(again)) this.#tell(again);
        return;
      }
      case 'socket_lost':
      case 'overload':
        this.#loseSight(step.kind);
        return;
      case 'back':
        this.#isBlind = false;
        return;
      case 'child_dies':
        this.intake.childEnded(this.#generation);
        for (const opened of this.gaps.childEnded(this.#generation, unixMs(T0))) this.#dispatch(opened);
        this.context.childEnded();
        this.#spawn();
        return;
    }
  }

  #isBlind = false;

  #spawn(): void {
    this.#generation += 1;
    this.#n = 0;
    this.#lastTold = undefined;
    this.#openGap = undefined;
    this.#gapCount = 0;
    this.#isBlind = true;
    this.intake.childStarted(this.#generation);
  }

  #trade(): void {
    const index = this.happened.length;
    const next = trade({
      id: `t${index}`,
      timestamp: T0 + Math.floor(index / 3),
      seq: Math.floor(index / 2),
    });
    this.happened.push(next);
    if (this.#isBlind) return;
    if (this.#openGap !== undefined) {
      this.#tell({ ...this.#openGap, to: { id: next.id, timestamp: next.timestamp } });
      this.#openGap = undefined;
    }
    this.#tell(next);
    this.#lastTold = next;
  }

  #loseSight(cause: GapCause): void {
    this.#isBlind = true;
    if (this.#openGap !== undefined) return;
    this.#gapCount += 1;
    const last = this.#lastTold;
    this.#openGap = gap({
      gap_id: `g-${this.#gapCount}`,
      cause,
      from: last === undefined ? null : { id: last.id, timestamp: last.timestamp },
    });
    this.#tell(this.#openGap);
  }

  #wasTold(one: TradeEvent): boolean {
    return (
      this.context
        .instrument(bitcoin)
        ?.tape.latest(1_000)
        .some(({ id }) => id === one.id) ?? false
    );
  }

  #tell(event: TowlineEvent): void {
    this.#n += 1;
    const accepted = this.intake.accept(
      JSON.stringify({ ...event, n: this.#n }),
      this.#generation,
      unixMs(T0),
    );
    if (accepted?.type === 'trade') {
      const ended = this.gaps.onTrade(accepted, this.#generation);
      if (ended !== undefined) this.#dispatch(ended);
    }
    const told = accepted?.type === 'gap' ? this.gaps.onGap(accepted, this.#generation) : accepted;
    if (told !== undefined) this.#dispatch(told);
  }

  #dispatch(event: TowlineEvent): void {
    this.context.apply(event, monoMs(0), unixMs(T0 + 60_000));
  }
}

describe('intake, gap book and tape together', () => {
  it('account for every trade: on the tape once, or inside exactly one gap', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const world = new World();
        for (const step of [{ kind: 'back' } as const, ...history]) world.step(step);
        const tape = (world.context.instrument(bitcoin)?.tape.latest(1_000) ?? []).map(({ id }) => id);
        const place = new Map(world.happened.map(({ id }, index) => [id, index]));
        const first = Math.min(...tape.map((id) => place.get(id) ?? 0));
        for (const [index, { id }] of world.happened.entries()) {
          if (index < first) continue;
          const onTape = tape.filter((other) => other === id).length;
          const inside = world.gaps.all().filter(({ from, to }) => {
            const after = from === null ? -1 : (place.get(from.id) ?? -1);
            const before = to === null ? Number.POSITIVE_INFINITY : (place.get(to.id) ?? -1);
            return after < index && index < before;
          });
          assert.equal(
            onTape + inside.length,
            1,
            `${id}: ${onTape} on the tape, in ${JSON.stringify(inside)}`,
          );
        }
        assert.ok(world.gaps.endless().length <= 1);
      }),
      { numRuns: 500 },
    );
  });
});
