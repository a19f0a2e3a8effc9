/** When a topic is called stale, and what a silence teaches: faults next to nothing, a slower market its new pace. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Freshness } from '../../shared/freshness.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { monoMs } from '../../shared/time.ts';

const { depth, other } = scaledPolicy(1).freshness;

/** A topic under a clock of its own. */
class World {
  readonly topic: Freshness;
  now = 0;

  constructor(policy: ConstructorParameters<typeof Freshness>[0] = depth) {
    this.topic = new Freshness(policy);
  }

  /** Data every `everyMs`, for `ms`. */
  flow(ms: number, everyMs = 100): this {
    for (const end = this.now + ms; this.now < end; ) this.pause(everyMs);
    return this;
  }

  /** One silence, then data. */
  pause(ms: number): this {
    this.now += ms;
    this.topic.seen(monoMs(this.now));
    return this;
  }

  get limit(): number {
    return this.topic.limitMs() ?? Number.POSITIVE_INFINITY;
  }

  isStaleAfter(ms: number): boolean {
    return this.topic.isStale(monoMs(this.now + ms));
  }
}

test('before its pace is known a book is called stale after 5 minutes, a topic of trades never', () => {
  const [book, trades] = [new World(), new World(other)];
  assert.equal(book.isStaleAfter(10_000_000), false, 'nothing came yet');
  for (const world of [book, trades]) world.flow(2_000);
  assert.equal(book.topic.isPaceKnown, false);
  assert.equal(book.isStaleAfter(300_000), false);
  assert.equal(book.isStaleAfter(300_001), true);
  assert.match(book.topic.staleReason(monoMs(302_001)), /^nothing for 300001 ms; its pace is not known yet/);
  assert.equal(trades.isStaleAfter(10_000_000), false);
  book.pause(100);
  assert.equal(book.topic.isPaceKnown, true);
  assert.deepEqual([book.isStaleAfter(5_000), book.isStaleAfter(5_001)], [false, true], 'the floor is 5 s');
});

test('a topic with long pauses is given longer, and a long pause is forgotten with time', () => {
  const world = new World().flow(600_000, 20_000);
  assert.ok(world.limit > 30_000 && world.limit < 120_000, `${world.limit}`);
  assert.deepEqual([world.isStaleAfter(world.limit - 1), world.isStaleAfter(world.limit + 1)], [false, true]);
  assert.equal(world.flow(7_200_000).limit, 5_000);
});

test('the second, third and fourth fault within half an hour are found within 10 s, as the first was', () => {
  for (const lasts of [15_000, 36_000, 400_000]) {
    const world = new World().flow(10_000);
    for (let fault = 1; fault <= 4; fault += 1) {
      assert.ok(world.limit <= 10_000, `fault ${fault} of ${lasts} ms: ${world.limit}`);
      world.pause(lasts).flow(45_000);
    }
  }
});

test('a hole that is just too short to be noticed is remembered, and at most doubles the limit', () => {
  const { limit } = new World().flow(30_000).pause(4_999);
  assert.ok(limit > 6_000 && limit <= 10_000, `${limit}`);
});

test('whatever the silence, one of them at most doubles the limit', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2_000_000 }), { maxLength: 40 }), (pauses) => {
      const world = new World().flow(30_000);
      for (const pause of pauses) {
        const before = world.limit;
        world.pause(pause);
        assert.ok(world.limit <= 2 * before + 1e-6, `${before} -> ${world.limit} by ${pause}`);
      }
    }),
  );
});

/** How often a topic that speaks every `everyMs` from now on is called stale within `ms`, when it is asked anew each time. */
function alarms(world: World, ms: number, everyMs: number, burst = 1): number {
  let count = 0;
  for (const end = world.now + ms; world.now < end; ) {
    for (let left = everyMs; left > 0; ) {
      const silence = Math.min(left, world.limit + 1);
      left -= silence;
      if (!world.isStaleAfter(silence)) {
        world.pause(silence);
        continue;
      }
      count += 1;
      world.now += silence;
      world.topic.calledStale();
      world.topic.interrupted();
      world.pause(0); // the snapshot that answers
    }
    for (let index = 1; index < burst; index += 1) world.pause(20);
  }
  return count;
}

test('a topic that slows down from 100 ms to 20 s, or 2 minutes, is left in peace after a few alarms', () => {
  for (const [everyMs, most] of [
    [20_000, 3],
    [120_000, 6],
  ] as const) {
    const world = new World().flow(60_000);
    const count = alarms(world, 1_800_000, everyMs);
    assert.ok(count >= 1 && count <= most, `${everyMs}: ${count} alarms`);
    assert.equal(alarms(world, 3_600_000, everyMs), 0, 'and in the hour after');
  }
});

test('a market of short bursts with a minute of silence between them is learned, too', () => {
  const world = new World().flow(2_000, 20);
  assert.ok(alarms(world, 1_800_000, 60_000, 40) <= 6);
  assert.equal(alarms(world, 3_600_000, 60_000, 40), 0);
});

test('a silence that was not the own one of the topic teaches nothing', () => {
  const untouched = new World().flow(10_000).limit;
  const lost = new World().flow(10_000);
  lost.topic.interrupted();
  assert.equal(lost.pause(4_000).limit, untouched, 'the socket was lost, or it was asked for anew');
  const lostForLong = new World().flow(10_000);
  lostForLong.topic.interrupted();
  assert.equal(lostForLong.pause(90_000).limit, untouched);
  const reconnected = new World().flow(10_000);
  reconnected.now += 60_000;
  reconnected.topic.resumed(monoMs(reconnected.now));
  assert.equal(reconnected.pause(4_000).limit, untouched, 'a snapshot that takes 4 s');
  assert.equal(reconnected.pause(4_800).limit > untouched, true, 'the next pause is its own again');
});

test('what answers us is no sign of the pace: snapshots after reconnects do not make it known', () => {
  const world = new World();
  for (let index = 0; index < 50; index += 1) {
    world.topic.interrupted();
    world.pause(1_000);
  }
  assert.equal(world.topic.isPaceKnown, false);
});

test('a silence is one alarm, however often it is called stale, and none before data came again', () => {
  const [once, often] = [new World().flow(10_000), new World().flow(10_000)];
  for (const { topic } of [once, often, often, often]) topic.calledStale();
  for (let index = 0; index < 10; index += 1) {
    often.now += 20_000;
    often.topic.resumed(monoMs(often.now));
    often.topic.calledStale();
  }
  assert.equal(often.pause(100).limit, once.pause(100).limit);
});

test('after a sleep of our own the silence counts anew', () => {
  const world = new World().flow(3_000);
  world.topic.resumed(monoMs(100_000));
  assert.equal(world.topic.isStale(monoMs(104_000)), false);
  assert.equal(world.topic.isStale(monoMs(105_001)), true);
});
