import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { lineStart } from '../../../../connector/bybit/spliced-line.ts';
import { TradeShape } from '../../../../connector/bybit/trade-splice.ts';
import { LastTrade } from '../../../../connector/session/trades/last-trade.ts';
import type { TradeEvent } from '../../../../shared/events/market-events.ts';
import { unixMicros } from '../../../../shared/time.ts';
import { tradeFrame } from '../../../helpers/bybit-frames.ts';

const start = lineStart({ category: 'linear', symbol: 'BTCUSDT' });

/** The trade of a frame, cut out of its bytes. */
function spliced(id: string, at: number, seq: number | undefined): TradeEvent {
  const text = tradeFrame([id], { at, ...(seq === undefined ? {} : { seq }) });
  const topicEnd = text.indexOf('"', '{"topic":"'.length);
  const [trade] =
    TradeShape.of(text)?.splice(Buffer.from(text), topicEnd, start, unixMicros(1))?.trades ?? [];
  assert.ok(trade !== undefined && 'copyIdTo' in trade);
  return trade;
}

describe('the place of the newest trade', () => {
  it('is that of a trade that was cut out of its frame, until another one follows', () => {
    const last = new LastTrade();
    assert.equal(last.place, undefined);
    const first = spliced('20f43950-d8dd-5b31-9112-a178eb6023af', 1_750_000_000_123, 77);
    last.follow(first);
    last.follow(spliced('2290000000068683776', 1_750_000_000_200, 78));
    const { place } = last;
    assert.deepEqual(place, { id: '2290000000068683776', timestamp: 1_750_000_000_200, seq: 78 });
    assert.equal(last.place, place, 'the same object, until it is another one');
    last.follow(first);
    assert.deepEqual(last.place, { id: first.id, timestamp: first.timestamp, seq: 77 });
    // What was copied is not told once the place was set.
    last.follow(first);
    last.place = place;
    assert.equal(last.place, place);
    last.follow(first);
    last.place = undefined;
    assert.equal(last.place, undefined);
  });

  it('is that of any other trade, and keeps nothing else of it', () => {
    const last = new LastTrade();
    last.follow(spliced('t1', 1_750_000_000_000, 7));
    const { id, timestamp } = spliced('t2', 1_750_000_000_001, 8);
    const market = { type: 'trade', category: 'linear', symbol: 'BTCUSDT', price: 1, qty: 1 } as const;
    last.follow({ ...market, side: 'buy', is_buyer_maker: false, id, timestamp });
    assert.deepEqual(last.place, { id: 't2', timestamp, seq: undefined });
  });
});
