/** A gap of today: it shuts the gate, and what does not heal is asked for, wherever in the day and in the life of the runner it lies. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, dayStart } from '../../../shared/day-totals.ts';
import { answered, candle, MINUTE, minutesOf, missing, policy, told } from './backfill-world.ts';

describe('a gap of today', () => {
  it('that opens while a day that is over is asked for is not let be with that answer', async () => {
    const world = await answered();
    world.ended = [{ from: dayStart(world.today) - 3 * DAY_MS, to: dayStart(world.today) - 3 * DAY_MS + 9 }];
    await world.pass(5_000);
    assert.equal(world.asked.length, 2);
    const from = world.now;
    world.trade();
    world.gap(from, null);
    await world.pass(2_000);
    world.trade();
    world.gap(from, world.now);
    world.asked[1]?.say(told(world.datesOf(world.asked[1])[0] ?? ''));
    world.asked[1]?.end();
    assert.deepEqual(missing(world), { isFirst: false, spans: [{ from, to: world.now }] });
  });

  it('shuts the gate; what does not heal is asked for, and candles open it', async () => {
    const world = await answered();
    assert.equal(missing(world), undefined);
    await world.pass(100_000);
    const from = world.now;
    world.trade();
    world.gap(from, null);
    await world.pass(30_000);
    assert.deepEqual(missing(world), { isFirst: false, spans: [{ from, to: world.now }] });
    assert.equal(world.asked.length, 1, 'nobody is asked while the feed is away');
    world.trade();
    world.gap(from, world.now);
    const to = world.now + 1;
    await world.pass(policy.healWithinMs - 1_000);
    assert.equal(world.asked.length, 1, 'it may heal yet');
    const minutes = minutesOf({ from, to });
    const [first = 0, last = 0] = [minutes[0], minutes.at(-1)];
    while (world.asked.length < 2) await world.pass(1_000);
    assert.ok(world.now >= last + MINUTE + 2_000, 'the candle of its last minute is there');
    assert.ok(world.now < last + 2 * MINUTE);
    assert.deepEqual(world.datesOf(), [world.today]);
    const day = world.last.request.instruments[0]?.days[0];
    assert.deepEqual(day?.candles, [{ from: first, to: last + MINUTE }]);
    assert.equal(
      day?.until,
      world.days.cut,
      'of what came after the feed began no stored trades are asked for',
    );
    for (const start of minutes) world.last.say(candle(start));
    world.last.say(told(world.today));
    assert.equal(missing(world), undefined);
    world.last.end();
  });

  it('is asked for also on the days after the one on which the feed began', async () => {
    const world = await answered();
    const midnight = dayStart(world.today) + DAY_MS;
    await world.pass(midnight - world.now + 3_600_000);
    world.last.say(told(world.yesterday));
    world.last.end();
    const asked = world.asked.length;
    const from = world.now;
    world.gap(from, from + 5_000);
    await world.pass(3 * MINUTE);
    assert.equal(world.asked.length, asked + 1);
    const day = world.last.request.instruments[0]?.days[0];
    assert.deepEqual([day?.date, day?.candles?.length], [world.today, 1]);
    for (const start of minutesOf({ from, to: from + 5_001 })) world.last.say(candle(start));
    world.last.say(told(world.today));
    world.last.end();
    assert.deepEqual([missing(world), world.backfill.fault], [undefined, null]);
  });

  it('that opens while today is asked for is not let be with that answer, and is asked for in its turn', async () => {
    const world = await answered();
    const outage = (): { from: number; to: number } => {
      const from = world.now - 20_000;
      world.gap(from, world.now);
      return { from, to: world.now };
    };
    await world.pass(100_000);
    const first = outage();
    await world.pass(2 * MINUTE);
    assert.equal(world.asked.length, 2);
    const second = outage();
    world.ended = [first, second];
    for (const start of minutesOf(first)) world.last.say(candle(start));
    world.last.say(told(world.today));
    assert.deepEqual(missing(world), { isFirst: false, spans: [second] });
    world.last.end();
    assert.deepEqual(missing(world), { isFirst: false, spans: [second] });
    await world.pass(2 * MINUTE);
    assert.equal(world.asked.length, 3);
    world.last.say(told(world.today));
    world.last.end();
    assert.equal(missing(world), undefined, 'it was asked for, and nobody has it');
    await world.pass(10 * MINUTE);
    assert.equal(world.asked.length, 3);
  });

  it('that heals by itself is asked of nobody', async () => {
    const world = await answered();
    await world.pass(100_000);
    const from = world.now;
    world.trade();
    world.gap(from, null);
    await world.pass(5_000);
    world.trade();
    world.gap(from, world.now, 'healed');
    await world.pass(100_000);
    assert.equal(missing(world), undefined);
    assert.equal(world.asked.length, 1);
  });
});
