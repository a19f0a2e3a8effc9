/** A book or a ticker that is given up and wanted again in one breath goes on with its gap; one that nobody wants any more ends it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bookFrame } from '../../../helpers/bybit-frames.ts';
import { book, SessionHarness, trades } from '../../../helpers/session-harness.ts';

/** A book that has flowed, on a session whose requests are all acknowledged. */
function flowing(): SessionHarness {
  const harness = new SessionHarness().connect(trades, book);
  harness.ackAll().frame(bookFrame({ type: 'snapshot', u: 1 }));
  harness.pass(1_000, () => harness.ackAll());
  return harness;
}

function gaps(harness: SessionHarness): readonly string[] {
  return harness
    .ofType('gap')
    .filter(({ channel }) => channel === 'depth')
    .map(({ state, cause, from, to, healed_by }) =>
      [state, cause, `${from?.id}..${to?.id ?? ''}`, healed_by]
        .filter((word) => word !== undefined)
        .join(' '),
    );
}

function renewed(harness: SessionHarness): SessionHarness {
  harness.session.unwant(book);
  harness.session.want(book);
  return harness.pass(1_000, () => harness.ackAll());
}

describe('a book that is given up', () => {
  it('and wanted again in one breath has missed something, which its snapshot heals', () => {
    const harness = renewed(flowing());
    assert.deepEqual(gaps(harness), ['open resubscribed 1..']);
    harness.frame(bookFrame({ type: 'snapshot', u: 9 }));
    assert.deepEqual(gaps(harness), ['open resubscribed 1..', 'healed resubscribed 1..9 snapshot']);
    harness.pass(60_000, () => harness.ackAll());
    assert.equal(gaps(harness).filter((gap) => gap.includes('lost')).length, 0);
  });

  it('goes on with the gap that was open', () => {
    const harness = flowing();
    harness.session.lost('socket_lost', 'reset');
    harness.pass(1_000).session.opened();
    renewed(harness).frame(bookFrame({ type: 'snapshot', u: 9 }));
    assert.deepEqual(gaps(harness), ['open socket_lost 1..', 'healed socket_lost 1..9 snapshot']);
  });

  it('for good leaves its gap without an end, told when nobody has wanted it again', () => {
    const harness = flowing();
    harness.session.lost('socket_lost', 'reset');
    harness.pass(1_000).session.opened();
    harness.session.unwant(book);
    harness.pass(8_000, () => harness.ackAll());
    assert.deepEqual(gaps(harness), ['open socket_lost 1..']);
    harness.pass(3_000, () => harness.ackAll());
    assert.deepEqual(gaps(harness), ['open socket_lost 1..', 'lost socket_lost 1..']);
  });
});
