/** Sessions of the day, and that each change is told once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SessionClock, sessionAt } from '../../../../runner/context/day/sessions.ts';
import { HOUR, START } from './naive.ts';

describe('sessions', () => {
  it('are london 08-12, overlap 13-17, otherwise off, each without its end', () => {
    for (const [inDay, session] of [
      [0, 'off'],
      [8 * HOUR - 1, 'off'],
      [8 * HOUR, 'london'],
      [12 * HOUR - 1, 'london'],
      [12 * HOUR, 'off'],
      [13 * HOUR, 'overlap'],
      [17 * HOUR - 1, 'overlap'],
      [17 * HOUR, 'off'],
      [24 * HOUR - 1, 'off'],
    ] as const) {
      assert.equal(sessionAt(START + inDay), session, String(inDay / HOUR));
    }
  });

  it('change at full hours, each told once', () => {
    const clock = new SessionClock(START + 7 * HOUR);
    assert.deepEqual(clock.advance(START + 8 * HOUR - 1), []);
    assert.deepEqual(clock.advance(START + 8 * HOUR + 5), [
      { from: 'off', to: 'london', at: START + 8 * HOUR },
    ]);
    assert.equal(clock.session, 'london');
    assert.deepEqual(clock.advance(START + 8 * HOUR + 6), []);
  });

  it('are told at the very moment, and over midnight', () => {
    const clock = new SessionClock(START + 17 * HOUR - 1);
    assert.deepEqual(clock.advance(START + 17 * HOUR), [
      { from: 'overlap', to: 'off', at: START + 17 * HOUR },
    ]);
    assert.deepEqual(clock.advance(START + 32 * HOUR), [
      { from: 'off', to: 'london', at: START + 32 * HOUR },
    ]);
  });

  it('that went by in a sleep are told in order, of days only the last', () => {
    const clock = new SessionClock(START);
    assert.deepEqual(
      clock.advance(START + 14 * HOUR).map(({ to }) => to),
      ['london', 'off', 'overlap'],
    );
    assert.equal(clock.advance(START + 1_000 * HOUR).length, 4);
  });

  it('are not told again by a clock that was set back', () => {
    const clock = new SessionClock(START + 9 * HOUR);
    assert.deepEqual(clock.advance(START + 7 * HOUR), []);
    assert.deepEqual(clock.advance(START + 9 * HOUR), []);
    assert.equal(clock.session, 'london');
  });
});
