/** What the API is answered of levels, CVD and volume delta, from lines of a connector on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextPorts } from '../../runner/api-context.ts';
import { monoMs, unixMs } from '../../shared/time.ts';
import { bitcoin, RunnerWorld, skippedBackfill, tradesTopic } from '../helpers/runner-world.ts';

const HOUR = 3_600_000;
/** The world begins on 2025-06-15 at 15:06:40. */
const TO_MIDNIGHT = 24 * HOUR - (15 * HOUR + 400_000);

function open() {
  const world = new RunnerWorld({ topics: [tradesTopic] }).connect().acknowledge(tradesTopic);
  const { context } = world.ports;
  return {
    world,
    days: () => {
      const days = context.days(bitcoin);
      assert.ok(days !== undefined);
      return days;
    },
    delta: (period: number) => {
      const delta = context.volumeDelta(bitcoin, period);
      assert.ok(delta !== undefined);
      return delta;
    },
    pass: (ms: number) => {
      world.clock.advance(ms);
      world.app.tick();
    },
  };
}

function gapLine(world: RunnerWorld, state: 'open' | 'healed', ago: number): object {
  const now = world.clock.unixMs();
  const ends = { from: { id: 'a', timestamp: now - ago }, to: { id: 'z', timestamp: now } };
  return { type: 'gap', gap_id: 'g', state, ...tradesTopic, cause: 'socket_lost', ...ends, at: now };
}

test('a healed trade counts where it happened, and its span is whole again', () => {
  const { world, days, delta, pass } = open();
  world.say(world.trade('a', 0, { qty: 1 }));
  pass(10_000);
  world.say(gapLine(world, 'open', 10_000), world.trade('z', 0, { qty: 2, side: 'sell' }));
  assert.deepEqual([delta(10).complete, delta(10).volume_delta], [false, -2]);
  world.say(world.trade('m', -4_000, { qty: 4, price: 103, origin: 'healed' }));
  world.say(gapLine(world, 'healed', 10_000));
  assert.deepEqual([delta(10).complete, delta(10).volume_delta, delta(3).volume_delta], [true, 2, -2]);
  assert.deepEqual([days().today.high.value, days().today.counts.told], [103, 3]);
});

test('what is wanted again begins anew: of the time between nobody knows what traded', () => {
  const { world, days, pass } = open();
  world.say(world.trade('a'), world.trade('b', 1, { qty: 3 }));
  world.app.unwant(tradesTopic);
  assert.equal(world.ports.context.days(bitcoin), undefined);
  assert.equal(world.ports.context.cvd(bitcoin), undefined);
  assert.equal(world.ports.context.resetCvd(bitcoin), undefined);
  world.app.want(tradesTopic);
  assert.equal(days().today.counts.trades, 0);
  pass(1_000);
  world.say(world.trade('c', 0, { qty: 5 }));
  const [seen] = days().today.coverage.filter(({ source }) => source === 'trades');
  assert.deepEqual([days().today.counts.trades, seen?.from ?? 'none yet'], [1, 'none yet']);
  assert.equal(world.ports.context.cvd(bitcoin)?.cvd, 5);
});

test('at midnight today becomes the day before, by time alone', () => {
  const { world, days, pass } = open();
  world.say(world.trade('a', 0, { price: 90 }));
  pass(TO_MIDNIGHT - 1);
  assert.deepEqual([days().today.date, days().session], ['2025-06-15', 'off']);
  pass(1);
  const { today, previous, at } = days();
  assert.deepEqual([today.date, previous.date, at], ['2025-06-16', '2025-06-15', today.from]);
  assert.deepEqual([today.high.value, previous.high.value], [null, 90]);
});

test('a change of session is told once to those who watch', () => {
  const { world, pass } = open();
  world.say(world.trade('a'));
  pass(1_000);
  pass(2 * HOUR);
  pass(1_000);
  const told = [...world.ports.lifeEvents()].filter(({ kind }) => kind === 'session');
  assert.deepEqual(
    told.map(({ text }) => text),
    ['session overlap is over'],
  );
});

test('a reset by hand is at the time of the exchange', () => {
  const { world, pass } = open();
  world.say(world.trade('a', 0, { qty: 3 }));
  pass(5_000);
  world.say(world.trade('b', 0, { qty: 2 }));
  pass(1);
  const reset = world.ports.context.resetCvd(bitcoin);
  assert.deepEqual([reset?.cvd, reset?.reset_time], [0, unixMs(world.clock.unixMs())]);
  assert.equal(world.ports.context.cvdHistory(bitcoin, 1)?.[0]?.cvd, 5);
});

test('levels that took long are told again for a while, by their time, however often they are asked for', () => {
  const { world } = open();
  let now = 0;
  const { days } = contextPorts({
    app: world.app,
    backfill: () => skippedBackfill,
    nowMs: world.clock.unixMs,
    monoNow: () => {
      now += 10;
      return monoMs(now);
    },
  });
  const trades = () => days(bitcoin)?.today.counts.trades;
  world.say(world.trade('a'));
  assert.equal(trades(), 1);
  const began = now;
  world.say(world.trade('b', 1));
  assert.equal(trades(), 1);
  while (trades() === 1) assert.ok(now < began + 300, 'it is told anew at last');
  assert.equal(trades(), 2);
  assert.ok(now >= began + 190, `after ${now - began} ms, where it took 10`);
  // What is wanted anew is not told of before.
  world.app.unwant(tradesTopic);
  assert.equal(trades(), undefined);
  world.app.want(tradesTopic);
  assert.equal(trades(), 0);
});
