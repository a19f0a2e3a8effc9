/** Sums of a day as lines: bins in parts that fit, spans up to the feed, and candles for exactly the minutes that trades do not cover. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  candlesNeeded,
  edgeMinutes,
  lastMinuteOf,
  MINUTE_MS,
  spansToTell,
  totalsEvents,
} from '../../../../connector/history/run/totals-events.ts';
import { emptyDayTotals, type TotalsBin } from '../../../../shared/day-totals.ts';
import { dayTotalsEventSchema } from '../../../../shared/events/history-events.ts';
import type { Span } from '../../../../shared/spans.ts';

const midnight = Date.UTC(2026, 7, 1);
const at = (minutes: number): number => midnight + minutes * MINUTE_MS;

function before(until: number, known: readonly Span[] = []) {
  return { day: { from: at(0), to: at(1_440) }, until, known, minutes: [] };
}

describe('the sums of a span', () => {
  it('travel in lines of at most 1 MiB, whose bins together are all of them', () => {
    const bins = Array.from(
      { length: 50_001 },
      (_, index): TotalsBin => [1e9 + index, '123456789.12345678', '0.00000001'],
    );
    const totals = {
      ...emptyDayTotals({ category: 'linear', symbol: 'BTCUSDT', date: '2026-08-01', bin_size: '0.1' }),
      bins,
    };
    const events = totalsEvents(totals, { from: at(0), to: at(9) }, []);
    assert.equal(events.length, 26);
    for (const event of events) {
      dayTotalsEventSchema.parse(event);
      assert.ok(JSON.stringify(event).length < 1_048_576);
    }
    assert.deepEqual(
      events.flatMap((event) => event.totals.bins),
      bins,
    );
    assert.deepEqual(
      events.map(({ part, parts }) => [part, parts]),
      events.map((_, index) => [index + 1, 26]),
    );
    assert.equal(totalsEvents({ ...totals, bins: [] }, { from: at(0), to: at(9) }, []).length, 1);
  });

  it('end where the live feed begins; of a day in very many pieces the longest are told', () => {
    const spans = [
      { from: at(0), to: at(5) },
      { from: at(7), to: at(9) },
    ];
    assert.deepEqual(spansToTell(spans, before(at(8))), [
      { from: at(0), to: at(5) },
      { from: at(7), to: at(8) },
    ]);
    assert.deepEqual(spansToTell(spans, before(at(0))), []);
    const pieces = Array.from({ length: 300 }, (_, index) => ({
      from: at(index),
      to: at(index) + 100 + index,
    }));
    const told = spansToTell(pieces, before(at(1_440)));
    assert.deepEqual(told, pieces.slice(100));
  });

  it('are those that the asker does not have, or all when the whole day is there', () => {
    const known = [
      { from: at(2), to: at(4) },
      { from: at(6), to: at(7) },
    ];
    assert.deepEqual(spansToTell([{ from: at(0), to: at(9) }], { ...before(at(8)), known }), [
      { from: at(0), to: at(2) },
      { from: at(4), to: at(6) },
      { from: at(7), to: at(8) },
    ]);
    const whole = { from: at(0), to: at(1_440) };
    assert.deepEqual(spansToTell([whole], { ...before(at(1_440)), known }), [whole]);
    const candles = [at(1), at(2), at(5), at(9)].map((start) => ({ start }));
    const stored = [{ from: at(0), to: at(2) }];
    assert.deepEqual(candlesNeeded(candles, stored, { ...before(at(8)), known }), [{ start: at(5) }]);
  });

  it('need the minutes that they cut', () => {
    assert.deepEqual(edgeMinutes({ from: at(1) + 1, to: at(3) }), [at(1)]);
    assert.deepEqual(edgeMinutes({ from: at(1) + 1, to: at(1) + 9 }), [at(1)]);
    assert.deepEqual(edgeMinutes({ from: at(1) + 1, to: at(3) + 9 }), [at(1), at(3)]);
    assert.deepEqual(edgeMinutes({ from: at(1), to: at(3) }), []);
  });
});

it('candles are told of the minutes that trades do not cover wholly, up to the one in which the feed begins', () => {
  const candles = Array.from({ length: 10 }, (_, index) => ({ start: at(index) }));
  const stored = [{ from: at(2) + 1, to: at(5) }];
  const minutes = (until: number) =>
    candlesNeeded(candles, stored, before(until)).map(({ start }) => (start - midnight) / MINUTE_MS);
  assert.deepEqual(minutes(at(7) + 5), [0, 1, 2, 5, 6, 7]);
  assert.deepEqual(minutes(at(7)), [0, 1, 2, 5, 6]);
  assert.deepEqual(minutes(at(4) + 5), [0, 1, 2], 'what the feed tells of a minute needs no candle');
  assert.deepEqual(lastMinuteOf(at(7) + 5), { from: at(7), to: at(8) });
  assert.equal(lastMinuteOf(at(7)), undefined);
});

it('candles of minutes that are asked for by name are told, whatever is stored and also after the feed began', () => {
  const candles = Array.from({ length: 10 }, (_, index) => ({ start: at(index) }));
  const named = { ...before(at(3)), minutes: [{ from: at(6), to: at(8) }] };
  const told = candlesNeeded(candles, [{ from: at(0), to: at(9) }], named);
  assert.deepEqual(told, [{ start: at(6) }, { start: at(7) }]);
});
