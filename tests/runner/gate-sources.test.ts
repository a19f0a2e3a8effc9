/** What the gate of the strategies is judged by, with a real runner around it: it shuts where a gap is told, not some time later. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { untold } from '../../runner/backfill/day-asks.ts';
import { gateSources, todaysTrades } from '../../runner/gate-sources.ts';
import { unpackBatch } from '../../runner/strategy/batch-codec.ts';
import { StrategyEngine } from '../../runner/strategy/engine.ts';
import type { HistoryFinding } from '../../runner/strategy/gate.ts';
import type { StrategyMessage } from '../../runner/strategy/messages.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { bitcoin, RunnerWorld, tradesTopic } from '../helpers/runner-world.ts';

const policy = scaledPolicy();
const { openAfterMs } = policy.gate;

/** A runner that listens to trades, with a strategy whose thread only listens. Of today everything is known up to the first trade. */
class GateWorld {
  readonly runner = new RunnerWorld({ topics: [tradesTopic] }).connect().acknowledge(tradesTopic);
  readonly told: StrategyMessage[] = [];
  readonly engine: StrategyEngine;
  isReady = true;
  /** How often it was asked what is known of today. */
  asked = 0;
  readonly #turn: (() => void)[] = [];

  constructor() {
    const { app, clock } = this.runner;
    this.engine = new StrategyEngine(
      { files: ['/my.ts'], instruments: [bitcoin], policy: policy.strategy },
      {
        spawn: (_task, { onMessage }) => {
          const say = (message: object): void => onMessage(message, clock.monoMs(), clock.unixMs());
          this.#turn.push(() => say({ kind: 'loaded', name: 'mine' }));
          return {
            post: (packed) => {
              const { batch, events } = unpackBatch(packed);
              this.told.push(...events);
              const wrong = { surplus: 0, invalid: 0, invalidReason: null, errors: 0, lastError: null };
              this.#turn.push(() => say({ kind: 'answer', batch, signals: [], ...wrong, errorsInARow: 0 }));
            },
            terminate: () => undefined,
          };
        },
        atTurnEnd: (task) => this.#turn.push(task),
        topOf: () => undefined,
        onSignal: () => undefined,
        onTrouble: ({ message }) => assert.fail(message),
        gate: gateSources(
          app,
          clock.unixMs,
          () => this.isReady,
          () => undefined,
          () => this.#holes(),
        ),
      },
    );
    app.attachStrategies(this.engine);
    this.endTurn();
    this.runner.say(this.runner.trade('first'));
    this.endTurn();
  }

  get isOpen(): boolean {
    return this.told.findLast((message) => message.kind === 'gate')?.open === true;
  }

  /** Time passes, and the engine looks at its end. */
  pass(ms: number): this {
    const { clock } = this.runner;
    clock.advance(ms);
    this.engine.tick(clock.monoMs(), clock.unixMs());
    this.endTurn();
    return this;
  }

  /** The last `ms` of trades were missed. The gap is told when it is over, as of a frame that could not be read. */
  miss(ms: number): void {
    const { runner } = this;
    const at = runner.clock.unixMs();
    const gap = { gap_id: 'g-1', state: 'open', cause: 'bad_frame', at, ...tradesTopic };
    const ends = { from: { id: 'first', timestamp: at - ms }, to: { id: 'next', timestamp: at } };
    runner.say({ type: 'gap', ...gap, ...ends }, runner.trade('next'));
    this.endTurn();
  }

  endTurn(): void {
    for (let task = this.#turn.shift(); task !== undefined; task = this.#turn.shift()) task();
  }

  #holes(): readonly HistoryFinding[] {
    this.asked += 1;
    const { app, clock } = this.runner;
    const known = todaysTrades(app, clock).known(bitcoin);
    const [, ...holes] = known === undefined ? [] : untold(known);
    return holes.map(() => ({ instrument: bitcoin, code: 'gap_of_today', words: 'missing' }));
  }
}

describe('the gate of a strategy', () => {
  it('shuts at the very place of a gap that has an end, however soon after the last look', () => {
    const world = new GateWorld().pass(1).pass(openAfterMs);
    assert.equal(world.isOpen, true);
    world.pass(300);
    world.told.length = 0;
    world.runner.clock.advance(10);
    world.miss(10);
    assert.deepEqual(
      world.told.map((message) => (message.kind === 'gate' ? message.reasons[0]?.code : message.kind)),
      ['gap_of_today', 'gap', 'trade'],
    );
    assert.equal(world.isOpen, false);
  });

  it('does not open over a gap that was told between two looks', () => {
    const world = new GateWorld();
    world.isReady = false;
    world.pass(1);
    world.isReady = true;
    world.pass(1).pass(openAfterMs - 100);
    world.runner.clock.advance(50);
    world.miss(10);
    world.pass(50);
    assert.equal(world.isOpen, false);
  });
});
