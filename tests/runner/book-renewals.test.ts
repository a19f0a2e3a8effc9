import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BookRenewals } from '../../runner/book-renewals.ts';
import type { Topic } from '../../shared/market.ts';
import { monoMs } from '../../shared/time.ts';

const book: Topic = { channel: 'depth', category: 'linear', symbol: 'BTCUSDT', depth: 50 };
const other: Topic = { ...book, depth: 200 };
const policy = { backoff: { baseMs: 500, capMs: 10_000, floorMs: 50 }, forgetAfterMs: 60_000 };

function world() {
  const renewals = new BookRenewals(policy);
  let now = 0;
  return {
    renewals,
    pass: (ms: number) => {
      now += ms;
    },
    broken: (topic = book) => renewals.broken(topic, monoMs(now)),
    due: (valid: readonly Topic[] = []) => renewals.due(monoMs(now), (topic) => valid.includes(topic)),
  };
}

describe('the renewals of a broken book', () => {
  it('are allowed at once for the first break, and for each book by itself', () => {
    const { broken } = world();
    assert.equal(broken(), 0);
    assert.equal(broken(), 500);
    assert.equal(broken(), undefined, 'it is awaited already');
    assert.equal(broken(other), 0);
  });

  it('are due when their time has come, each after twice the wait, up to the cap', () => {
    const { broken, due, pass } = world();
    broken();
    for (const wait of [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
      assert.equal(broken(), wait);
      pass(wait - 1);
      assert.deepEqual(due(), []);
      pass(1);
      assert.deepEqual(due(), [book]);
      assert.deepEqual(due(), [], 'once');
    }
  });

  it('wait for nothing when the last one was long enough ago', () => {
    const { broken, pass } = world();
    broken();
    pass(700);
    assert.equal(broken(), 0);
    assert.equal(broken(), 1_000, 'but the breaks still count');
  });

  it('are not needed when the book is valid again by itself', () => {
    const { broken, due, pass } = world();
    broken();
    broken();
    pass(500);
    assert.deepEqual(due([book]), []);
    assert.deepEqual(due([]), [], 'wrong for another reason: a lost socket renews it itself');
  });

  it('begin anew after a minute in which the book was valid all the time', () => {
    const { broken, due, pass } = world();
    for (let count = 0; count < 4; count += 1) {
      broken();
      pass(10_000);
      due();
    }
    due([book]);
    pass(59_999);
    due([book]);
    due([]);
    pass(1);
    due([book]);
    pass(59_999);
    due([book]);
    broken();
    assert.equal(broken(), 8_000, 'it was not valid for a whole minute');
    pass(8_000);
    due();
    due([book]);
    pass(60_000);
    due([book]);
    broken();
    assert.equal(broken(), 500);
  });

  it('are forgotten with the topic and with the child', () => {
    const { renewals, broken, due, pass } = world();
    broken();
    broken();
    renewals.forget(book);
    pass(60_000);
    assert.deepEqual(due(), []);
    broken();
    broken();
    renewals.childEnded();
    pass(60_000);
    assert.deepEqual(due(), []);
    assert.equal(broken(), 0);
  });
});
