/** A candle that was seen open closes, whoever sees it: its close is missing where nobody did. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GapBook } from '../../../runner/intake/gaps.ts';
import type { Topic } from '../../../shared/market.ts';
import { unixMs } from '../../../shared/time.ts';
import { bitcoin, kline, T0 } from './events.ts';

const NOW = unixMs(T0 + 1_000);

describe('the close of a candle that was seen open', () => {
  const hours: Topic = { channel: 'kline', ...bitcoin, interval: '60' };
  const HOUR = 3_600_000;
  const ten = Date.UTC(2026, 6, 5, 10);
  const hour = (start: number, closed: boolean) =>
    kline({ interval: '60', start, end: start + HOUR - 1, timestamp: start + 300_000, closed });

  it('is missing when its child ends before: the gap begins at the candle before', () => {
    const gaps = new GapBook('n');
    gaps.follow(hours);
    gaps.onEvent(hour(ten, false), 1);
    const [opened] = gaps.childEnded(1, NOW);
    assert.deepEqual(opened?.from, { id: String(ten - HOUR), timestamp: ten - HOUR });
    assert.deepEqual(gaps.resumeOf(hours, NOW), {
      ...{ last_id: String(ten - HOUR), timestamp: ten - HOUR, gap_id: 'r-n-1' },
    });
    assert.equal(gaps.onEvent(hour(ten + HOUR, false), 2), undefined, 'an open one ends nothing');
    assert.equal(gaps.onEvent(hour(ten, true), 2)?.healed_by, 'klines');
  });

  it('is missing between this candle and the next that closes', () => {
    const gaps = new GapBook('n');
    gaps.follow(hours);
    gaps.onEvent(hour(ten, false), 1);
    gaps.childEnded(1, NOW);
    const ended = gaps.onEvent(hour(ten + HOUR, true), 2);
    assert.deepEqual([ended?.state, ended?.to?.timestamp], ['open', ten + HOUR]);
  });

  it('is reckoned by the calendar where candles are months', () => {
    const months: Topic = { ...hours, interval: 'M' };
    const gaps = new GapBook('n');
    gaps.follow(months);
    const [start, end] = [Date.UTC(2026, 2, 1), Date.UTC(2026, 3, 1) - 1];
    gaps.onEvent(kline({ interval: 'M', start, end, timestamp: start, closed: false }), 1);
    assert.equal(gaps.childEnded(1, NOW)[0]?.from?.timestamp, Date.UTC(2026, 1, 1));
  });

  it('does not hide what an earlier run had seen', () => {
    const gaps = new GapBook('n');
    gaps.follow(hours);
    gaps.onEvent(hour(ten, false), 1);
    const place = { id: String(ten - 3 * HOUR), timestamp: ten - 3 * HOUR };
    const followed = [{ topic: hours, since: unixMs(ten - 9 * HOUR), place }];
    const [missed] = gaps.adopt({ gaps: [], followed, aliveUntil: unixMs(ten - 2 * HOUR) });
    assert.deepEqual(missed?.from, place);
  });
});
