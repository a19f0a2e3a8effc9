/** Gaps that the archive closes: what lies wholly in what it has, for good, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GapBook } from '../../../runner/intake/gaps.ts';
import { unixMs } from '../../../shared/time.ts';
import { bitcoin, gap, T0, trade } from './events.ts';

/** A gap between two trades of bitcoin, T0 to T0 + 9, that its child tells. */
function withGap(): GapBook {
  const gaps = new GapBook('n');
  gaps.follow({ channel: 'trades', ...bitcoin });
  gaps.follow({ channel: 'depth', ...bitcoin, depth: 50 });
  gaps.onEvent(trade({ id: 'a' }), 1);
  gaps.onGap(gap({ gap_id: 'g', from: { id: 'a', timestamp: T0 }, to: { id: 'b', timestamp: T0 + 9 } }), 1);
  return gaps;
}

const states = (gaps: GapBook) => gaps.all().map(({ state, healed_by }) => [state, healed_by]);

test('a gap that lies in the spans of the archive, both ends included, is healed by it', () => {
  const gaps = withGap();
  const [closed, ...more] = gaps.closeByArchive(bitcoin, [{ from: T0, to: T0 + 10 }]);
  assert.deepEqual(
    [closed?.gap_id, closed?.state, closed?.healed_by, more.length],
    ['g', 'healed', 'archive', 0],
  );
  assert.deepEqual(states(gaps), [['healed', 'archive']]);
  assert.deepEqual(gaps.closeByArchive(bitcoin, [{ from: T0, to: T0 + 10 }]), [], 'once');
  assert.equal(
    gaps.resumeOf({ channel: 'trades', ...bitcoin }, unixMs(T0 + 99))?.gaps,
    undefined,
    'no child heals it',
  );
});

test('one that reaches out of them by a millisecond stays open', () => {
  for (const span of [
    { from: T0 + 1, to: T0 + 99 },
    { from: T0 - 9, to: T0 + 9 },
  ])
    assert.deepEqual(withGap().closeByArchive(bitcoin, [span]), []);
});

test('so does one of another symbol, of a book, and one that has no end', () => {
  const all = [{ from: 0, to: T0 + 99_999 }];
  assert.deepEqual(withGap().closeByArchive({ ...bitcoin, symbol: 'ETHUSDT' }, all), []);
  const books = new GapBook('n');
  books.follow({ channel: 'depth', ...bitcoin, depth: 50 });
  const ends = { from: { id: '1', timestamp: T0 }, to: { id: '2', timestamp: T0 + 9 } };
  books.onGap(gap({ channel: 'depth', depth: 50, gap_id: 'd', ...ends }), 1);
  assert.deepEqual(books.closeByArchive(bitcoin, all), []);
  const endless = new GapBook('n');
  endless.follow({ channel: 'trades', ...bitcoin });
  endless.onEvent(trade({ id: 'a' }), 1);
  endless.childEnded(1, unixMs(T0 + 1));
  assert.deepEqual(endless.closeByArchive(bitcoin, all), []);
});

test('what a child says of it later does not open it again', () => {
  const gaps = withGap();
  gaps.closeByArchive(bitcoin, [{ from: T0, to: T0 + 10 }]);
  assert.equal(
    gaps.onGap(gap({ gap_id: 'g', state: 'open', to: { id: 'b', timestamp: T0 + 9 } }), 1),
    undefined,
  );
  assert.deepEqual(states(gaps), [['healed', 'archive']]);
});
