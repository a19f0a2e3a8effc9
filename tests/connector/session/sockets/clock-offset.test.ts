import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClockOffset } from '../../../../connector/session/sockets/clock-offset.ts';
import { monoMs, unixMicros } from '../../../../shared/time.ts';

const T0 = 1_750_000_000_000;
const WINDOW_MS = 60_000;

/** An offset that hears of a frame of `difference` ms (fractions allowed) at `now`. */
function measured(windowMs = WINDOW_MS) {
  const offset = new ClockOffset(windowMs);
  return {
    offset,
    frame: (difference: number, now: number) =>
      offset.seen(unixMicros(T0 * 1_000 + difference * 1_000), T0, monoMs(now)),
    read: (now: number) => offset.read(monoMs(now)),
  };
}

describe('the clock offset', () => {
  it('is unknown before the first frame', () => {
    const { read } = measured();
    assert.equal(read(0), undefined);
    assert.equal(read(1_000_000), undefined);
  });

  it('is the lowest receipt minus sending, in milliseconds with three decimals', () => {
    const { frame, read } = measured();
    for (const difference of [80, 12.345, 12.346, 400]) frame(difference, 5_000);
    assert.equal(read(5_000), 12.345);
  });

  it('is negative when our clock is behind', () => {
    const { frame, read } = measured();
    frame(-1_499.5, 5_000);
    frame(-1_400, 5_001);
    assert.equal(read(5_001), -1_499.5);
  });

  it('forgets the lowest once it is older than the window, and not before five sixths of it', () => {
    const { frame, read } = measured();
    frame(1, 9_999);
    frame(7, 30_000);
    assert.equal(read(59_999), 1);
    assert.equal(read(60_000), 7);
    assert.equal(read(89_999), 7);
    assert.equal(read(90_000), undefined, 'nothing came in the last minute');
  });

  it('knows only what came after a pause that was longer than the window', () => {
    for (const pause of [60_000, 119_999, 120_000, 86_400_000]) {
      const { frame, read } = measured();
      frame(1, 30_000);
      frame(9, 30_000 + pause);
      assert.equal(read(30_000 + pause), 9, `after ${pause} ms`);
    }
  });

  it('begins at any reading of the monotonic clock', () => {
    const { frame, read } = measured();
    frame(3, 123_456_789_012);
    assert.equal(read(123_456_789_012), 3);
  });

  it('can be told that what it knows is worth nothing any more', () => {
    const { offset, frame, read } = measured();
    frame(-5_000, 1_000);
    offset.forget();
    assert.equal(read(1_000), undefined);
    frame(4, 1_001);
    assert.equal(read(1_001), 4);
  });
});
