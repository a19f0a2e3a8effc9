import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { TradeMessage } from '../../../runner/strategy/messages.ts';
import { integerId, tradeTick } from '../../../runner/strategy/trade-tick.ts';
import { bitcoin, T0 } from '../intake/events.ts';

describe('the integer id of a trade tick', () => {
  it('is the number itself where that is a safe integer', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (id) => integerId(`${id}`) === id));
  });

  it('is a hash that never changes where it is not', () => {
    // Written down once: another version of the runner must give the same, or stored ids lose their meaning.
    assert.equal(integerId('2f0b1f2e-8a0c-5a11-9d6a-0f7f5f0e7c11'), 8773394294054971);
    assert.equal(integerId('9007199254740993'), 6196618113295010);
  });

  it('is always a safe integer, and differs for texts that differ in one digit or in how they are written', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        assert.ok(Number.isSafeInteger(integerId(id)) && integerId(id) >= 0);
        assert.notEqual(integerId(id), integerId(`${id}0`));
      }),
    );
    assert.notEqual(integerId('007'), 7);
    assert.notEqual(integerId('7.0'), 7);
    assert.notEqual(integerId('9007199254740992'), integerId('9007199254740993'));
  });

  it('comes with the fields of the source documents and no others', () => {
    const message: TradeMessage = {
      kind: 'trade',
      ...bitcoin,
      timestamp: T0,
      price: 5,
      qty: 2,
      side: 'sell',
      isBuyerMaker: true,
      id: 12_345,
      origin: 'live',
    };
    assert.deepEqual(tradeTick(message), {
      ts: new Date(T0),
      price: 5,
      qty: 2,
      side: 'sell',
      isBuyerMaker: true,
      id: 12_345,
    });
  });
});
