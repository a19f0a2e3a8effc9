import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Tails } from '../../../runner/context/tails.ts';
import type { Instrument } from '../../../shared/market.ts';

type Numbered = Instrument & { readonly number: number };

const symbols = ['A', 'B', 'C'] as const;
const of = (symbol: string): Instrument => ({ category: 'linear', symbol });

describe('the newest events of each instrument', () => {
  it('stay within both bounds, newest first, and are always the newest of their instrument', () => {
    const step = fc.constantFrom(...symbols);
    const limits = fc.record({
      each: fc.integer({ min: 1, max: 9 }),
      inAll: fc.integer({ min: 3, max: 15 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), limits, (steps, bounds) => {
        const tails = new Tails<Numbered>(bounds);
        for (const [number, symbol] of steps.entries()) tails.push({ ...of(symbol), number });
        let kept = 0;
        for (const symbol of symbols) {
          const told = [...steps.entries()].filter(([, one]) => one === symbol).map(([number]) => number);
          const held = [...tails.newestFirst(of(symbol))].map(({ number }) => number);
          assert.ok(held.length <= bounds.each);
          assert.deepEqual(held, told.toReversed().slice(0, held.length));
          assert.equal(tails.newest(of(symbol))?.number, held[0]);
          kept += held.length;
        }
        assert.equal(tails.kept, kept);
        assert.ok(kept <= bounds.inAll);
      }),
    );
  });

  it('a busy instrument does not push the quiet ones out', () => {
    const tails = new Tails<Numbered>({ each: 100, inAll: 10 });
    for (const symbol of ['A', 'B']) tails.push({ ...of(symbol), number: 0 });
    for (let number = 0; number < 50; number += 1) tails.push({ ...of('C'), number });
    assert.equal([...tails.newestFirst(of('A'))].length, 1);
    assert.equal([...tails.newestFirst(of('C'))].length, 8);
    for (let number = 1; number < 3; number += 1) tails.push({ ...of('A'), number });
    assert.equal([...tails.newestFirst(of('A'))].length, 3, 'the longest gives to one below its share');
    tails.forget(of('C'));
    assert.equal(tails.kept, 4);
    assert.deepEqual([...tails.newestFirst(of('C'))], []);
  });
});
