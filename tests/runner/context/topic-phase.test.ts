/** The state machine of a topic: random histories never leave its table, and every output says the same of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { presentHealth } from '../../../runner/api/present-health.ts';
import {
  stepTopicPhase,
  type TopicPhase,
  type TopicPhaseEvent,
  topicPhases,
  topicPhaseTable,
} from '../../../runner/context/topic-phase.ts';
import type { Topic } from '../../../shared/market.ts';
import { assertLegal } from '../../../shared/state-table.ts';
import { bitcoin, depthTopic, RunnerWorld, tradesTopic } from '../../helpers/runner-world.ts';
import { PhaseOutputs } from './phase-outputs.ts';

const tickerTopic = { channel: 'ticker', ...bitcoin } as const satisfies Topic;
const topics = [tradesTopic, depthTopic, tickerTopic];
const events = Object.keys(topicPhaseTable.wanted) as readonly TopicPhaseEvent[];

test('every phase is reached, every step is in the table, and a cell with two targets asks whether it is whole', () => {
  const reached = new Set<TopicPhase>();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...events), fc.boolean()), { size: 'max', maxLength: 200 }),
      (steps) => {
        let phase: TopicPhase = 'wanted';
        for (const [event, isWhole] of steps) {
          const next = stepTopicPhase(phase, event, isWhole);
          assertLegal(topicPhaseTable, phase, event, next);
          if (next === 'awaiting' && next !== phase && event !== 'broken') assert.equal(isWhole, false);
          phase = next;
          reached.add(phase);
        }
      },
    ),
    { numRuns: 300, seed: 11 },
  );
  assert.deepEqual([...reached].sort(), [...topicPhases].sort());
});

type Step = (world: RunnerWorld) => unknown;
let updateId = 10;
const nextId = (by = 1): number => {
  updateId += by;
  return updateId;
};

const anyTopic = fc.constantFrom(...topics);
const anyReason = fc.constantFrom('one', 'another');
const ticker = (world: RunnerWorld, price: number): object => ({
  type: 'ticker',
  ...bitcoin,
  timestamp: world.clock.unixMs(),
  last_price: price,
});

/** A book is taken in, asked for when the audit asks for one, and found wrong. */
function audited(world: RunnerWorld): void {
  const seq = nextId();
  world.acknowledge(depthTopic).say({ ...world.depth('snapshot', nextId()), seq });
  world.clock.advance(1_000);
  world.app.tick();
  const question = world.sent.findLast(({ command }) => command === 'read_book');
  const timestamp = world.clock.unixMs();
  world.say(
    { type: 'book_check', ...bitcoin, timestamp, depth: 50, seq, bids: [[99, 7]], asks: [[101, 2.5]] },
    { type: 'reply', id: `${question?.id}`, ok: true },
  );
  pass(world, 3_500);
}

/** What a child, foreign or ours, sane or not, may say and do; and time. */
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>((world) => world.say(world.trade(`t${nextId()}`))),
  fc.integer({ min: 1, max: 9 }).map(
    (price): Step =>
      (world) =>
        world.say(ticker(world, price)),
  ),
  fc.constantFrom('snapshot', 'delta').map(
    (action): Step =>
      (world) =>
        world.say(world.depth(action, nextId())),
  ),
  fc.constant<Step>((world) => world.say(world.depth('delta', nextId(7)))),
  {
    // One topic goes on being spoken of: it takes two words of a kind to tell the second from the first.
    weight: 5,
    arbitrary: fc
      .tuple(anyTopic, fc.constantFrom('subscribed', 'unsubscribed', 'stale', 'flowing', 'resync'), anyReason)
      .map(
        ([topic, status, reason]): Step =>
          (world) =>
            world.say({ type: 'status', status, reason, ...topic }),
      ),
  },
  fc.tuple(anyTopic, anyReason).map(
    ([topic, error]): Step =>
      (world) =>
        world.say({ type: 'error', error, code: 'topic_refused', ...topic }),
  ),
  fc.tuple(fc.constantFrom('connected', 'disconnected'), fc.constantFrom(undefined, 0, 1)).map(
    ([status, socket]): Step =>
      (world) =>
        world.say({ type: 'status', status, scope: 'public', category: 'linear', socket }),
  ),
  fc
    .tuple(anyTopic, fc.constantFrom('wanted', 'requested', 'active', 'rejected'), fc.constantFrom([0], [1]))
    .map(
      ([topic, state, sockets]): Step =>
        (world) => {
          const report = { ...topic, state, stale: false, age_ms: 1, messages: 1, sockets };
          world.say({ type: 'status', status: 'heartbeat', topics: [report] });
        },
    ),
  fc.constant<Step>((world) => world.die().connect()),
  fc.constant<Step>(audited),
  fc.tuple(anyTopic, fc.constantFrom('want', 'unwant')).map(
    ([topic, change]): Step =>
      (world) =>
        world.app[change](topic),
  ),
  fc.integer({ min: 1, max: 20_000 }).map(
    (ms): Step =>
      (world) => {
        world.clock.advance(ms);
        world.app.tick();
      },
  ),
);

test('in random histories, also of books that the audit finds wrong, /health, /ready, /ws/health, the gate, the metric, the page, the book and the ticker say the same', () => {
  let wrong = 0;
  fc.assert(
    fc.property(fc.array(anyStep, { size: 'max', maxLength: 60 }), (steps) => {
      const world = new RunnerWorld({ topics }).connect();
      const outputs = new PhaseOutputs(world);
      for (const step of steps) {
        step(world);
        outputs.agree();
      }
      wrong += world.app.books.audit().counts.different;
    }),
    { numRuns: 60, seed: 5 },
  );
  assert.ok(wrong > 10, `${wrong} books were found wrong`);
});

/** Time, with the tick of the runner. */
function pass(world: RunnerWorld, ms: number): void {
  for (let passed = 0; passed < ms; passed += 100) {
    world.clock.advance(100);
    world.app.tick();
  }
}

test('a ticker whose last price moves while no trade comes proves that trades are missed', () => {
  const world = new RunnerWorld({ topics }).connect().acknowledge(...topics);
  world.say(world.trade('a'), ticker(world, 1));
  const phase = () => world.ports.topics().find(({ key }) => key.startsWith('trades'))?.phase;
  for (const price of [2, 3, 4]) {
    pass(world, 1_100);
    world.say(ticker(world, price), ticker(world, price));
  }
  pass(world, 700);
  assert.equal(phase(), 'flowing', 'three moves, but within 2.9 s');
  pass(world, 200);
  assert.equal(phase(), 'stale');
  assert.match(
    presentHealth(world.ports.health())
      .checks.map(({ reason }) => reason)
      .join(),
    /its ticker moved 3 times/,
  );
  assert.deepEqual(
    world.sent.slice(-2).map(({ command }) => command),
    ['unsubscribe', 'subscribe'],
    'it is asked for anew',
  );
  world.say(world.trade('b'));
  assert.equal(phase(), 'flowing');
});

test('moves of the ticker before the trades were granted prove nothing', () => {
  const isTrades = (topic: Topic): boolean => topic.channel === 'trades';
  const world = new RunnerWorld({ topics })
    .connect()
    .acknowledge(...topics.filter((topic) => !isTrades(topic)));
  for (const price of [1, 2, 3, 4, 5]) {
    world.say(ticker(world, price));
    pass(world, 1_100);
  }
  world.acknowledge(...topics.filter(isTrades));
  pass(world, 200);
  assert.equal(world.ports.topics().find(({ key }) => key.startsWith('trades'))?.phase, 'flowing');
});

test('trades between the moves of the ticker prove nothing', () => {
  const world = new RunnerWorld({ topics }).connect().acknowledge(...topics);
  for (let price = 1; price < 20; price += 1) {
    pass(world, 1_500);
    world.say(ticker(world, price), world.trade(`t${price}`));
    assert.equal(world.ports.topics()[0]?.phase, 'flowing');
  }
});
