/** One socket brings again what it has brought: the place of the line, and so the next gap, stays at the newest trade. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TradeLine } from '../../../../connector/session/trades/trade-line.ts';
import type { TradeEvent } from '../../../../shared/events/market-events.ts';
import { monoMs, unixMicros, unixMs } from '../../../../shared/time.ts';
import { splicedTrade } from '../../../helpers/spliced.ts';
import { policy, T0 } from './trade-line-world.ts';

/** Received at `receivedMs` after the beginning. */
function trade(id: string, timestamp: number, seq: number, receivedMs = timestamp): TradeEvent {
  const received_at = unixMicros((T0 + receivedMs) * 1_000);
  return splicedTrade({ id, timestamp: T0 + timestamp, price: 1, qty: 1, side: 'buy', seq, received_at });
}

/** The same as the slow way reads it. */
function parsed({ id, timestamp, seq, received_at }: TradeEvent): TradeEvent {
  const market = { type: 'trade', category: 'linear', symbol: 'BTCUSDT', price: 1, qty: 1 } as const;
  return { ...market, side: 'buy', is_buyer_maker: false, id, timestamp, seq, received_at };
}

/** What is told of the frames and of the loss of their socket; `healed`: the list of newest trades that heals what was lost before. */
function gapAfter(
  frames: readonly (readonly TradeEvent[])[],
  healed: readonly TradeEvent[] = [],
): readonly string[] {
  const told: string[] = [];
  const line = new TradeLine({ category: 'linear', symbol: 'BTCUSDT' }, policy, {
    emit: (event) => {
      if (event.type === 'trade') told.push(event.id);
      if (event.type === 'gap') told.push(`${event.from?.id ?? ''}..${event.to?.id ?? ''}`);
    },
    nextGapId: () => 'g1',
    readRecent: () => undefined,
    hasRoom: () => true,
  });
  line.wanted(0, false);
  line.agreed(0, monoMs(0));
  const [first, ...others] = frames;
  if (first !== undefined) line.tell(0, first, monoMs(100));
  if (healed.length > 0) {
    line.interrupted(0, 'socket_lost', unixMs(T0 + 100));
    line.agreed(0, monoMs(100));
    line.recent({ kind: 'rows', rows: healed }, monoMs(110));
  }
  for (const trades of others) line.tell(0, trades, monoMs(120));
  told.push('lost');
  line.interrupted(0, 'socket_lost', unixMs(T0 + 200));
  return told;
}

const a = trade('a', 10, 1);
const b = trade('b', 10, 2);
const c = trade('c', 30, 3);

for (const [way, as] of [
  ['cut out of its frame', (one: TradeEvent): TradeEvent => one],
  ['parsed', parsed],
] as const)
  describe(`a repeated trade, ${way}`, () => {
    const after = (...frames: readonly (readonly TradeEvent[])[]): readonly string[] =>
      gapAfter(frames.map((trades) => trades.map(as)));

    it('does not take the line back: the next gap begins behind all that was told', () => {
      assert.deepEqual(after([a], [b], [c], [b]), ['a', 'b', 'c', 'b', 'lost', 'c..']);
    });

    it('does not within a millisecond, where the sequence tells', () => {
      assert.deepEqual(after([a], [b], [a]), ['a', 'b', 'a', 'lost', 'b..']);
    });

    it('leaves the line free to go on', () => {
      assert.deepEqual(after([a], [c], [a], [trade('d', 40, 4)]), ['a', 'c', 'a', 'd', 'lost', 'd..']);
    });

    it('does not in a frame that joins what a list has healed', () => {
      const frames = [[a], [c, trade('d', 40, 4), c]].map((trades) => trades.map(as));
      assert.equal(gapAfter(frames, [a, b, c]).at(-1), 'd..');
    });

    it('and one impossible time does not hold the line for ever', () => {
      assert.deepEqual(after([a], [trade('x', 99_000, 9, 15)], [c]), ['a', 'x', 'c', 'lost', 'c..']);
    });
  });
