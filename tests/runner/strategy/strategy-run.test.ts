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

  it('are answers that are nonsense, too, and what was wrong with the last of both is told', () => {
    const good = { setup_type: 'x', category: 'linear', symbol: 'BTCUSDT', reason: 'fine' };
    const answers: unknown[] = [{ setup_type: 'x' }, ['buy', 7], null, [], [7, good], 42, Promise.resolve()];
    let calls = 0;
    // Whoever writes a strategy in JavaScript may answer with anything.
    const onTrade: () => never = () => answers[calls++] as never;
    const run = new StrategyRun({ name: 'nonsense', onTrade }, '/srv/my.ts');
    const row = answers.map(() => {
      run.deliver(trade);
      const { errorsInARow, lastInARow } = run.answer(1);
      return [errorsInARow, lastInARow?.slice(0, 12)];
    });
    assert.deepEqual(row, [
      [1, 'not a signal'],
      [2, 'not a signal'],
      [0, undefined],
      [0, undefined],
      [0, undefined],
      [1, 'not a signal'],
      [2, 'TypeError: a'],
    ]);
  });

  it('end with a handler that succeeds', () => {
    assert.equal(errorsAfter(throwing({ onTimer: () => undefined }), slowly), 0);
  });
});
