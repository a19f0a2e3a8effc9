/** Questions about silent topics: how many at a time, how many in a while, which may wait, and what is counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { NewestTrades } from '../../../connector/rest/newest-trades.ts';
import type { Finding, NewestAnswer } from '../../../connector/session/silence/silence-check.ts';
import { fail, ok } from '../../../shared/errors.ts';
import { unixMs } from '../../../shared/time.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

class World {
  readonly clock = new VirtualClock();
  readonly asked: string[] = [];
  readonly answers: string[] = [];
  /** Rows that cannot be read; undefined: no answer. */
  bad: number | undefined = 0;
  finding: Finding = 'useless';
  readonly newest: NewestTrades;
  readonly #open: (() => void)[] = [];

  constructor(requestsInWindow = 100) {
    this.newest = new NewestTrades(
      { atOnce: 4, waiting: 3, requestsInWindow, windowMs: 5_000 },
      {
        clock: this.clock,
        rest: {
          newestTrades: ({ category, symbol }, isWhole = false) => {
            this.asked.push(`${category} ${symbol}${isWhole ? ' whole' : ''}`);
            const { bad } = this;
            return new Promise((resolve) => {
              const answer = { rows: [], bad: bad ?? 0, firstBad: undefined, exchangeAt: unixMs(7) };
              this.#open.push(() => resolve(bad === undefined ? fail('request_failed', 'no') : ok(answer)));
            });
          },
        },
      },
    );
  }

  ask(symbol: string, isUrgent = false): boolean {
    return this.newest.of('linear')(symbol, isUrgent, (answer: NewestAnswer) => {
      this.answers.push(`${symbol} ${answer.kind}`);
      return this.finding;
    });
  }

  /** The oldest question is answered. */
  async answer(): Promise<void> {
    this.#open.shift()?.();
    await turn();
  }
}

test('a hunch has half of the room and does not wait; an alarm waits for its turn, up to a limit', async () => {
  const world = new World();
  assert.deepEqual(
    ['A', 'B', 'C'].map((symbol) => world.ask(symbol)),
    [true, true, false],
  );
  assert.deepEqual(
    ['D', 'E', 'F', 'G', 'H', 'I'].map((symbol) => world.ask(symbol, true)),
    [true, true, true, true, true, false],
  );
  assert.deepEqual(world.asked, ['linear A', 'linear B', 'linear D', 'linear E']);
  await world.answer();
  assert.deepEqual([world.asked.at(-1), world.answers], ['linear F', ['A list']]);
});

test('no stretch of the window holds more than its share, half of it for hunches', async () => {
  const world = new World(6);
  const granted = { hunches: 0, alarms: 0 };
  for (let index = 0; index < 20; index += 1) {
    if (world.ask(`H${index}`)) granted.hunches += 1;
    await world.answer();
  }
  for (let index = 0; index < 20; index += 1) {
    if (world.ask(`A${index}`, true)) granted.alarms += 1;
    await world.answer();
  }
  assert.deepEqual(granted, { hunches: 3, alarms: 3 });
  world.clock.advance(5_000);
  assert.equal(world.ask('LATER'), true);
});

test('what cannot be had, or not be trusted, is no list; what came of each answer is counted', async () => {
  const world = new World();
  for (const bad of [undefined, 1]) {
    world.bad = bad;
    world.ask('A');
    await world.answer();
  }
  world.bad = 0;
  for (const finding of ['mute', 'quiet', 'quiet', 'useless'] as const) {
    world.finding = finding;
    world.ask('B');
    await world.answer();
  }
  assert.deepEqual(world.answers.slice(0, 3), ['A failed', 'A failed', 'B list']);
  assert.deepEqual(world.newest.vitals(), {
    ...{ silence_asked: 6, silence_confirmed: 1, silence_withheld: 2 },
    ...{ trades_audited: 0, trades_left_out: 0 },
  });
});

test('the audit has the room that nobody else needs, and counts what its lists prove', async () => {
  const world = new World(4);
  let missing: number | undefined = 3;
  const audit = () =>
    world.newest.lists('spot')('A', (answer) => {
      world.answers.push(answer.kind);
      return answer.kind === 'list' ? missing : undefined;
    });
  world.ask('B');
  assert.equal(audit(), false, 'a question is under way');
  await world.answer();
  assert.equal(audit(), true);
  assert.equal(audit(), false, 'one at a time');
  await world.answer();
  assert.equal(audit(), false, 'half of the room is taken');
  world.clock.advance(5_000);
  assert.equal(audit(), true);
  missing = undefined;
  await world.answer();
  world.bad = 1;
  assert.equal(audit(), true);
  await world.answer();
  assert.deepEqual(world.asked, ['linear B', 'spot A whole', 'spot A whole', 'spot A whole']);
  assert.deepEqual(world.answers, ['B list', 'list', 'list', 'failed']);
  const { trades_audited, trades_left_out } = world.newest.vitals();
  assert.deepEqual([trades_audited, trades_left_out], [1, 3]);
});
