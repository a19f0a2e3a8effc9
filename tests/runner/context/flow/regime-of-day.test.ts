import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InstrumentDays } from '../../../../runner/context/day/instrument-days.ts';
import { sessionAt } from '../../../../runner/context/day/sessions.ts';
import { regimeOfDay } from '../../../../runner/context/flow/regime-of-day.ts';
import { bitcoin, gap, trade } from '../../intake/events.ts';

const HOUR = 3_600_000;
const MIDNIGHT = Date.UTC(2026, 6, 5);

/** A day that was listened to since just before its beginning. */
function listenedTo(): InstrumentDays {
  const days = new InstrumentDays(bitcoin, MIDNIGHT - 2, { profileTickSize: '1' });
  days.add(trade({ id: 'before', timestamp: MIDNIGHT - 2 }), MIDNIGHT - 2);
  return days;
}

function told(days: InstrumentDays, rows: readonly (readonly [hour: number, price: number, qty: number])[]) {
  for (const [index, [hour, price, qty]] of rows.entries()) {
    const timestamp = MIDNIGHT + hour * HOUR;
    const side = qty > 0 ? 'buy' : 'sell';
    days.add(trade({ id: `${index}`, timestamp, price, qty: Math.abs(qty), side }), timestamp);
  }
  const now = MIDNIGHT + (rows.at(-1)?.[0] ?? 0) * HOUR;
  return regimeOfDay(days.figures().today, sessionAt(now));
}

describe('the regime of a day', () => {
  it('is reckoned from its levels, before and after the first session', () => {
    const view = told(listenedTo(), [
      [1, 100, 4],
      [2, 100, -2],
      [9, 103, 3],
      [10, 104, 1],
    ]);
    // VWAP 101.3 and POC 100: over a percent apart. Bought 8 of 10; three bins hold all.
    assert.deepEqual(view.parts, { near: 0, delta: 0.6, concentration: 1, session: 0.6 });
    assert.deepEqual([view.exactness, view.reasons, view.missing], ['exact', [], []]);
    assert.equal(view.regime, 'RANGE');
    assert.ok(
      Math.abs((view.trend_score ?? 0) - 0.6) < 1e-12 && Math.abs((view.range_score ?? 0) - 0.52) < 1e-12,
    );
  });

  it('takes the largest bins, of all that traded', () => {
    const spread = Array.from({ length: 10 }, (_, index) => [9 + index / 100, 100 + index, 1] as const);
    const view = told(listenedTo(), spread);
    assert.deepEqual([view.parts?.concentration, view.parts?.delta, view.regime], [0.3, 1, 'TREND']);
  });

  it('is approximate where a part of the day was not seen, and says why', () => {
    const days = listenedTo();
    const bounds = {
      from: { id: 'a', timestamp: MIDNIGHT + HOUR },
      to: { id: 'b', timestamp: MIDNIGHT + 2 * HOUR },
    };
    days.gap(gap(bounds));
    const view = told(days, [
      [0.5, 100, 1],
      [9, 100, -1],
    ]);
    assert.deepEqual([view.regime, view.exactness, view.reasons], ['RANGE', 'approximate', ['not_covered']]);
    // Nothing at all is known of the time before the first session.
    const late = new InstrumentDays(bitcoin, MIDNIGHT + 9 * HOUR, { profileTickSize: '1' });
    const view2 = told(late, [
      [9, 100, 1],
      [10, 100, -3],
    ]);
    assert.deepEqual([view2.parts?.delta, view2.exactness], [0.5, 'approximate']);
  });

  it('is absent while no trade is known', () => {
    const days = new InstrumentDays(bitcoin, MIDNIGHT, { profileTickSize: '1' });
    const view = told(days, []);
    assert.deepEqual([view.regime, view.exactness], [null, 'absent']);
    assert.deepEqual(
      view.missing.filter((name) => name === 'vwap' || name === 'profile'),
      ['vwap', 'profile'],
    );
  });
});
