/** History meets the live feed: what is asked for and when, what shuts the gate, what follows a failure, what closes gaps. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, dayStart } from '../../../shared/day-totals.ts';
import { ok } from '../../../shared/errors.ts';
import {
  answered,
  asking,
  BackfillWorld,
  bitcoin,
  candle,
  MINUTE,
  minutesOf,
  missing,
  policy,
  rangeOf,
  shutOut,
  told,
  totalsOf,
} from './backfill-world.ts';

describe('today', () => {
  it('is asked for some seconds after the first live trade, up to it, with the place in the recordings; then yesterday', async () => {
    const world = new BackfillWorld();
    world.cut = Promise.resolve(
      ok({
        positions: [
          { environment: 'mainnet', ...bitcoin, date: world.today, tradesBytes: 500, spansBytes: 20 },
        ],
      }),
    );
    await world.pass(10_000);
    assert.deepEqual(missing(world), {
      isFirst: true,
      spans: [{ from: dayStart(world.today), to: world.now }],
    });
    assert.equal(world.asked.length, 0, 'up to where is not known yet');
    world.trade();
    const cut = world.now + 1;
    await world.pass(policy.settleMs - 500);
    assert.equal(world.asked.length, 0, 'gaps are healing');
    await world.pass(policy.gatherMs + 1_000);
    assert.deepEqual(world.datesOf(), [world.today, world.yesterday]);
    const [today, yesterday] = world.last.request.instruments;
    assert.deepEqual(today, {
      ...{ ...bitcoin, bin_size: '0.1' },
      days: [
        {
          date: world.today,
          until: cut,
          journal: { trades_bytes: 500, spans_bytes: 20 },
          known: [],
          sums: true,
        },
      ],
    });
    assert.deepEqual(yesterday?.days, [
      { date: world.yesterday, until: null, journal: null, known: [], sums: true },
    ]);
    assert.equal(world.backfill.view().status, 'in_progress');
  });

  it('keeps the gate shut until it was told, and then for the minute in which the feed began', async () => {
    const world = await asking();
    const { last, today } = world;
    const cut = world.days.cut ?? assert.fail();
    const minute = cut - (cut % MINUTE);
    const stored = { from: dayStart(today), to: dayStart(today) + 8 * 3_600_000 };
    last.say(totalsOf(today, stored));
    for (const start of minutesOf({ from: stored.to, to: minute })) last.say(candle(start));
    assert.equal(missing(world)?.isFirst, true);
    last.say(told(today));
    assert.deepEqual(missing(world), { isFirst: false, spans: [{ from: minute, to: cut }] });
    last.say(candle(minute));
    await world.pass(MINUTE);
    last.say(candle(minute));
    last.say({
      type: 'progress',
      task: 'history',
      current: 1,
      total: 2,
      done: false,
      bytes: 0,
      rows: 1,
      bytes_per_second: 0,
      eta_ms: 5,
      now: [],
    });
    assert.equal(missing(world), undefined);
    assert.equal(world.days.figures().today.counts.trades, 2);
    assert.equal(world.backfill.view().counts.trades, 1);
    assert.equal(world.backfill.view().estimatedSecondsRemaining, 1);
  });

  it('is let be where nobody has it: the gate is not kept shut for ever', async () => {
    const world = await asking();
    const { last, today, yesterday } = world;
    last.say(
      rangeOf(today, { from: dayStart(today), to: world.now }, { exactness: 'absent', source: 'none' }),
    );
    last.say(told(today));
    last.say(told(yesterday));
    assert.ok((missing(world)?.spans.length ?? 0) > 0, 'the present minute may come yet');
    last.end();
    assert.equal(missing(world), undefined);
    assert.equal(world.backfill.view().status, 'complete');
    await world.pass(600_000);
    assert.equal(world.asked.length, 1);
  });

  it('of a symbol that does not trade is asked for without a trade, and once more when one comes', async () => {
    const world = new BackfillWorld();
    await world.pass(policy.quietAfterMs + policy.gatherMs + 1_000);
    const until = world.last.request.instruments[0]?.days[0]?.until ?? 0;
    assert.ok(until > world.now - 2_000 && until < world.now);
    world.last.say(told(world.today));
    world.last.say(told(world.yesterday));
    world.last.end();
    assert.equal(missing(world), undefined);
    await world.pass(600_000);
    assert.equal(world.asked.length, 1);
    world.trade();
    assert.ok((missing(world)?.spans.length ?? 0) > 0);
    await world.pass(10_000);
    assert.equal(world.asked.length, 2);
    assert.deepEqual(world.datesOf(), [world.today]);
  });

  it('is asked for without the tick size when that does not come', async () => {
    const world = new BackfillWorld();
    world.tickSize = undefined;
    await world.pass(1_000);
    world.trade();
    await world.pass(policy.quietAfterMs - 2_000);
    assert.equal(world.asked.length, 0);
    await world.pass(policy.gatherMs + 2_000);
    assert.equal(world.last.request.instruments[0]?.bin_size, '0.5');
  });

  it('is not asked for while the exchange has not said what time it is', async () => {
    const world = new BackfillWorld();
    world.isProven = false;
    world.trade();
    await world.pass(60_000);
    assert.equal(world.asked.length, 0);
    assert.equal(missing(world)?.isFirst, true);
  });
});

describe('a child', () => {
  it('that ends without an answer keeps the gate shut, shows as an error, and is followed by another after a pause', async () => {
    const world = await asking();
    world.last.end('history ended with exit code 75');
    const view = world.backfill.view();
    assert.deepEqual(
      [view.status, view.reason, view.counts.failures],
      ['error', 'history ended with exit code 75', 1],
    );
    assert.equal(world.backfill.fault, 'history ended with exit code 75');
    assert.equal(missing(world)?.isFirst, true);
    await world.pass(policy.retry.floorMs - 1_000);
    assert.equal(world.asked.length, 1);
    await world.pass(10_000);
    assert.deepEqual(world.datesOf(), [world.today, world.yesterday]);
    world.last.say(told(world.today));
    world.last.say(told(world.yesterday));
    world.last.end();
    assert.deepEqual([world.backfill.fault, missing(world)], [null, undefined]);
  });

  it('that could not reach the exchange is asked again for that day alone', async () => {
    const world = await asking();
    world.last.say(told(world.today, true));
    world.last.say(told(world.yesterday));
    world.last.end('history ended with exit code 75');
    assert.equal(missing(world)?.isFirst, true, 'the exchange has it');
    assert.equal(world.backfill.fault, 'history could not be read');
    await world.pass(policy.retry.baseMs);
    assert.deepEqual(world.datesOf(), [world.today]);
  });

  it('that is shut out is not followed by another before that is over, and the status says so', async () => {
    const world = await asking();
    const began = world.now;
    const until = began + 600_000;
    world.last.say(told(world.today, true));
    world.last.say(told(world.yesterday, true));
    // The word comes after the days to which it happened.
    world.last.say(shutOut(until));
    world.last.end('history ended with exit code 75');
    const words = `the exchange has shut this address out (HTTP 403): history is asked again at ${new Date(until).toISOString()}`;
    const { status, reason } = world.backfill.view();
    assert.deepEqual([status, reason], ['error', `history could not be read; ${words}`]);
    assert.equal(world.backfill.fault, reason);
    await world.pass(599_000);
    assert.equal(world.asked.length, 1);
    await world.pass(5_000);
    assert.deepEqual(world.datesOf(), [world.today, world.yesterday]);
    world.last.end('history was killed');
    await world.pass(policy.retry.capMs / 10);
    assert.equal(world.asked.length, 3, 'what an earlier child said is over');
  });

  it('that says an absurd time of a shut-out is asked again after the longest pause', async () => {
    const world = await asking();
    world.last.say(shutOut(world.now + 1_000 * DAY_MS));
    world.last.end('history ended with exit code 75');
    await world.pass(policy.retry.capMs - 5_000);
    assert.equal(world.asked.length, 1);
    await world.pass(10_000);
    assert.equal(world.asked.length, 2);
  });

  it('is not started without room on the disk, which shows, and is when there is some again', async () => {
    const world = new BackfillWorld();
    world.diskFault = 'less than 500 MB are free';
    world.trade();
    await world.pass(60_000);
    assert.equal(world.asked.length, 0);
    assert.equal(world.backfill.fault, 'history is not fetched: less than 500 MB are free');
    assert.equal(missing(world)?.isFirst, true);
    world.diskFault = null;
    await world.pass(1_000);
    assert.equal(world.asked.length, 1);
  });

  it('is not started while the recorder does not say how far it is; that is given up, and tried again', async () => {
    const world = new BackfillWorld();
    world.cut = new Promise(() => undefined);
    world.trade();
    await world.pass(policy.silentMs + 10_000);
    assert.deepEqual([world.asked.length, world.backfill.fault], [0, 'the recorder does not answer']);
    world.cut = Promise.resolve(ok({ positions: [] }));
    await world.pass(60_000);
    assert.equal(world.asked.length, 1);
  });

  it('that says nothing is ended', async () => {
    const world = await asking();
    await world.pass(policy.silentMs + 1_000);
    assert.equal(world.last.isStopped, true);
    assert.match(world.logged, /said nothing for 120 s/);
  });

  it('may say what is not understood: it is counted, and what a later version tells is left alone', async () => {
    const world = await asking();
    world.last.line('{"type":"moon_phase","n":1}');
    world.last.line('no JSON');
    world.last.line('{"type":"history_day"}');
    world.last.say(totalsOf(world.today, { from: dayStart(world.today), to: world.now + 1_000 }));
    const { counts } = world.backfill.view();
    assert.deepEqual([counts.badLines, counts.refused, counts.trades], [2, 1, 0]);
  });

  it('is stopped with the runner', async () => {
    const world = await asking();
    world.backfill.stop();
    assert.equal(world.last.isStopped, true);
    assert.equal(world.backfill.view().status, 'cancelled');
    await world.pass(10_000);
    assert.equal(world.asked.length, 1);
  });

  it('is asked for nothing where there is no history', async () => {
    const world = new BackfillWorld();
    world.refusal = 'it is switched off';
    world.trade();
    await world.pass(60_000);
    assert.deepEqual([world.asked.length, missing(world), world.backfill.fault], [0, undefined, undefined]);
    assert.deepEqual(
      [world.backfill.view().status, world.backfill.view().reason],
      ['skipped', 'it is switched off'],
    );
  });
});

describe('a day that is over', () => {
  it('is asked for minutes after midnight, and again when the answer says that more may come', async () => {
    const world = await answered();
    const midnight = dayStart(world.today) + DAY_MS;
    await world.pass(midnight - world.now + policy.afterMidnightMs - 1_000);
    assert.equal(world.asked.length, 1);
    await world.pass(10_000);
    assert.deepEqual(world.datesOf(), [world.yesterday]);
    const day = { from: midnight - DAY_MS, to: midnight };
    const later = world.now + 3_600_000;
    world.last.say(rangeOf(world.yesterday, day, { reason: 'archive_not_published', ask_again_at: later }));
    world.last.say(told(world.yesterday));
    world.last.end();
    await world.pass(3_590_000);
    assert.equal(world.asked.length, 2);
    await world.pass(20_000);
    assert.deepEqual(world.datesOf(), [world.yesterday]);
    world.last.say(totalsOf(world.yesterday, day));
    const archived = { source: 'archive', exactness: 'exact', reason: 'archived', is_archive: true } as const;
    world.last.say(rangeOf(world.yesterday, day, archived));
    world.last.say(told(world.yesterday));
    world.last.end();
    assert.equal(
      world.days.figures().previous.vwap.exactness,
      'exact',
      'the archive takes the place of candles',
    );
    assert.deepEqual(world.closed.at(-1), [{ from: day.from - DAY_MS, to: day.to }]);
    assert.equal(world.backfill.view().counts.gapsClosed, 2);
    await world.pass(7_200_000);
    assert.equal(world.asked.length, 3);
  });

  it('is asked for after midnight, although its last minutes were asked for before', async () => {
    const world = await answered();
    const midnight = dayStart(world.today) + DAY_MS;
    await world.pass(midnight - world.now - 3 * MINUTE + 5_000);
    const from = world.now;
    world.trade();
    world.gap(from, world.now + 10);
    await world.pass(MINUTE);
    assert.equal(world.asked.length, 2);
    const date = world.today;
    await world.pass(midnight - world.now + 1_000);
    world.last.say(told(date));
    world.last.end();
    await world.pass(policy.afterMidnightMs + 5_000);
    assert.deepEqual(world.datesOf(), [date]);
  });

  it('in which an old gap lies is asked for without sums', async () => {
    const world = await answered();
    const from = dayStart(world.today) - 3 * DAY_MS - 1_000;
    world.ended = [{ from, to: from + 2_000 }];
    await world.pass(5_000);
    const days = world.last.request.instruments.flatMap((one) => one.days);
    assert.deepEqual(
      days.map(({ date, sums }) => [(dayStart(date) - dayStart(world.today)) / DAY_MS, sums]),
      [
        [-3, false],
        [-4, false],
      ],
    );
  });
});

it('days that are older than is wanted are named, to be removed', async () => {
  const world = new BackfillWorld(30);
  world.trade();
  await world.pass(10_000);
  const { keep_from: from = '' } = world.last.request;
  assert.equal((dayStart(world.today) - dayStart(from)) / DAY_MS, 30);
  assert.equal((await asking()).last.request.keep_from, undefined);
});

it('of many symbols today is asked for at once, and files of the archive a few at a time', async () => {
  const world = new BackfillWorld();
  world.instruments = Array.from({ length: 120 }, (_, index) => ({
    category: 'linear',
    symbol: `S${index}USDT`,
  }));
  await world.pass(1_000);
  world.trade();
  await world.pass(10_000);
  const dates = world.datesOf();
  assert.equal(dates.filter((date) => date === world.today).length, policy.symbolsAtOnce);
  assert.equal(dates.filter((date) => date === world.yesterday).length, policy.filesAtOnce);
  for (const { category, symbol, days } of world.last.request.instruments)
    for (const { date } of days)
      world.last.say({ type: 'history_day', category, symbol, date, retryable: false });
  world.last.end();
  await world.pass(10_000);
  const others = world.datesOf();
  assert.equal(
    others.filter((date) => date === world.today).length,
    20,
    'those that wait come before more files',
  );
});
