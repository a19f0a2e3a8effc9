import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unpackBatch } from '../../../runner/strategy/batch-codec.ts';
import { BatchQueue } from '../../../runner/strategy/batch-queue.ts';
import type { BatchAnswer, BatchMessage, TimerMessage } from '../../../runner/strategy/messages.ts';
import type { StrategyTrouble, WorkerListener } from '../../../runner/strategy/ports.ts';
import { StrategyHost } from '../../../runner/strategy/strategy-host.ts';
import { StrategyRun } from '../../../runner/strategy/strategy-run.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { type MonoMs, monoMs, unixMs } from '../../../shared/time.ts';
import { bitcoin, T0 } from '../intake/events.ts';

const policy = scaledPolicy().strategy;
const timer = (at: number): TimerMessage => ({ kind: 'timer', at });

/** A host with workers that do only what the test says, in virtual time. */
function hosted(queue?: BatchQueue) {
  const workers: { listener: WorkerListener; posted: BatchMessage[]; terminated: boolean }[] = [];
  const troubles: StrategyTrouble[] = [];
  const signals: string[] = [];
  let now = 1_000;
  const host = new StrategyHost(
    { file: '/srv/strategies/my.ts', instruments: [bitcoin] },
    policy,
    {
      spawn: (_task, listener) => {
        const worker = { listener, posted: [] as BatchMessage[], terminated: false };
        workers.push(worker);
        return {
          post: (message) => worker.posted.push(unpackBatch(message)),
          terminate: () => {
            worker.terminated = true;
          },
        };
      },
      onTrouble: (trouble) => troubles.push(trouble),
      onSignals: (given) => signals.push(...given.map(({ reason }) => reason)),
    },
    queue,
  );
  const at = (): MonoMs => monoMs(now);
  const worker = () => workers[workers.length - 1];
  const say = (message: unknown, from = worker()) => from?.listener.onMessage(message, at(), unixMs(T0));
  host.start(at());
  return {
    host,
    workers,
    worker,
    troubles,
    signals,
    say,
    loaded: () => say({ kind: 'loaded', name: 'mine' }),
    end: (reason: string) => worker()?.listener.onEnd(reason, at()),
    answer: (fields: Partial<BatchAnswer> = {}) =>
      say({
        kind: 'answer',
        batch: worker()?.posted.at(-1)?.batch,
        signals: [],
        surplus: 0,
        invalid: 0,
        invalidReason: null,
        errors: 0,
        errorsInARow: 0,
        lastError: null,
        ...fields,
      }),
    offer: (...times: number[]) => {
      for (const time of times) host.offer(timer(time), at());
    },
    flush: () => host.flush(at()),
    pass: (ms: number, slept = false) => {
      now += ms;
      host.tick(at(), slept);
    },
    status: () => host.status(at()),
  };
}

describe('the host of a strategy', () => {
  it('keeps events until the worker has loaded, and sends one batch at a time', () => {
    const { loaded, offer, flush, worker, answer, status } = hosted();
    assert.equal(status().name, 'my.ts');
    offer(1, 2);
    flush();
    assert.equal(worker()?.posted.length, 0);
    loaded();
    assert.deepEqual(worker()?.posted, [{ batch: 1, events: [timer(1), timer(2)] }]);
    offer(3);
    flush();
    assert.equal(worker()?.posted.length, 1);
    answer();
    assert.deepEqual(worker()?.posted[1], { batch: 2, events: [timer(3)] });
    assert.equal(status().events, 2);
    assert.equal(status().waiting, 1);
  });

  it('sends a full batch without waiting for the end of the turn', () => {
    const { loaded, offer, worker } = hosted();
    loaded();
    for (let index = 0; index < 255; index += 1) offer(index);
    assert.equal(worker()?.posted.length, 0);
    offer(255);
    assert.equal(worker()?.posted[0]?.events.length, 256);
  });

  it('shows how long the oldest event has waited', () => {
    const { loaded, offer, flush, pass, answer, status } = hosted();
    loaded();
    offer(1);
    flush();
    pass(700);
    assert.equal(status().lag_ms, 700);
    answer();
    assert.equal(status().lag_ms, 0);
  });

  it('shows how long the oldest event has waited also while its worker is started again', () => {
    const { loaded, offer, flush, pass, answer, status } = hosted();
    loaded();
    offer(1);
    flush();
    pass(500);
    offer(2);
    pass(policy.answerWithinMs);
    assert.equal(status().state, 'restarting');
    assert.equal(status().lag_ms, 2_000, 'the second event still waits; the first is lost');
    pass(policy.restartAfterMs);
    loaded();
    assert.equal(status().lag_ms, 3_000, 'the word of the restart goes first');
    answer();
    assert.equal(status().lag_ms, 3_000, 'then the event, which is being worked off');
    answer();
    assert.equal(status().lag_ms, 0);
  });

  it('tells the last error with its time', () => {
    const { loaded, offer, flush, pass, answer, end, status } = hosted();
    assert.deepEqual([status().errors, status().last_error, status().last_error_at], [0, null, null]);
    loaded();
    offer(1);
    flush();
    pass(700);
    answer({ errors: 3, lastError: 'Error: x' });
    assert.deepEqual([status().errors, status().last_error, status().last_error_at], [3, 'Error: x', 1_700]);
    pass(300);
    end('exit code 1');
    assert.deepEqual([status().errors, status().last_error_at], [4, 2_000]);
  });

  it('ends a worker that does not answer, waits, and starts another that hears of it first', () => {
    const { loaded, offer, flush, pass, workers, worker, status } = hosted();
    loaded();
    offer(1, 2);
    flush();
    pass(policy.answerWithinMs);
    assert.equal(status().state, 'running');
    pass(1);
    assert.equal(status().state, 'restarting');
    assert.equal(workers[0]?.terminated, true);
    offer(3);
    pass(policy.restartAfterMs);
    assert.equal(status().state, 'starting');
    loaded();
    const [first] = worker()?.posted ?? [];
    assert.deepEqual(first?.events[0]?.kind === 'gap' && [first.events[0].cause, first.events[0].missing], [
      'restarted',
      2,
    ]);
    assert.equal(status().restarts, 1);
  });

  it('lets a slow worker live that says it is alive', () => {
    const { loaded, offer, flush, pass, say, status } = hosted();
    loaded();
    offer(1, 2, 3);
    flush();
    for (const done of [1, 2]) {
      pass(policy.answerWithinMs);
      say({ kind: 'alive', batch: 1, done });
    }
    pass(policy.answerWithinMs);
    assert.equal(status().state, 'running');
    pass(1);
    assert.equal(status().state, 'restarting');
  });

  it('judges nobody when we ourselves were asleep', () => {
    const { loaded, offer, flush, pass, answer, status } = hosted();
    pass(policy.loadWithinMs * 3, true);
    assert.equal(status().state, 'starting');
    loaded();
    offer(1);
    flush();
    pass(60_000, true);
    assert.equal(status().state, 'running');
    answer();
    assert.equal(status().events, 1);
  });

  it('ends a worker that does not finish loading', () => {
    const { pass, troubles, status } = hosted();
    pass(policy.loadWithinMs + 1);
    assert.equal(status().state, 'restarting');
    assert.equal(troubles[0]?.message, 'not loaded within 10000 ms');
  });

  it('gives up after three failures', () => {
    const { end, pass, loaded, status, troubles, workers } = hosted();
    for (const restarts of [0, 1]) {
      loaded();
      end('exit code 1');
      assert.equal(status().state, 'restarting');
      pass(policy.restartAfterMs);
      assert.equal(status().restarts, restarts + 1);
    }
    end('exit code 1');
    assert.equal(status().state, 'disabled');
    assert.equal(troubles.at(-1)?.message, 'it failed 3 times, last: its thread ended: exit code 1');
    pass(1_000_000);
    assert.equal(workers.length, 3);
  });

  it('forgets failures after a long time without one', () => {
    const { end, pass, status } = hosted();
    for (let round = 0; round < 10; round += 1) {
      end('exit code 1');
      assert.equal(status().state, 'restarting');
      pass(policy.restartAfterMs);
      pass(policy.stableAfterMs, true);
    }
  });

  it('ignores what a worker says after its end', () => {
    const { loaded, pass, workers, say, status, offer, flush } = hosted();
    loaded();
    offer(1);
    flush();
    pass(policy.answerWithinMs + 1);
    const [old] = workers;
    say({ kind: 'loaded', name: 'ghost' }, old);
    old?.listener.onEnd('terminated', monoMs(5_000));
    assert.equal(status().state, 'restarting');
    pass(policy.restartAfterMs);
    say({ kind: 'loaded', name: 'ghost' }, old);
    assert.equal(status().state, 'starting', 'the word of the old one does not start the new one');
    assert.equal(status().name, 'mine');
    assert.equal(status().errors, 1);
  });

  it('is not started again when the file cannot be used', () => {
    const { say, pass, workers, status } = hosted();
    say({ kind: 'unusable', reason: 'strategy file /srv/strategies/my.ts does not exist' });
    pass(1_000_000);
    assert.equal(status().state, 'disabled');
    assert.equal(workers.length, 1);
    assert.equal(status().last_error, 'strategy file /srv/strategies/my.ts does not exist');
  });

  it('counts nonsense from the thread and goes on', () => {
    const { loaded, offer, flush, say, answer, status } = hosted();
    loaded();
    offer(1);
    flush();
    for (const nonsense of [undefined, null, 7, { kind: 'answer' }, { kind: 'answer', batch: 99 }])
      say(nonsense);
    assert.equal(status().errors, 5);
    answer({ batch: 99 });
    assert.equal(status().events, 0, 'an answer to another batch is none');
    answer({ signals: [{ setup_type: 'x', ...bitcoin, reason: 'fine' }] });
    assert.equal(status().events, 1);
    assert.equal(status().signals, 1);
  });

  it('disables a strategy that throws twenty times in a row, and not one that sometimes succeeds', () => {
    const { loaded, offer, flush, answer, status } = hosted();
    loaded();
    for (const inARow of [19, 0, 19]) {
      offer(1);
      flush();
      answer({ errors: 19, errorsInARow: inARow, lastError: 'Error: x' });
    }
    assert.equal(status().state, 'running');
    offer(1);
    flush();
    const last = 'Error: x (/srv/strategies/my.ts:3:9)';
    answer({ errors: 1, errorsInARow: 20, lastError: last, lastInARow: last });
    assert.equal(status().state, 'disabled');
    assert.match(
      status().last_error ?? '',
      /threw or answered nonsense 20 times in a row, last: Error: x \(\/srv\/strategies\/my\.ts:3:9\)/,
    );
    offer(2);
    assert.equal(status().waiting, 0, 'nothing is kept for it any more');
  });

  it('disables a strategy that answers nonsense twenty times in a row, by its run in the thread', () => {
    const { loaded, offer, flush, worker, say, status } = hosted();
    const run = new StrategyRun({ name: 'mine', onTimer: () => 'buy' as never }, '/srv/strategies/my.ts');
    loaded();
    for (let count = 1; count <= 20; count += 1) {
      assert.equal(status().state, 'running', `after ${count - 1}`);
      offer(count);
      flush();
      const { batch, events } = worker()?.posted.at(-1) ?? assert.fail();
      for (const event of events) run.deliver(event);
      say(run.answer(batch));
    }
    assert.equal(status().state, 'disabled');
    assert.match(
      status().last_error ?? '',
      /^it threw or answered nonsense 20 times in a row, last: not a signal: /,
    );
    assert.equal(status().errors, 20);
  });

  it('disables a strategy whose thread says nonsense twenty times without an answer between', () => {
    const { loaded, offer, flush, say, answer, status } = hosted();
    loaded();
    for (const round of [1, 2]) {
      offer(round);
      flush();
      for (let count = 0; count < 19; count += 1) say({ kind: 'answer' });
      answer();
    }
    assert.equal(status().state, 'running');
    for (let count = 0; count < 20; count += 1) say({ kind: 'answer' });
    assert.equal(status().state, 'disabled');
    assert.match(
      status().last_error ?? '',
      /^its thread said nonsense 20 times without an answer between, last: /,
    );
  });

  it('tells troubles of one kind at most once a second', () => {
    const { loaded, offer, flush, answer, pass, troubles } = hosted();
    loaded();
    for (let index = 0; index < 10; index += 1) {
      offer(1);
      flush();
      pass(200);
      answer({ errors: 1, lastError: 'Error: x' });
    }
    assert.equal(troubles.length, 2);
  });

  it('never holds more than the queue allows, and tells that it drops', () => {
    const { loaded, offer, status, troubles } = hosted(new BatchQueue(600));
    loaded();
    for (let index = 0; index < 2_000; index += 1) offer(index);
    assert.equal(status().waiting, 600 + 256);
    assert.equal(status().dropped, 2_000 - 600 - 256);
    assert.deepEqual(
      troubles.map(({ kind }) => kind),
      ['overloaded'],
    );
  });
});
