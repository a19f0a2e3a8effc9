/** Candle frames: one row or two, and no row that is not a candle. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DataFrame, parseFrame } from '../../../connector/bybit/frames.ts';
import { readKlines } from '../../../connector/bybit/klines.ts';
import { klineSchema } from '../../../shared/events/market-events.ts';
import { unixMicros } from '../../../shared/time.ts';
import { klineFrame } from '../../helpers/bybit-frames.ts';

const minute = 1_750_000_020_000;
const topic = { category: 'linear', symbol: 'BTCUSDT', interval: '1' } as const;
const at = unixMicros(1_750_000_080_000_000);

function frameOf(text: string): DataFrame {
  const frame = parseFrame(text);
  if (frame.kind !== 'data') throw new Error(`not a data frame: ${text}`);
  return frame;
}

test('a frame of linear with the closed candle and the new one gives both, oldest first, whatever their order', () => {
  const rows = [
    { start: minute, confirm: true },
    { start: minute + 60_000, confirm: false, volume: '0' },
  ];
  for (const order of [rows, rows.toReversed()]) {
    const { rows: candles, bad } = readKlines(frameOf(klineFrame(order)), topic, at);
    assert.equal(bad, undefined);
    assert.deepEqual(
      candles.map(({ start, closed, volume }) => [start, closed, volume]),
      [
        [minute, true, 1.25],
        [minute + 60_000, false, 0],
      ],
    );
    assert.deepEqual(candles[0], {
      type: 'kline',
      category: 'linear',
      symbol: 'BTCUSDT',
      timestamp: minute + 60_000,
      sent_at: minute + 61_005,
      received_at: at,
      interval: '1',
      start: minute,
      end: minute + 59_999,
      open: 50_000.1,
      high: 50_010,
      low: 49_990.5,
      close: 50_000.5,
      volume: 1.25,
      turnover: 62_500.25,
      closed: true,
    });
    for (const candle of candles) klineSchema.parse(candle);
  }
});

test('a row that is no candle is a reason, and the others of its frame stay', () => {
  const wrong: Record<string, readonly unknown[]> = {
    start: [0, -1, '1', 1.5, null],
    end: [minute, 1, '2', null],
    timestamp: [0, 'x'],
    confirm: ['true', 1, undefined],
    interval: ['5', 1],
    open: ['', '0', 5, 'NaN', '-1', null],
    close: ['', undefined],
    high: ['1e5'],
    low: [' 1'],
    volume: ['', '-1', 0],
    turnover: ['Infinity'],
  };
  for (const [key, values] of Object.entries(wrong)) {
    for (const value of values) {
      const frame = frameOf(
        klineFrame([
          { start: minute, confirm: true },
          { start: minute + 60_000, confirm: false },
        ]),
      );
      const data = frame.data as Record<string, unknown>[];
      data[0] = { ...data[0], [key]: value };
      const { rows, bad } = readKlines(frame, topic, at);
      assert.notEqual(bad, undefined, `${key}=${String(value)}`);
      assert.deepEqual(
        rows.map(({ start }) => start),
        [minute + 60_000],
      );
    }
  }
  for (const data of [undefined, null, {}, 'x'])
    assert.equal(readKlines({ ...frameOf(klineFrame([])), data }, topic, at).bad, 'data is not a list');
});

test('a candle that no exchange made, at the beginning or the end of all times, is no candle', () => {
  for (const start of [1, 60_000, Date.UTC(1970, 0, 31), 9_000_000_000_000_000]) {
    const { rows, bad } = readKlines(frameOf(klineFrame([{ start, confirm: true }])), topic, at);
    assert.deepEqual([rows.length, bad], [0, 'start is not a time'], String(start));
  }
});
