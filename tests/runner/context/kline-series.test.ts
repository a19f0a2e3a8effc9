import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { KlineSeries, MAX_KLINES } from '../../../runner/context/kline-series.ts';
import { kline, T0 } from '../intake/events.ts';

const MINUTE = 60_000;

function startsOf(series: KlineSeries): readonly number[] {
  return series.newestFirst(MAX_KLINES).map(({ start }) => (start - T0) / MINUTE);
}

describe("the exchange's candles of one interval", () => {
  it('hold each closed candle once and in order, whatever is told how often and in which order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { maxLength: 80, size: 'max' }), (minutes) => {
        const series = new KlineSeries();
        const taken = minutes.filter((minute) => series.take(kline({ start: T0 + minute * MINUTE })));
        const once = [...new Set(minutes)];
        assert.deepEqual(taken, once);
        assert.deepEqual(
          startsOf(series),
          once.toSorted((a, b) => b - a),
        );
      }),
    );
  });

  it('keep the first word on a closed candle', () => {
    const series = new KlineSeries();
    series.take(kline({ close: 11 }));
    assert.equal(series.take(kline({ close: 10 })), false);
    assert.equal(series.newestFirst(1)[0]?.close, 11);
  });

  it('show the candle in the making until it closes, and never one of the past', () => {
    const series = new KlineSeries();
    const open = () => series.open;
    assert.equal(series.take(kline({ closed: false, close: 10 })), true);
    assert.equal(series.take(kline({ closed: false, close: 12 })), true);
    assert.equal(open()?.close, 12);
    series.take(kline());
    assert.equal(open(), undefined);
    assert.equal(series.take(kline({ closed: false })), false, 'a late word on a closed candle');
    series.take(kline({ start: T0 + 5 * MINUTE, closed: false }));
    series.take(kline({ start: T0 + 2 * MINUTE }));
    assert.equal(open()?.start, T0 + 5 * MINUTE, 'a healed one leaves it alone');
    assert.equal(series.take(kline({ start: T0 + MINUTE, closed: false })), false);
    assert.equal(series.newestAt, T0 + 6 * MINUTE);
  });

  it('keep a thousand, and do not take anew what was forgotten', () => {
    const series = new KlineSeries();
    for (let minute = 0; minute < MAX_KLINES + 5; minute += 1)
      series.take(kline({ start: T0 + minute * MINUTE }));
    assert.equal(series.length, MAX_KLINES);
    assert.equal(series.take(kline({ start: T0 + 4 * MINUTE })), false);
    series.keepNewest(0);
    assert.deepEqual(startsOf(series), [MAX_KLINES + 4], 'never the last');
    assert.equal(series.take(kline({ start: T0 + (MAX_KLINES + 3) * MINUTE })), false);
    assert.deepEqual(series.newestFirst(0), []);
  });
});
