/** What the app does with a book that the audit finds wrong, and when it audits none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bitcoin, depthTopic, RunnerWorld, tradesTopic } from '../helpers/runner-world.ts';
import { PhaseOutputs } from './context/phase-outputs.ts';

type Command = { readonly command: string; readonly id?: string | number | undefined };

/** A book of one level a side, at the sequence 10. */
function withBook(clock: 'live' | 'replay' = 'live'): RunnerWorld {
  const world = new RunnerWorld().start();
  world.say(
    { type: 'status', status: 'ready', connector: 'bybit', environment: 'mainnet', clock },
    { type: 'status', status: 'connected', scope: 'public', category: 'linear' },
  );
  return world.acknowledge(tradesTopic, depthTopic).say({ ...world.depth('snapshot', 1), seq: 10 });
}

/** Lets time pass until the audit asks; answers the id of its question. */
function asked(world: RunnerWorld): string | undefined {
  for (let ticks = 0; ticks < 100; ticks += 1) {
    pass(world, 100);
    const question = (world.sent as readonly Command[]).find(({ command }) => command === 'read_book');
    if (question !== undefined) return String(question.id);
  }
  return undefined;
}

function pass(world: RunnerWorld, ms: number): void {
  for (let left = ms; left > 0; left -= 100) {
    world.clock.advance(100);
    world.app.tick();
  }
}

/** The exchange's own book. */
const answer = (world: RunnerWorld, id: string, bidQty: number) =>
  world.say(
    {
      ...{ type: 'book_check', ...bitcoin, timestamp: world.clock.unixMs(), depth: 50, seq: 10 },
      ...{ bids: [[99, bidQty]], asks: [[101, 2.5]] },
    },
    { type: 'reply', id, ok: true },
  );

const bookOf = (world: RunnerWorld) => world.app.context.bookOf(bitcoin, 5, world.clock.monoMs());

test('a book that the audit finds wrong is not served from that moment on, and is fetched anew', () => {
  const world = withBook();
  const outputs = new PhaseOutputs(world);
  const id = asked(world);
  assert.ok(id !== undefined);
  world.sent.length = 0;
  answer(world, id, 7);
  pass(world, 3_500);
  assert.equal(world.app.books.audit().counts.different, 1);
  const book = bookOf(world);
  assert.deepEqual([book?.valid, book?.bids], [false, []]);
  assert.match(
    book?.reason ?? '',
    /the exchange's own book is different \(audit, bid 99: ours 1\.5, theirs 7\)/,
  );
  assert.deepEqual(
    world.sent.map(({ command }) => command),
    ['unsubscribe', 'subscribe'],
  );
  const check = world.health.report().checks.find(({ name }) => name === 'books_valid');
  assert.match(check?.reason ?? '', /audit/);
  outputs.agree();
  world.say({ ...world.depth('snapshot', 9), seq: 20 });
  assert.equal(bookOf(world)?.valid, true);
  outputs.agree();
});

test('a topic that was given up and is wanted again has another book, of which the audit of the former one says nothing', () => {
  const world = withBook();
  const id = asked(world);
  world.app.unwant(depthTopic);
  world.app.want(depthTopic);
  world.acknowledge(depthTopic).say({ ...world.depth('snapshot', 2), seq: 11 });
  answer(world, id ?? '', 7);
  pass(world, 3_500);
  assert.equal(world.app.books.audit().counts.different, 1);
  assert.equal(bookOf(world)?.valid, true);
});

test('a book that is the same stays as it is, and nobody is asked for it', () => {
  const world = withBook();
  const id = asked(world);
  world.sent.length = 0;
  answer(world, id ?? '', 1.5);
  pass(world, 3_500);
  assert.deepEqual(world.app.books.audit().counts, { equal: 1, different: 0, unjoined: 0, failed: 0 });
  assert.deepEqual([bookOf(world)?.valid, world.sent], [true, []]);
});

test('a replay has nobody to ask, and neither has a runner without a child', () => {
  assert.equal(asked(withBook('replay')), undefined);
  const world = withBook();
  world.die();
  assert.equal(asked(world), undefined);
});
