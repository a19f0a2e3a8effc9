/** Which trades passed already, over more instruments than there is room for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TradeMemory } from '../../../runner/intake/trade-memory.ts';
import { trade } from './events.ts';

const of = (symbol: string, id: string) => trade({ symbol, id });

test('one instrument more takes the memory of the one that was idle for longest, and no trade is refused', () => {
  const memory = new TradeMemory(2);
  assert.equal(memory.judge(of('AUSDT', 'a')), 'new');
  assert.equal(memory.judge(of('BUSDT', 'b')), 'new');
  assert.equal(memory.judge(of('AUSDT', 'a')), 'duplicate');
  assert.equal(memory.judge(of('CUSDT', 'c')), 'new');
  assert.equal(memory.judge(of('AUSDT', 'a')), 'duplicate', 'A was asked for after B');
  assert.equal(memory.judge(of('CUSDT', 'c')), 'duplicate');
  assert.equal(memory.judge(of('BUSDT', 'b')), 'new', 'B was forgotten');
});
