import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { unpackBatch } from '../../../runner/strategy/batch-codec.ts';
import { type Batch, BatchQueue } from '../../../runner/strategy/batch-queue.ts';
import type { StrategyMessage, TimerMessage } from '../../../runner/strategy/messages.ts';
import { monoMs } from '../../../shared/time.ts';

const NOW = monoMs(5);
const timer = (at: number): TimerMessage => ({ kind: 'timer', at });

/** What the worker would see. */
function eventsOf(batch: Batch | undefined): readonly StrategyMessage[] {
  return batch === undefined ? [] : unpackBatch(batch.events.pack(0)).events;
}

function takeAll(queue: BatchQueue): StrategyMessage[] {
  const events: StrategyMessage[] = [];
  for (let batch = queue.take(); batch !== undefined; batch = queue.take()) events.push(...eventsOf(batch));
  return events;
}

describe('the queue before a worker', () => {
  it('gives events back in order, in batches of at most 256', () => {
    const queue = new BatchQueue();
    for (let at = 0; at < 600; at += 1) queue.offer(timer(at), monoMs(at));
    assert.equal(queue.waiting, 600);
    assert.equal(queue.waitingSince, 0);
    const sizes: number[] = [];
    for (let batch = queue.take(); batch !== undefined; batch = queue.take()) sizes.push(batch.events.size);
    assert.deepEqual(sizes, [256, 256, 88]);
    assert.equal(queue.waiting, 0);
    assert.equal(queue.waitingSince, undefined);
  });

  it('drops past its limit until half is worked off, then tells the gap before it goes on', () => {
    const queue = new BatchQueue(600);
    const began = Array.from({ length: 1_000 }, (_, at) => queue.offer(timer(at), NOW)).filter(Boolean);
    assert.equal(began.length, 1, 'it says once that dropping begins');
    assert.equal(queue.waiting, 600);
    assert.equal(queue.dropped, 400);
    queue.take();
    queue.offer(timer(1_000), NOW);
    assert.equal(queue.dropped, 401, '344 still wait');
    queue.take();
    queue.offer(timer(1_001), NOW);
    assert.deepEqual(takeAll(queue).slice(-2), [
      {
        kind: 'gap',
        channel: null,
        category: null,
        symbol: null,
        cause: 'slow_strategy',
        state: 'lost',
        healedBy: null,
        from: 600,
        to: 1_001,
        missing: 401,
      },
      timer(1_001),
    ]);
  });

  it('accounts for every event: given in order, or inside a gap that says how many', () => {
    const steps = fc.array(fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constant('take' as const)), {
      maxLength: 60,
      size: 'max',
    });
    fc.assert(
      fc.property(steps, (walk) => {
        const queue = new BatchQueue(1_000);
        const given: StrategyMessage[] = [];
        let at = 0;
        const offerNext = () => {
          at += 1;
          queue.offer(timer(at), NOW);
        };
        for (const step of walk) {
          if (step === 'take') given.push(...eventsOf(queue.take()));
          else for (let count = 0; count < step; count += 1) offerNext();
          assert.ok(queue.waiting <= 1_001);
        }
        given.push(...takeAll(queue));
        offerNext();
        given.push(...takeAll(queue));
        let expected = 1;
        for (const event of given) {
          if (event.kind === 'gap') expected += event.missing ?? 0;
          else {
            assert.deepEqual(event, timer(expected));
            expected += 1;
          }
        }
        assert.equal(expected, at + 1);
      }),
    );
  });

  it('lets an urgent message pass everything that waits', () => {
    const queue = new BatchQueue();
    queue.offer(timer(1), NOW);
    queue.offerFirst(timer(0), NOW);
    assert.deepEqual(takeAll(queue), [timer(0), timer(1)]);
  });
});
