/** What the API is answered of the channels beside trades and depth, from lines of a connector on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bitcoin, RunnerWorld } from '../helpers/runner-world.ts';

test('tickers, klines and liquidations come from what the connector told, and a ticker dies with it', () => {
  const topics = [
    { channel: 'ticker', ...bitcoin },
    { channel: 'kline', interval: '1', ...bitcoin },
    { channel: 'liquidation', ...bitcoin },
  ] as const;
  const world = new RunnerWorld({ topics }).connect();
  const timestamp = world.clock.unixMs();
  const seen: string[] = [];
  world.app.subscribe((section) => seen.push(section));
  const start = timestamp - (timestamp % 60_000);
  const prices = { open: 1, high: 2, low: 1, close: 2, volume: 3, turnover: 5 };
  const kline = {
    type: 'kline',
    ...bitcoin,
    timestamp,
    interval: '1',
    start,
    end: start + 59_999,
    ...prices,
  };
  world.say(
    { type: 'ticker', ...bitcoin, timestamp, last_price: 7 },
    { ...kline, closed: false },
    { type: 'liquidation', ...bitcoin, timestamp, price: 6, qty: 1, position: 'short' },
  );
  const { ticker, klines, liquidations, topics: statuses } = world.ports;
  assert.deepEqual([ticker(bitcoin)?.valid, ticker(bitcoin)?.ticker?.last_price], [true, 7]);
  assert.equal(klines(bitcoin, '1', 10)?.open?.close, 2);
  assert.equal(klines(bitcoin, '5', 10), undefined);
  assert.deepEqual(
    [...(liquidations(bitcoin) ?? [])].map(({ price }) => price),
    [6],
  );
  assert.deepEqual(
    statuses().map(({ lastAt }) => lastAt),
    [timestamp, timestamp, timestamp],
  );
  assert.ok(seen.includes('ticker') && seen.includes('liquidations'));
  world.die();
  assert.deepEqual([ticker(bitcoin)?.valid, ticker(bitcoin)?.reason], [false, 'the connector ended']);
  assert.equal(klines(bitcoin, '1', 10)?.open, undefined);
});
