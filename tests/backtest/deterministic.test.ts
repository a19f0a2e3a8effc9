/** The same trades and the same strategy give the same bytes, however the trades are read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createStrategy as createBigTrade } from '../../examples/strategies/big-trade.ts';
import { createStrategy as createSweep } from '../../examples/strategies/sweep.ts';
import type { Signal } from '../../runner/strategy/api.ts';
import { StrategyRun } from '../../runner/strategy/strategy-run.ts';
import { integerId } from '../../runner/strategy/trade-tick.ts';
import { instrument, madeTrades } from './made-history.ts';
import { midnight, play } from './play.ts';

const hours = 3_600_000;
const trades = madeTrades(midnight, midnight + 3 * hours, 600);
const strategies = { sweep: createSweep, 'big-trade': createBigTrade };

describe('a backtest', () => {
  for (const [name, create] of Object.entries(strategies)) {
    it(`of ${name} gives the same bytes each time, whatever the size of the batches`, () => {
      const first = play(create(), trades);
      assert.ok(first.signals.length > 5, `${first.signals.length} signals`);
      assert.ok(first.report.chart.candles['1m']?.length === 180);
      for (const options of [{}, { batch: 1 }, { batch: 7, stretch: 3 }, { batch: 100_000, stretch: 1e9 }])
        assert.equal(play(create(), trades, options).bytes, first.bytes, JSON.stringify(options));
    });

    it(`of ${name} tells what the strategy makes of these trades, and when`, () => {
      const alone = aloneWith(create());
      const { signals } = play(create(), trades);
      const bare = signals.map(({ strategy: _s, number: _n, published_at: _p, ...signal }) => signal);
      assert.deepEqual(bare, alone);
      // Not before it could be known, and not later than the first look at the time after the next trade.
      for (const { timestamp, published_at } of signals) {
        const next = trades.find((trade) => trade.timestamp >= timestamp)?.timestamp ?? 0;
        assert.ok(
          published_at >= timestamp && published_at <= next + 2_000,
          `${published_at} of ${timestamp}`,
        );
      }
    });
  }
});

/** The strategy fed with nothing but the trades. */
function aloneWith(strategy: ReturnType<typeof createSweep>): readonly Signal[] {
  const run = new StrategyRun(strategy, 'mine.ts');
  return trades.flatMap(({ timestamp, id, price, qty, side }) => {
    const isBuyerMaker = side === 'sell';
    const about = { timestamp, price, qty, side, isBuyerMaker, id: integerId(id) };
    run.deliver({ kind: 'trade', ...instrument, ...about, origin: 'live' });
    return run.answer(1).signals;
  });
}
