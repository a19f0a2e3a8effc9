/** What a signal would have made: the first of stop and target that a later trade touches, and nothing that is not known. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Outcome, Outcomes } from '../../backtest/outcomes.ts';
import type { PublishedSignal } from '../../runner/strategy/ports.ts';
import { unixMs } from '../../shared/time.ts';

type Levels = Pick<PublishedSignal, 'side' | 'entry_price' | 'stop_loss' | 'take_profit'>;

function signal(number: number, levels: Levels): PublishedSignal {
  const about = {
    category: 'linear',
    symbol: 'BTCUSDT',
    reason: 'r',
    setup_type: 's',
    strategy: 'mine',
  } as const;
  return { ...about, ...levels, number, timestamp: 1_000, published_at: unixMs(1_000) };
}

const buy = { side: 'buy', entry_price: 100, stop_loss: 99, take_profit: 103 } as const;
const sell = { side: 'sell', entry_price: 100, stop_loss: 102, take_profit: 95 } as const;

/** The outcome of one signal after these prices. */
function after(levels: Levels, prices: readonly number[]): Outcome | undefined {
  const outcomes = new Outcomes();
  outcomes.add(signal(1, levels));
  for (const [index, price] of prices.entries()) outcomes.trade(price, 2_000 + index);
  return outcomes.list()[0];
}

function told(outcome: Outcome | undefined): readonly unknown[] {
  if (outcome === undefined) return ['none'];
  const { result, exitPrice, exitAt, changePercent, multiple } = outcome;
  return [result, exitPrice, exitAt, changePercent, multiple];
}

describe('the outcome of a signal', () => {
  it('is the first of stop and target that a later trade touches', () => {
    assert.deepEqual(told(after(buy, [100, 102.9, 103, 98])), ['target', 103, 2_002, 3, 3]);
    assert.deepEqual(told(after(buy, [100, 99.1, 99, 104])), ['stop', 99, 2_002, -1, -1]);
    assert.deepEqual(told(after(sell, [101, 94, 103])), ['target', 95, 2_001, 5, 2.5]);
    assert.deepEqual(told(after(sell, [101, 105, 90])), ['stop', 102, 2_001, -2, -1]);
  });

  it('is open while neither was touched, and has no gain then', () => {
    assert.deepEqual(told(after(buy, [100, 101, 102.9, 99.1])), ['open', null, null, null, null]);
  });

  it('needs side, entry, and stop or target; one of them is enough', () => {
    assert.deepEqual(told(after({ side: 'buy', entry_price: 100 }, [1])), ['none']);
    assert.deepEqual(told(after({ side: 'buy', stop_loss: 99 }, [1])), ['none']);
    assert.deepEqual(told(after({ entry_price: 100, stop_loss: 99 }, [1])), ['none']);
    const targetOnly = { side: 'buy', entry_price: 100, take_profit: 103 } as const;
    assert.deepEqual(told(after(targetOnly, [1, 104])), ['target', 103, 2_001, 3, null]);
  });

  it('is refused where stop or target is on the wrong side', () => {
    for (const levels of [
      { ...buy, stop_loss: 100 },
      { ...buy, take_profit: 99.5 },
      { ...sell, stop_loss: 99 },
      { ...sell, take_profit: 100 },
    ])
      assert.deepEqual(told(after(levels, [1, 1_000])), ['levels_wrong', null, null, null, null]);
  });

  it('is unknown once something was not seen, unless it had ended before', () => {
    const outcomes = new Outcomes();
    outcomes.add(signal(1, buy));
    outcomes.trade(103, 2_000);
    outcomes.add(signal(2, buy));
    outcomes.gap();
    outcomes.add(signal(3, buy));
    outcomes.trade(99, 3_000);
    assert.deepEqual(
      outcomes.list().map(({ signal: { number }, result }) => [number, result]),
      [
        [1, 'target'],
        [2, 'unknown'],
        [3, 'stop'],
      ],
    );
  });

  it('of many at once is that of each alone', () => {
    const levels = fc.record({
      side: fc.constantFrom('buy' as const, 'sell' as const),
      entry_price: fc.constant(100),
      down: fc.integer({ min: 1, max: 30 }),
      up: fc.integer({ min: 1, max: 30 }),
    });
    const step = fc.oneof(levels, fc.integer({ min: 60, max: 140 }));
    fc.assert(
      fc.property(fc.array(step, { size: 'max', maxLength: 120 }), (steps) => {
        const all = new Outcomes();
        const alone = new Map<number, Outcomes>();
        for (const [index, one] of steps.entries()) {
          if (typeof one === 'number') {
            for (const outcomes of [all, ...alone.values()]) outcomes.trade(one, index);
            continue;
          }
          const { side, entry_price, down, up } = one;
          const [stop_loss, take_profit] = side === 'buy' ? [100 - down, 100 + up] : [100 + up, 100 - down];
          const made = signal(index + 1, { side, entry_price, stop_loss, take_profit });
          const own = new Outcomes();
          alone.set(index + 1, own);
          for (const outcomes of [all, own]) outcomes.add(made);
        }
        assert.deepEqual(
          all.list(),
          [...alone.values()].flatMap((own) => own.list()),
        );
      }),
      { numRuns: 100 },
    );
  });
});
