/** A line that could not be read, or is missing by its number, may have been a trade: what the child told then is not known. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GapBook } from '../../../runner/intake/gaps.ts';
import type { Topic } from '../../../shared/market.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';
import { bitcoin, depth, gap, T0, trade } from './events.ts';

const trades: Topic = { channel: 'trades', ...bitcoin };
const ether: Topic = { ...trades, symbol: 'ETHUSDT' };
const NOW = unixMs(T0 + 1_000);
const START = monoMs(0);

function seen(): GapBook {
  const gaps = new GapBook('n');
  for (const topic of [trades, ether, { channel: 'depth', ...bitcoin, depth: 50 } as const])
    gaps.follow(topic);
  gaps.onEvent(trade(), 1);
  gaps.onEvent(trade({ symbol: 'ETHUSDT' }), 1);
  gaps.onEvent(depth(), 1);
  return gaps;
}

describe('what a child told and nobody could read', () => {
  it('opens a gap of each topic of trades, which ends with its next live trade', () => {
    const gaps = seen();
    assert.deepEqual(
      gaps
        .unread(undefined, NOW, START)
        .map(({ channel, symbol, cause, from, to }) => [channel, symbol, cause, from?.id, to]),
      [
        ['trades', 'BTCUSDT', 'bad_frame', 'a', null],
        ['trades', 'ETHUSDT', 'bad_frame', 'a', null],
      ],
    );
    assert.deepEqual(gaps.unread(undefined, NOW, START), [], 'once, until that comes');
    const ended = gaps.onEvent(trade({ id: 'b', timestamp: T0 + 9 }), 1);
    assert.deepEqual([ended?.state, ended?.from?.id, ended?.to?.id], ['open', 'a', 'b']);
    assert.equal(gaps.unread(undefined, NOW, START).length, 1);
  });

  it('concerns only the topic that the line names', () => {
    const line = '{"type":"trade","category":"linear","symbol":"ETHUSDT","price":"abc"}';
    assert.deepEqual(
      seen()
        .unread(line, NOW, START)
        .map(({ symbol }) => symbol),
      ['ETHUSDT'],
    );
    assert.equal(seen().unread('{"type":"trade","category":"spot","symbol":"ETHUSDT"', NOW, START).length, 0);
    assert.equal(seen().unread('{"type":"trade","timest', NOW, START).length, 2);
  });

  it('lies in a gap that is open already, and is nothing where nothing was owed', () => {
    const gaps = seen();
    gaps.onGap(gap(), 1);
    assert.deepEqual(
      gaps.unread(undefined, NOW, START).map(({ symbol }) => symbol),
      ['ETHUSDT'],
    );
    const unseen = new GapBook('n');
    unseen.follow(trades);
    assert.deepEqual(unseen.unread(undefined, NOW, START), []);
  });

  it('is healed by the next child, where one comes before the next trade', () => {
    const gaps = seen();
    gaps.unread(undefined, NOW, START);
    assert.deepEqual(
      gaps.childEnded(1, NOW).map(({ channel }) => channel),
      ['depth'],
    );
    assert.equal(gaps.resumeOf(trades, NOW)?.gap_id, 'r-n-1');
  });

  it('opens gaps twenty times a minute at most: a child that goes on so is broken, and is named', () => {
    const gaps = seen();
    const openings = (at: number): number => {
      let count = 0;
      for (let index = 0; index < 30; index += 1) {
        count += gaps.unread(undefined, NOW, monoMs(at)).length;
        gaps.onEvent(trade({ id: `${at}-${index}`, timestamp: T0 + at + index }), 1);
      }
      return count;
    };
    assert.equal(openings(0), 21, 'ETHUSDT has one without an end');
    assert.equal(openings(59_000), 0);
    assert.equal(openings(60_000), 20);
  });
});
