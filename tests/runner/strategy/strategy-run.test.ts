/** What a strategy's thread counts of the handlers that it calls. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Strategy } from '../../../runner/strategy/api.ts';
import type { StrategyMessage } from '../../../runner/strategy/messages.ts';
import { StrategyRun } from '../../../runner/strategy/strategy-run.ts';

const trade: StrategyMessage = {
  kind: 'trade',
  category: 'linear',
  symbol: 'BTCUSDT',
  origin: 'live',
  id: 1,
  timestamp: 1_750_000_000_000,
  price: 65_000,
  qty: 1,
  side: 'buy',
  isBuyerMaker: false,
};
const timer: StrategyMessage = { kind: 'timer', at: 1_750_000_000_000 };

function throwing(more: Partial<Strategy> = {}): Strategy {
  return {
    name: 'throws',
    onTrade: () => {
      throw new Error('x');
    },
    ...more,
  };
}

function errorsAfter(strategy: Strategy, messages: readonly StrategyMessage[]): number {
  const run = new StrategyRun(strategy, '/srv/my.ts');
  for (const message of messages) run.deliver(message);
  return run.answer(1).errorsInARow;
}

describe('errors in a row', () => {
  const slowly = Array.from({ length: 20 }, () => [trade, timer]).flat();

  it('go on over events that the strategy has no handler for', () => {
    assert.equal(errorsAfter(throwing(), slowly), 20);
  });

  it('end with a handler that succeeds', () => {
    assert.equal(errorsAfter(throwing({ onTimer: () => undefined }), slowly), 0);
  });
});
