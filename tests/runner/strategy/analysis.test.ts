/** An analysis on demand: who answers, who does not, and that nobody waits for ever. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unpackBatch } from '../../../runner/strategy/batch-codec.ts';
import { StrategyEngine } from '../../../runner/strategy/engine.ts';
import type { StrategyMessage } from '../../../runner/strategy/messages.ts';
import type { WorkerListener } from '../../../runner/strategy/ports.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';
import { bitcoin, T0, trade } from '../intake/events.ts';

const policy = scaledPolicy().strategy;
const counts = { surplus: 0, invalid: 0, invalidReason: null, errors: 0, errorsInARow: 0, lastError: null };
const signal = { setup_type: 'x', ...bitcoin, reason: 'why' };

/** Workers that answer when the test says so. */
function world(files: readonly string[]) {
  const workers: {
    listener: WorkerListener;
    batches: { batch: number; events: readonly StrategyMessage[] }[];
  }[] = [];
  const engine = new StrategyEngine(
    { files, instruments: [bitcoin], policy },
    {
      spawn: (_task, listener) => {
        const worker: (typeof workers)[number] = { listener, batches: [] };
        workers.push(worker);
        return { post: (packed) => worker.batches.push(unpackBatch(packed)), terminate: () => undefined };
      },
      atTurnEnd: () => undefined,
      topOf: () => undefined,
      onSignal: () => undefined,
      onTrouble: () => undefined,
    },
  );
  engine.start(monoMs(0));
  const load = (index: number) =>
    workers[index]?.listener.onMessage({ kind: 'loaded', name: `s${index}` }, monoMs(0), unixMs(T0));
  const answer = (index: number, signals: readonly object[] = []) => {
    const worker = workers[index];
    const batch = worker?.batches.shift();
    assert.ok(worker !== undefined && batch !== undefined, 'nothing to answer');
    const message = { kind: 'answer', batch: batch.batch, signals, ...counts };
    worker.listener.onMessage(message, monoMs(0), unixMs(T0));
    return batch.events;
  };
  return { engine, workers, load, answer };
}

/** What has come of a promise by now. */
async function soFar<T>(promise: Promise<T>): Promise<T | 'pending'> {
  return Promise.race([promise, new Promise<'pending'>((resolve) => setImmediate(resolve, 'pending'))]);
}

describe('an analysis', () => {
  it('waits until each strategy has worked off its timer, and has the signals since then', async () => {
    const { engine, load, answer } = world(['/a.ts', '/b.ts']);
    load(0);
    load(1);
    engine.onEvent(trade(), monoMs(1));
    engine.flush(monoMs(1));
    answer(1);
    const asked = engine.analyze(monoMs(2), unixMs(T0 + 2));
    assert.deepEqual(
      answer(1, [signal]).map((message) => (message.kind === 'timer' ? message.at : message.kind)),
      [T0 + 2],
    );
    assert.equal(await soFar(asked), 'pending');
    assert.equal(answer(0, [{ ...signal, reason: 'of the batch before' }])[0]?.kind, 'trade');
    assert.equal(await soFar(asked), 'pending');
    assert.equal(answer(0, [])[0]?.kind, 'timer');
    const { signals, answered } = await asked;
    assert.deepEqual(answered, [true, true]);
    assert.deepEqual(
      signals.map(({ strategy, reason }) => [strategy, reason]),
      [
        ['s0', 'of the batch before'],
        ['s1', 'why'],
      ],
    );
  });

  it('has no signals of before', async () => {
    const { engine, load, answer } = world(['/a.ts']);
    load(0);
    engine.onEvent(trade(), monoMs(1));
    engine.flush(monoMs(1));
    answer(0, [signal]);
    const asked = engine.analyze(monoMs(2), unixMs(T0));
    answer(0);
    assert.deepEqual((await asked).signals, []);
    assert.equal(engine.signals().length, 1);
  });

  it('names those that do not run, and does not wait for them', async () => {
    const { engine, load, answer, workers } = world(['/a.ts', '/b.ts', '/c.ts']);
    load(0);
    load(2);
    const asked = engine.analyze(monoMs(1), unixMs(T0));
    workers[2]?.listener.onEnd('out of memory', monoMs(2));
    answer(0);
    assert.deepEqual((await asked).answered, [true, false, false]);
    assert.deepEqual((await world([]).engine.analyze(monoMs(1), unixMs(T0))).answered, []);
  });

  it('waits no longer than a call of a handler may take, and who asks meanwhile gets the same answer', async () => {
    const { engine, load, workers } = world(['/a.ts']);
    load(0);
    const asked = engine.analyze(monoMs(0), unixMs(T0));
    assert.equal(engine.analyze(monoMs(1), unixMs(T0)), asked);
    // It is slow, but not stuck: nobody ends it.
    workers[0]?.listener.onMessage({ kind: 'alive', batch: 1, done: 0 }, monoMs(1_500), unixMs(T0));
    engine.tick(monoMs(policy.answerWithinMs), unixMs(T0));
    assert.equal(await soFar(asked), 'pending');
    engine.tick(monoMs(policy.answerWithinMs + 1), unixMs(T0));
    assert.deepEqual((await asked).answered, [false]);
    assert.notEqual(engine.analyze(monoMs(policy.answerWithinMs + 2), unixMs(T0)), asked);
  });
});
