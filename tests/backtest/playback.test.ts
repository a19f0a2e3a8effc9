/** What a strategy sees of a replay: trades at their own time, candles and timers by event time, gaps at their place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoredDay } from '../../backtest/ports.ts';
import type { Strategy, StrategyCandle, StrategyGap } from '../../runner/strategy/api.ts';
import { type MadeTrade, madeTrades, symbol } from './made-history.ts';
import { date, day, midnight, play } from './play.ts';

const minute = 60_000;

function trade(at: number, price = 100): MadeTrade {
  return { timestamp: midnight + at, id: `t-${at}`, price, qty: 1, side: 'buy' };
}

/** Writes down what it is told. */
function diary(): { readonly told: string[]; readonly strategy: Strategy } {
  const told: string[] = [];
  const strategy: Strategy = {
    name: 'diary',
    onTrade: ({ ts, price }, { origin, gate }) =>
      void told.push(`trade ${ts.getTime() - midnight} ${price} ${origin} ${gate.open ? 'open' : 'shut'}`),
    onGap: ({ state, from, to, channel }: StrategyGap) =>
      void told.push(`gap ${state} ${channel} ${since(from)} ${since(to)}`),
    onGate: ({ open, reasons }) =>
      void told.push(`gate ${open ? 'open' : reasons.map(({ code }) => code).join()}`),
  };
  return { told, strategy };
}

function since(at: Date | null): string {
  return at === null ? '-' : String(at.getTime() - midnight);
}

/** A day of which the minutes 2 to 4 are not covered. */
const holed: StoredDay = {
  date,
  kind: 'stored',
  spans: [
    { from: day.from, to: day.from + 2 * minute },
    { from: day.from + 4 * minute, to: day.to },
  ],
  gaps: [],
  priceDecimals: 1,
};

describe('a replay', () => {
  it('tells each trade as a live one, behind an open gate, in order', () => {
    const { told, strategy } = diary();
    play(strategy, [trade(10), trade(10, 101), trade(1_500, 102)]);
    assert.deepEqual(told, [
      'gate topic_wanted',
      'gate open',
      'trade 10 100 live open',
      'trade 10 101 live open',
      'trade 1500 102 live open',
    ]);
  });

  it('tells a gap where it begins, shuts the gate for it, and ends it before the first trade after it', () => {
    const { told, strategy } = diary();
    const trades = [trade(minute), trade(2 * minute - 1), trade(4 * minute), trade(5 * minute)];
    const { report } = play(strategy, trades, { days: [holed] });
    assert.deepEqual(told, [
      'gate topic_wanted',
      'gate open',
      'trade 60000 100 live open',
      'trade 119999 100 live open',
      'gate trades_missing',
      'gap open trades 119999 -',
      'gate open',
      'gap lost trades 119999 240000',
      'trade 240000 100 live open',
      'trade 300000 100 live open',
    ]);
    assert.deepEqual(
      report.chart.missing.map(([from, to]) => [from - midnight, to - midnight]),
      [[2 * minute, 4 * minute]],
    );
    assert.match(
      report.summaryText,
      /missing {3}2026-08-01T00:02:00.000Z to 2026-08-01T00:04:00.000Z: not covered/,
    );
  });

  it('tells what is stored within a gap, but lets no signal out of it', () => {
    const strategy: Strategy = {
      name: 'each',
      onTrade: ({ price }, { category }) => ({ setup_type: 'x', category, symbol, reason: String(price) }),
    };
    const trades = [trade(minute, 1), trade(3 * minute, 2), trade(4 * minute, 3)];
    const { signals, report } = play(strategy, trades, { days: [holed] });
    assert.deepEqual(
      signals.map(({ reason }) => reason),
      ['1', '3'],
    );
    assert.equal(report.summary.withheld, 1);
    assert.equal(report.summary.trades, 3);
  });

  it('publishes a signal at the time of what caused it, and judges it by later trades up to a gap', () => {
    const levels = { side: 'buy', entry_price: 100, stop_loss: 90, take_profit: 110 } as const;
    const strategy: Strategy = {
      name: 'each',
      onTrade: ({ price }, { category }) =>
        price === 100 ? { setup_type: 'x', category, symbol, reason: '', ...levels } : undefined,
    };
    const trades = [
      trade(5_100),
      trade(5_900, 111),
      trade(minute),
      trade(4 * minute, 80),
      trade(4 * minute + 1),
    ];
    const { signals, report } = play(strategy, trades, { days: [holed] });
    assert.deepEqual(
      signals.map(({ published_at, timestamp }) => [published_at - midnight, timestamp - midnight]),
      [5_100, minute, 4 * minute + 1].map((at) => [at, at]),
    );
    const results = report.chart.signals.map(({ result, exit_at }) => [
      result,
      exit_at === null ? null : exit_at - midnight,
    ]);
    assert.deepEqual(results, [
      ['target', 5_900],
      ['unknown', null],
      ['open', null],
    ]);
  });

  it('tells a gap also before the first trade and after the last', () => {
    const { told, strategy } = diary();
    const spans = [{ from: day.from + minute, to: day.from + 2 * minute }];
    play(strategy, [trade(minute + 5)], { days: [{ ...holed, kind: 'stored', spans }] });
    assert.deepEqual(told, [
      'gate topic_wanted',
      'gate open',
      'gate trades_missing',
      'gap open trades - -',
      'gate open',
      'gap lost trades - 60005',
      'trade 60005 100 live open',
      'gate trades_missing',
      'gap open trades 60005 -',
    ]);
  });

  it('closes candles by the time of the trades, and none with a hole in it is complete', () => {
    const candles: StrategyCandle[] = [];
    const strategy: Strategy = { name: 'c', onCandle: (candle) => void candles.push(candle) };
    const trades = [...Array(600).keys()].map((second) => trade(second * 1_000 + 500, 100 + second));
    const { report } = play(strategy, trades, { days: [holed] });
    const minutes = candles.filter(({ timeframe, revision }) => timeframe === '1m' && revision === 0);
    assert.deepEqual(
      minutes.map(({ start, open, close, count }) => [since(start), open, close, count]),
      [...Array(9).keys()].map((at) => [String(at * minute), 100 + at * 60, 159 + at * 60, 60]),
    );
    const rows = report.chart.candles['1m'] ?? [];
    // The first began before the first trade, as far as a feed could know; of those that the gap touches none is whole.
    assert.deepEqual(
      rows.map(([start, , , , , , complete]) => [(start ?? 0) - midnight, complete]),
      [...Array(10).keys()].map((at) => [at * minute, [0, 1, 2, 3, 4].includes(at) ? 0 : 1]),
    );
  });

  it('calls onTimer at most once a second of event time, never ahead of a trade', () => {
    const timers: number[] = [];
    let newest = 0;
    const strategy: Strategy = {
      name: 't',
      onTrade: ({ ts }) => {
        newest = ts.getTime();
      },
      onTimer: (now) => {
        if (newest > 0) assert.equal(now.getTime(), newest);
        timers.push(now.getTime());
      },
    };
    const { report } = play(strategy, madeTrades(midnight, midnight + 10 * minute, 200));
    assert.equal(report.summary.errors, 0);
    const seconds = timers.slice(1).map((at) => Math.floor(at / 1_000));
    assert.ok(seconds.length >= 595, `${seconds.length} timers`);
    assert.equal(new Set(seconds).size, seconds.length);
  });

  it('keeps the levels of each day, and a VWAP that is that of the trades', () => {
    const trades = [trade(10, 100), trade(20, 200), trade(minute + 5, 300), trade(2 * minute + 5, 400)];
    const { report } = play({ name: 'n', onTrade: () => undefined }, trades);
    const [levels] = report.chart.days;
    assert.deepEqual(
      [levels?.['date'], levels?.['high'], levels?.['low'], levels?.['vwap']],
      [date, 400, 100, 250],
    );
    assert.deepEqual(
      report.chart.vwap.map(([at, value]) => [(at ?? 0) - midnight, value]),
      [
        [20, 150],
        [minute + 5, 200],
        [2 * minute + 5, 250],
      ],
    );
  });
});
