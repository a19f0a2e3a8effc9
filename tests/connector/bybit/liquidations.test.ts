/** Liquidations: whose position was closed, and in either form that the documentation shows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DataFrame, parseFrame } from '../../../connector/bybit/frames.ts';
import { readLiquidations } from '../../../connector/bybit/liquidations.ts';
import { unixMicros } from '../../../shared/time.ts';
import { liquidationFrame } from '../../helpers/bybit-frames.ts';

const btc = { category: 'linear', symbol: 'BTCUSDT' } as const;
const at = unixMicros(1_750_000_001_000_000);

function frameOf(text: string): DataFrame {
  const frame = parseFrame(text);
  if (frame.kind !== 'data') throw new Error(`not a data frame: ${text}`);
  return frame;
}

test('Buy is a long that was liquidated, Sell a short', () => {
  const frame = frameOf(
    liquidationFrame([
      { S: 'Buy', p: '43810.10' },
      { S: 'Sell', p: '43900' },
    ]),
  );
  const { rows, bad } = readLiquidations(frame, btc, at);
  assert.equal(bad, undefined);
  assert.deepEqual(
    rows.map(({ position, price }) => [position, price]),
    [
      ['long', 43_810.1],
      ['short', 43_900],
    ],
  );
  assert.deepEqual(rows[0], {
    type: 'liquidation',
    category: 'linear',
    symbol: 'BTCUSDT',
    timestamp: 1_750_000_000_000,
    sent_at: 1_750_000_000_400,
    received_at: at,
    price: 43_810.1,
    qty: 0.003,
    position: 'long',
  });
});

test('data may be a single object instead of a list', () => {
  const frame = frameOf(liquidationFrame([{ S: 'Buy', p: '43810.10' }]));
  const [row] = frame.data as readonly unknown[];
  assert.deepEqual(readLiquidations({ ...frame, data: row }, btc, at), readLiquidations(frame, btc, at));
});

test('a row that is no liquidation is a reason, and the others of its frame stay', () => {
  const wrong: Record<string, readonly unknown[]> = {
    T: [0, -1, '1', 1.5, null],
    s: ['ETHUSDT', undefined],
    S: ['buy', 'Long', '', undefined],
    v: ['', '0', 5, '-1'],
    p: ['', '0', 5, 'NaN'],
  };
  for (const [key, values] of Object.entries(wrong)) {
    for (const value of values) {
      const frame = frameOf(
        liquidationFrame([
          { S: 'Buy', p: '1' },
          { S: 'Sell', p: '2' },
        ]),
      );
      const data = frame.data as Record<string, unknown>[];
      data[0] = { ...data[0], [key]: value };
      const { rows, bad } = readLiquidations(frame, btc, at);
      assert.notEqual(bad, undefined, `${key}=${String(value)}`);
      assert.deepEqual(
        rows.map(({ price }) => price),
        [2],
      );
    }
  }
  for (const data of [undefined, null, 'x', 5])
    assert.equal(
      readLiquidations({ ...frameOf(liquidationFrame([])), data }, btc, at).bad,
      'a liquidation is not an object',
    );
});
