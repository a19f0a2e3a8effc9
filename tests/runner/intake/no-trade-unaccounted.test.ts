/**
 * Goal: after any history of deaths, lost sockets, overload, repetitions and topics given up and wanted again, every trade of the
 * exchange since the first one on the tape is on the tape once, or inside exactly one gap; and nothing is missed for ever of a
 * topic that nobody wants. Method: a model of the exchange and of a truthful child drives the app by its lines; the
 * exchange's own list is the oracle.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { pino } from 'pino';
import { App } from '../../../runner/app.ts';
import type { TowlineEvent } from '../../../shared/events/event.ts';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import type { GapCause, GapEvent } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { monoMs, unixMicros, unixMs } from '../../../shared/time.ts';
import { deathOf } from '../../helpers/deaths.ts';
import { bitcoin, gap, status, T0, trade } from './events.ts';

type Step =
  | { readonly kind: 'trades'; readonly count: number }
  | { readonly kind: 'repeat'; readonly back: number }
  | { readonly kind: 'socket_lost' | 'overload' | 'back' | 'child_dies' | 'subscribe' | 'unasked' }
  /** Some trades were told already, but are read only after the topic was given up. */
  | { readonly kind: 'unsubscribe'; readonly onTheirWay: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('trades' as const), count: fc.integer({ min: 1, max: 4 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat' as const), back: fc.nat(5) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('unsubscribe' as const), onTheirWay: fc.nat(2) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constantFrom('socket_lost', 'overload', 'back', 'child_dies', 'subscribe', 'unasked'),
      }),
    },
  ) as fc.Arbitrary<Step>,
  { maxLength: 60, size: 'max' },
);

const topic: Topic = { channel: 'trades', ...bitcoin };
const NOW = unixMs(T0 + 60_000);
const clock = {
  unixMs: () => NOW,
  unixMicros: () => unixMicros(NOW * 1_000),
  monoMs: () => monoMs(0),
};

/** The exchange, a child that tells the truth, and the runner behind it. */
class World {
  readonly happened: TradeEvent[] = [];
  readonly app = new App(
    {
      instruments: [bitcoin],
      // With a book the symbol outlives its trades.
      topics: [topic, { channel: 'depth', ...bitcoin }],
      category: 'linear',
      bufferSize: 1_000,
      policy: scaledPolicy(),
      nonce: 'n',
    },
    {
      clock,
      log: pino({ enabled: false }),
      heard: () => undefined,
      announcedReady: () => undefined,
      refuse: () => assert.fail(),
      send: () => true,
    },
  );
  isWanted = true;
  #generation = 0;
  #n = 0;
  #isBlind = true;
  #lastTold: TradeEvent | undefined;
  #openGap: GapEvent | undefined;
  #gapCount = 0;
  /** Lines that the child has written and the runner has not read; undefined while each is read at once. */
  #pipe: string[] | undefined;

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
        if (again !== undefined && this.#openGap === undefined && this.tape().includes(again.id))
          this.#tell(again);
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
        this.#die();
        this.#spawn();
        return;
      case 'unasked':
        this.#tell(trade({ symbol: 'DOGEUSDT', id: `d${this.#n}` }));
        this.#tell(gap({ symbol: 'DOGEUSDT', gap_id: `d-${this.#n}` }));
        return;
      case 'unsubscribe':
        this.#unsubscribe(step.onTheirWay);
        return;
      case 'subscribe':
        this.app.want(topic);
        this.isWanted = true;
        return;
    }
  }

  tape(): readonly string[] {
    return [...(this.app.context.instrument(bitcoin)?.tape.newestFirst() ?? [])].map(({ id }) => id);
  }

  #spawn(): void {
    this.#generation += 1;
    this.#n = 0;
    this.#lastTold = undefined;
    this.#openGap = undefined;
    this.#gapCount = 0;
    this.#isBlind = true;
    this.app.childStarted(this.#generation);
    this.#tell(status('ready', { connector: 'model', protocol: 1 }));
  }

  #die(): void {
    this.app.childEnded(this.#generation, { ...deathOf('exit_1'), generation: this.#generation, at: NOW });
  }

  #unsubscribe(onTheirWay: number): void {
    const pipe: string[] = [];
    this.#pipe = pipe;
    for (let count = 0; count < onTheirWay; count += 1) this.#trade();
    this.#pipe = undefined;
    this.app.unwant(topic);
    this.isWanted = false;
    for (const line of pipe) this.app.onLine(line, this.#generation);
    this.#lastTold = undefined;
    this.#openGap = undefined;
  }

  #trade(): void {
    const index = this.happened.length;
    const next = trade({
      id: `t${index}`,
      timestamp: T0 + Math.floor(index / 3),
      seq: Math.floor(index / 2),
    });
    this.happened.push(next);
    if (this.#isBlind || !this.isWanted) return;
    if (this.#openGap !== undefined) {
      this.#tell({ ...this.#openGap, to: { id: next.id, timestamp: next.timestamp } });
      this.#openGap = undefined;
    }
    this.#tell(next);
    this.#lastTold = next;
  }

  #loseSight(cause: GapCause): void {
    this.#isBlind = true;
    if (this.#openGap !== undefined || !this.isWanted) return;
    this.#gapCount += 1;
    const last = this.#lastTold;
    this.#openGap = gap({
      gap_id: `g-${this.#gapCount}`,
      cause,
      from: last === undefined ? null : { id: last.id, timestamp: last.timestamp },
    });
    this.#tell(this.#openGap);
  }

  #tell(event: TowlineEvent): void {
    this.#n += 1;
    const line = JSON.stringify({ ...event, n: this.#n });
    if (this.#pipe === undefined) this.app.onLine(line, this.#generation);
    else this.#pipe.push(line);
  }
}

/** A gap that was given up with its topic says nothing about the time in which the topic is wanted again. */
function isGivenUp({ state, to }: GapEvent): boolean {
  return state === 'lost' && to === null;
}

describe('the way of a trade through the runner', () => {
  it('accounts for every trade: on the tape once, or inside exactly one gap', () => {
    let wantedAgain = 0;
    fc.assert(
      fc.property(steps, (history) => {
        const world = new World();
        for (const step of [{ kind: 'back' } as const, ...history]) {
          if (step.kind === 'subscribe' && !world.isWanted) wantedAgain += 1;
          world.step(step);
          const endless = world.app.gaps.endless();
          assert.ok(endless.every(({ symbol }) => world.isWanted && symbol === bitcoin.symbol));
          assert.ok(endless.length <= 1);
        }
        const tape = world.tape();
        const place = new Map(world.happened.map(({ id }, index) => [id, index]));
        const first = Math.min(...tape.map((id) => place.get(id) ?? 0));
        for (const [index, { id }] of world.happened.entries()) {
          if (index < first) continue;
          const onTape = tape.filter((other) => other === id).length;
          const inside = world.app.gaps.all().filter((told) => {
            const after = told.from === null ? -1 : (place.get(told.from.id) ?? -1);
            const before = told.to === null ? Number.POSITIVE_INFINITY : (place.get(told.to.id) ?? -1);
            return !isGivenUp(told) && after < index && index < before;
          });
          assert.equal(
            onTape + inside.length,
            1,
            `${id}: ${onTape} on the tape, in ${JSON.stringify(inside)}`,
          );
        }
      }),
      { numRuns: 500 },
    );
    assert.ok(wantedAgain > 200, `the generator must reach a topic that is wanted again: ${wantedAgain}`);
  });
});
