/** A new child heals what an earlier one had told with both its ends and could not fill any more. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CandleLine, type CandlePorts } from '../../../../connector/session/feeds/candle-line.ts';
import {
  type RecentQuestion,
  TradeLines,
  type TradeLinesPorts,
} from '../../../../connector/session/trades/trade-lines.ts';
import { monoMs, unixMs } from '../../../../shared/time.ts';
import { policy, T0, tradeAt } from './trade-line-world.ts';

const topic = { channel: 'trades', category: 'linear', symbol: 'BTCUSDT' } as const;
const place = (index: number) => {
  const { id, timestamp, seq } = tradeAt(index);
  return { id, timestamp, ...(seq === undefined ? {} : { seq }) };
};
const known = (gap_id: string, from: number, to: number) => ({ gap_id, from: place(from), to: place(to) });

function desk(heals = true) {
  const events: string[] = [];
  const questions: RecentQuestion[] = [];
  const lines = new TradeLines(policy, {
    emit: (event) => {
      if (event.type === 'gap')
        events.push(`${event.gap_id} ${event.state} ${event.from?.id}..${event.to?.id ?? ''}`);
      if (event.type === 'trade') events.push(`${event.origin === 'healed' ? '+' : ''}${event.id}`);
    },
    nextGapId: () => 'own',
    readRecent: heals ? (question) => questions.push(question) : undefined,
  });
  const feed = lines.feed(topic, 0);
  const answer = (first: number, last: number): void => {
    const rows = Array.from({ length: last - first + 1 }, (_, index) => tradeAt(first + index));
    questions.shift()?.answered({ kind: 'rows', rows }, monoMs(200));
  };
  const gaps = [known('r-1', 2, 5), known('r-2', 10, 12)];
  feed.resume({ ...place(20), gap_id: 'r-3', gaps }, unixMs(T0));
  feed.agreed(monoMs(100));
  return { events, lines, feed, answer };
}

describe('a place to go on from', () => {
  it('without a gap is no death of an earlier child: the topic is asked for anew', () => {
    const causes: string[] = [];
    const emit: TradeLinesPorts['emit'] = (event) => {
      if (event.type === 'gap') causes.push(event.cause);
    };
    const lines = new TradeLines(policy, { emit, nextGapId: () => 'own' });
    lines.feed(topic, 0).resume(place(2), unixMs(T0));
    const died = lines.feed({ ...topic, symbol: 'ETHUSDT' }, 0);
    died.resume({ ...place(2), gap_id: 'r-1' }, unixMs(T0));
    died.agreed(monoMs(1));
    died.tell([tradeAt(3)], monoMs(2));
    assert.deepEqual(causes, ['resubscribed', 'child_died']);
  });
});

describe('gaps with both ends that an earlier child left', () => {
  it('are filled by the list that fills the last one, each trade once and before what follows', () => {
    const { events, feed, answer } = desk();
    feed.tell([tradeAt(23)], monoMs(150));
    answer(0, 23);
    assert.deepEqual(events, [
      ...['+t3', '+t4', 'r-1 healed t2..t5'],
      ...['+t11', 'r-2 healed t10..t12'],
      ...['+t21', '+t22', 'r-3 healed t20..t23', 't23'],
    ]);
  });

  it('stay as they were told where the list does not reach them, and end where it begins in the middle of one', () => {
    const { events, feed, answer } = desk();
    feed.tell([tradeAt(22)], monoMs(150));
    answer(11, 22);
    assert.deepEqual(events, ['r-2 open t10..t11', '+t11', '+t21', 'r-3 healed t20..t22', 't22']);
  });

  it('are of no use to a child that cannot heal', () => {
    const { events, feed, lines } = desk(false);
    feed.tell([tradeAt(22)], monoMs(150));
    lines.stop();
    assert.deepEqual(events, ['r-3 open t20..t22', 't22']);
  });
});

it('candles, too, are resubscribed where no gap says that a child died', () => {
  for (const [gap_id, cause] of [
    [undefined, 'resubscribed'],
    ['r-1', 'child_died'],
  ] as const) {
    const told: string[] = [];
    const emit: CandlePorts['emit'] = (event) => {
      if (event.type === 'gap') told.push(event.cause);
    };
    const ports: CandlePorts = {
      emit,
      nextGapId: () => 'own',
      dropped: () => undefined,
      fetchKlines: undefined,
    };
    const line = new CandleLine({ ...topic, channel: 'kline', interval: '1' }, ports);
    const start = T0 - (T0 % 60_000);
    line.resume({ id: String(start), timestamp: start, gap_id });
    const prices = { open: 1, high: 1, low: 1, close: 1, volume: 1, turnover: 1, closed: true };
    for (const later of [start + 180_000, start + 240_000]) {
      const times = { timestamp: later, start: later, end: later + 59_999 };
      line.tell({ ...topic, type: 'kline', interval: '1', ...times, ...prices }, unixMs(later));
    }
    assert.equal(told[0], cause);
  }
});
