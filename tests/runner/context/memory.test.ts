/** What may be kept of a trade, and how many of everything: a thousand symbols must fit. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { CandleSeries } from '../../../runner/context/candles.ts';
import { Context } from '../../../runner/context/context.ts';
import { RecentTrades } from '../../../runner/intake/recent-trades.ts';
import { ChildView } from '../../../runner/observe/child-view.ts';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import type { Instrument, Topic } from '../../../shared/market.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';
import { bitcoin, kline, T0, trade } from '../intake/events.ts';

const MINUTE = 60_000;

/** How many of the trades that were handed to `keep` are still held after garbage was collected. */
async function stillHeld(count: number, keep: (next: TradeEvent) => void): Promise<number> {
  const held: WeakRef<TradeEvent>[] = [];
  for (let number = 0; number < count; number += 1) {
    const next = trade({ id: `${number}`, timestamp: T0 + number });
    held.push(new WeakRef(next));
    keep(next);
  }
  // What a WeakRef was made of lives until the end of the turn.
  await new Promise((resolve) => setImmediate(resolve));
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return held.filter((ref) => ref.deref() !== undefined).length;
}

function symbols(count: number): readonly Instrument[] {
  return Array.from({ length: count }, (_, number) => ({ category: 'linear', symbol: `S${number}USDT` }));
}

describe('the memory of the runner', () => {
  it('holds no trade in order to know its id again', async () => {
    const memory = new RecentTrades(1_024);
    const held = await stillHeld(500, (next) => memory.add(next));
    assert.ok(held <= 1, `${held} of 500`); // a register may still hold the last one
    assert.equal(memory.has('499'), true);
  });

  it('holds no trade in a candle', async () => {
    const candles = new CandleSeries(bitcoin, '1m', () => undefined);
    const held = await stillHeld(500, (next) => candles.add(next, unixMs(T0 + MINUTE)));
    assert.ok(held <= 1, `${held} of 500`); // a register may still hold the last one
    assert.equal(candles.list()[0]?.count, 500);
  });

  it('keeps 200,000 trades of the present child, however many symbols there are', () => {
    const child = new ChildView(1_000, () => null);
    const all = symbols(300);
    const one = trade();
    for (let round = 0; round < 1_000; round += 1)
      for (const { symbol } of all) child.trade({ ...one, symbol });
    assert.equal(child.tradesKept, 200_000);
    assert.ok([...child.tape(all[0] ?? bitcoin)].length >= 600, 'each its share');
    child.ended();
    assert.equal(child.tradesKept, 0);
  });

  it('keeps 200,000 trades on all tapes and 100,000 candles in all', () => {
    const all = symbols(260);
    const wanted = all.flatMap((of): Topic[] => [
      { channel: 'trades', ...of },
      { channel: 'kline', interval: '1', ...of },
    ]);
    const context = new Context(
      { wanted, freshness: scaledPolicy().freshness, tapeCapacity: 1_000 },
      { onBookBroken: () => undefined, onCandle: () => undefined },
    );
    const one = trade();
    for (let minute = 0; minute < 500; minute += 1) {
      const start = T0 + minute * MINUTE;
      const now = monoMs(minute * MINUTE);
      for (const { symbol } of all) {
        const next = { ...one, symbol, timestamp: start };
        context.apply(next, now, unixMs(start));
        context.apply(next, now, unixMs(start));
        context.apply(kline({ symbol, start }), now, unixMs(start));
      }
    }
    const known = all.map((of) => context.instrument(of));
    const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
    assert.equal(sum(known.map((of) => of?.tape.length ?? 0)), 200_000);
    context.advance(monoMs(500 * MINUTE), unixMs(T0 + 500 * MINUTE));
    const candles = sum(known.flatMap((of) => of?.candleSeries.map(({ length }) => length) ?? []));
    assert.ok(candles <= 100_000 && candles > 99_000, `${candles} candles`);
  });
});
