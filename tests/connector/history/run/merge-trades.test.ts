/** Trades of several sources as one stream: in order, each once, whatever each of them has; and the example of docs/history.md. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { iterateTrades } from '../../../../connector/history/run/iterate-trades.ts';
import { mergeTrades } from '../../../../connector/history/run/merge-trades.ts';
import type { TradeRow } from '../../../../connector/history/store/verification.ts';

function row(timestamp: number, id: string, more: Partial<TradeRow> = {}): TradeRow {
  const values = { price: 100, qty: 1, side: 'buy', block: null, rpi: null, source: null } as const;
  return { timestamp, id, seq: null, ...values, ...more };
}

async function* stream(rows: readonly TradeRow[]): AsyncGenerator<TradeRow, void, void> {
  for (const one of rows) yield await Promise.resolve(one);
}

async function all(rows: AsyncIterable<TradeRow>): Promise<readonly TradeRow[]> {
  const found: TradeRow[] = [];
  for await (const one of rows) found.push(one);
  return found;
}

describe('several sources', () => {
  it('that saw parts of the same market are that market, once and in order', async () => {
    const market = fc.array(fc.nat(3), { maxLength: 60, size: 'max' });
    await fc.assert(
      fc.asyncProperty(market, fc.infiniteStream(fc.integer({ min: 1, max: 7 })), async (steps, seen) => {
        let at = 1_000;
        const rows = steps.map((step, index) => {
          at += step;
          return row(at, `t${index}`, { seq: index });
        });
        // Each trade was seen by at least one of three.
        const masks = rows.map(() => seen.next().value);
        const sources = [1, 2, 4].map((bit) =>
          stream(rows.filter((_, index) => ((masks[index] ?? 0) & bit) !== 0)),
        );
        const merged = await all(mergeTrades('linear', sources));
        assert.deepEqual(
          merged.map(({ id }) => id),
          rows.map(({ id }) => id),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('of spot are matched by value, each as often as it occurs, since an archive counts its own ids', async () => {
    const archive = [row(1, '1'), row(1, '2'), row(2, '3', { price: 101 })];
    const live = [row(1, 'a'), row(1, 'b'), row(1, 'c'), row(2, 'd', { price: 101 }), row(3, 'e')];
    const merged = await all(mergeTrades('spot', [stream(archive), stream(live)]));
    assert.deepEqual(
      merged.map(({ id }) => id),
      ['1', '2', 'c', '3', 'e'],
    );
  });

  it('are let go of when the reader stops', async () => {
    let ended = 0;
    async function* endless(): AsyncGenerator<TradeRow, void, void> {
      try {
        for (let at = 0; ; at += 1) yield await Promise.resolve(row(at, `${at}`));
      } finally {
        ended += 1;
      }
    }
    for await (const { timestamp } of mergeTrades('linear', [endless(), endless()])) if (timestamp > 3) break;
    assert.equal(ended, 2);
  });
});

it('live trades join what is stored, within the span', async () => {
  const stored = [row(10, 'a'), row(11, 'b')];
  const live = [row(5, 'z'), row(11, 'b'), row(12, 'c'), row(20, 'd')];
  const trades = iterateTrades({
    environment: 'simulated',
    instrument: { category: 'linear', symbol: 'BTCUSDT' },
    from: 10,
    to: 20,
    read: () => stream(stored),
    more: [stream(live)],
  });
  assert.deepEqual(
    (await all(trades)).map(({ id }) => id),
    ['a', 'b', 'c'],
  );
});
