/** The judges of the matrix can fail: each wrong tape, book, candle or liquidation is told. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Channel } from '../../shared/market.ts';
import { breakAt } from './break-plan.ts';
import { excuseOf } from './cell.ts';
import type { Execution, Gap, TapeRow, ToldCandle, TrueCandle } from './facts.ts';
import { rows as faultRows } from './faults.ts';
import { judgeBook, judgeCandles, judgeLiquidations, judgeTicker } from './judge-channels.ts';
import { wasReachable } from './judge-reach.ts';
import { judgeTrades, spans } from './judge-trades.ts';
import { judgeWitness, originsOf } from './judge-witness.ts';

const T = 1_700_000_000_000;
const truth: readonly Execution[] = Array.from({ length: 10 }, (_, index) => ({
  id: `id-${index}`,
  T: T + index,
  price: '100.50',
  size: '0.1',
  side: 'Buy',
}));
const row = (index: number): TapeRow => ({
  trade_id: `id-${index}`,
  time: new Date(T + index).toISOString(),
  price: 100.5,
  qty: 0.1,
  side: 'Buy',
});
const rows = (...places: readonly number[]): readonly TapeRow[] => places.map(row);
const end = (index: number) => ({ id: `id-${index}`, time: new Date(T + index).toISOString() });

function gap(from: number, to: number | null, more: Partial<Gap> = {}): Gap {
  return {
    ...{ gap_id: `g-${from}`, state: 'open', channel: 'trades', category: 'linear', symbol: 'BTCUSDT' },
    ...{
      cause: 'socket_lost',
      from: end(from),
      to: to === null ? null : end(to),
      healed_by: null,
      recovered: null,
    },
    ...more,
  };
}

function problemsOf(tape: readonly TapeRow[], gaps: readonly Gap[] = [], isReachable = false): string {
  return judgeTrades({ truth, tape, gaps, isReachable: () => isReachable }).problems.join('; ');
}

describe('the judge of trades', () => {
  it('is content with a whole tape, a healed gap, and an open one that nobody could reach', () => {
    assert.equal(problemsOf(rows(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)), '');
    const healed = gap(2, 6, { state: 'healed', healed_by: 'recent_trades' });
    assert.equal(problemsOf(rows(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), [healed]), '');
    assert.equal(problemsOf(rows(0, 1, 2, 6, 7, 8, 9), [gap(2, 6)]), '');
  });

  it('finds what is lost, told twice, out of order, made up or altered', () => {
    assert.match(problemsOf(rows(0, 1, 2, 4, 5, 6, 7, 9)), /2 executions are neither .*: 3, 8 of 10/);
    assert.match(
      problemsOf(rows(0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9)),
      /execution 3 .* is on the tape and on the tape/,
    );
    assert.match(problemsOf(rows(0, 1, 2, 4, 3, 5, 6, 7, 8, 9)), /not in order/);
    const altered = rows(0, 1, 2, 3, 4, 5, 6, 7, 8, 9).map((one, index) =>
      index === 4 ? { ...one, qty: 7 } : one,
    );
    assert.match(problemsOf(altered), /id-4 is told as/);
  });

  it('finds a gap whose ends are not exact, that holds what is told, overlaps another, or could have been healed', () => {
    const without = rows(0, 1, 2, 6, 7, 8, 9);
    assert.match(problemsOf(without, [gap(1, 6)]), /execution 2 .* is on the tape and inside/);
    assert.match(problemsOf(without, [gap(2, 5)]), /its end 5 is not on the tape.*1 executions are neither/);
    assert.match(
      problemsOf(without, [gap(2, 6), gap(2, 6, { gap_id: 'again' })]),
      /inside g-2 and inside again/,
    );
    assert.match(problemsOf(without, [gap(2, 6)], true), /was within the reach of REST and is not healed/);
    assert.match(problemsOf(without, [gap(2, null)]), /has no end/);
    assert.match(
      problemsOf(without, [gap(2, 6, { state: 'healed', healed_by: 'recent_trades' })]),
      /3 executions are neither/,
    );
  });

  it('names runs of places', () => {
    assert.equal(spans([1, 2, 3, 7]), '1-3, 7');
    assert.equal(spans([1, 3, 5, 7, 9, 11]), '1, 3, 5, 7, 9 and 1 more');
  });
});

describe('the judge of what a list could have shown', () => {
  const reach = 60;
  /** A gap of the trades 101 up to `to`; from `to` up to `live` they were healed. */
  const judged = (to: number, live: number): boolean => {
    const originAt = (place: number): string => (place >= to && place < live ? 'healed' : 'live');
    return wasReachable({ from: 100, to, originAt, length: 400, reach });
  };

  it('finds a gap that was within reach and of which no list was read', () => {
    assert.equal(judged(150, 150), true);
    assert.equal(judged(159, 159), true, 'a list of 60 begins with the trade before the gap');
    assert.equal(judged(160, 160), false);
  });

  it('finds one of which the list was read later than reading takes', () => {
    assert.equal(judged(120, 155), true, '25 were made meanwhile');
    assert.equal(judged(110, 155), false, '15 were made meanwhile');
    assert.equal(judged(110, 165), false, 'its beginning was out of reach');
  });

  it('reads from the witness how a trade was told', () => {
    const told = 'trade spot BTCUSDT 7 1 1 1 buy healed\ntrade linear BTCUSDT 8 1 1 1 buy live\n';
    const originOf = originsOf(told, { category: 'spot', symbol: 'BTCUSDT' });
    assert.deepEqual([originOf('7'), originOf('8')], ['healed', undefined]);
  });
});

describe('what is known not to hold', () => {
  const skipped = faultRows.find(({ kind }) => kind === 'skip_update');
  const what = '3 executions are neither on the tape nor in a gap: 5-7 of 100';
  const isExcused = (where: string, killed: boolean, channel: Channel = 'trades'): boolean =>
    skipped !== undefined && excuseOf(skipped, killed, { where, channel, what }) !== undefined;

  it('is known of the market and the fate of the child that its reason speaks of', () => {
    assert.deepEqual([isExcused('spot', false), isExcused('spot', true)], [true, true]);
    assert.deepEqual([isExcused('linear', true), isExcused('inverse', true)], [true, true]);
    assert.deepEqual([isExcused('linear', false), isExcused('inverse', false)], [false, false]);
    assert.equal(isExcused('linear', true, 'depth'), false);
  });
});

describe('the judges of the other channels', () => {
  const book = { u: 7, b: [['100.0', '1']], a: [['100.5', '2']] };
  const told = { valid: true, last_update_id: 7, bids: [[100, 1]], asks: [[100.5, 2]] };

  it('compare books at the same update', () => {
    assert.equal(judgeBook(book, told), undefined);
    assert.match(judgeBook(book, { ...told, last_update_id: 6 }) ?? '', /^later/);
    assert.match(judgeBook(book, { ...told, valid: false }) ?? '', /^later/);
    assert.match(judgeBook(book, { ...told, asks: [[100.5, 3]] }) ?? '', /the asks at update 7 differ/);
  });

  it('compare tickers field by field; what has no value is null', () => {
    const names = ['mark_price', 'index_price', 'bid_price', 'bid_qty', 'ask_price', 'ask_qty'];
    const rest = ['high_24h', 'low_24h', 'volume_24h', 'turnover_24h', 'open_interest', 'funding_rate'];
    const empty = Object.fromEntries([...names, ...rest].map((name) => [name, null]));
    assert.equal(
      judgeTicker({ lastPrice: '5.0', fundingRate: '' }, { valid: true, last_price: 5, ...empty }),
      undefined,
    );
    assert.match(
      judgeTicker({ lastPrice: '5.0' }, { valid: true, last_price: 4, ...empty }) ?? '',
      /last_price is 4/,
    );
  });

  it('want each closed candle once, as it was, or inside one gap', () => {
    const minute = 60_000;
    const values = { open: '1', close: '2', high: '3', low: '1', volume: '5', turnover: '9' };
    const candle = (index: number): TrueCandle => ({ start: T + index * minute, ...values });
    const told = (index: number): ToldCandle => ({
      ...{ time: new Date(T + index * minute).toISOString(), closed: true },
      ...{ open: 1, close: 2, high: 3, low: 1, volume: 5, turnover: 9 },
    });
    const span = (from: number, to: number): Gap =>
      gap(0, 0, {
        channel: 'kline',
        from: { id: String(T + from * minute), time: '' },
        to: { id: String(T + to * minute), time: '' },
      });
    const all = [candle(0), candle(1), candle(2)];
    assert.deepEqual(judgeCandles(all, [told(0), told(1), told(2)], [], T), []);
    assert.deepEqual(judgeCandles(all, [told(0), told(2)], [span(0, 2)], T), []);
    assert.match(judgeCandles(all, [told(0), told(2)], [], T).join(), /not told and lies in 0 gaps/);
    assert.match(
      judgeCandles(all, [told(0), told(1), told(2)], [span(0, 2)], T).join(),
      /is told and lies in/,
    );
    assert.match(judgeCandles(all, [told(0), told(1), told(1), told(2)], [], T).join(), /told twice/);
    assert.match(
      judgeCandles(all, [told(0), { ...told(1), high: 4 }, told(2)], [], T).join(),
      /is wrong in high/,
    );
  });

  it('want each liquidation once and in order, or inside a gap', () => {
    const one = (index: number) => ({ T: T + index, side: 'Buy', size: '1.0', price: '50' });
    const told = (index: number) => ({
      ...{ time: new Date(T + index).toISOString(), position: 'Long' },
      ...{ qty: 1, price: 50 },
    });
    const all = [one(0), one(1), one(2), one(3)];
    const judge = (list: readonly number[], gaps: readonly Gap[] = []): string =>
      judgeLiquidations(all, list.map(told), gaps, T).join('; ');
    assert.equal(judge([0, 1, 2, 3]), '');
    assert.equal(judge([0, 3], [gap(0, 3)]), '');
    assert.match(judge([0, 1, 3]), /not told here and lies in no gap/);
    assert.match(judge([0, 1, 1, 2, 3]), /told twice/);
    assert.match(judge([0, 1, 2, 3, 3]), /told again/);
  });

  it('want strategies to hear what is on the tape, once', () => {
    const market = { category: 'spot', symbol: 'BTCUSDT' } as const;
    const line = (id: number): string => `trade spot BTCUSDT ${id} 1 1 1 buy live\n`;
    assert.deepEqual(judgeWitness(line(1) + line(2), market, new Set(['1', '2'])), []);
    assert.match(
      judgeWitness(line(1), market, new Set(['1', '2'])).join(),
      /1 trades on the tape were not told/,
    );
    assert.match(
      judgeWitness(line(1) + line(1), market, new Set(['1'])).join(),
      /told to the strategy twice/,
    );
  });
});

describe('the random breaks', () => {
  it('are functions of seed and number, of every kind, and last up to 20 s', () => {
    const all = Array.from({ length: 400 }, (_, index) => breakAt('a', index, 1));
    assert.deepEqual(breakAt('a', 7, 1), all[7]);
    assert.deepEqual(new Set(all.map(({ kind }) => kind)), new Set(['drop', 'half_open', 'freeze', 'kill']));
    assert.ok(all.every(({ ms }) => ms >= 100 && ms <= 20_000));
    assert.ok(all.some(({ ms }) => ms > 15_000) && all.some(({ ms }) => ms < 200));
  });
});
