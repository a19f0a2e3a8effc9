/** The sweep detector as the runner calls it: by messages, and what comes out is checked as any stranger's signals. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { createStrategy } from '../../examples/strategies/sweep.ts';
import type { Signal } from '../../runner/strategy/api.ts';
import { StrategyEngine } from '../../runner/strategy/engine.ts';
import { strategySpawner } from '../../runner/strategy/io/strategy-threads.ts';
import type { GapMessage, StrategyMessage } from '../../runner/strategy/messages.ts';
import { StrategyRun } from '../../runner/strategy/strategy-run.ts';
import { systemClock } from '../../shared/io/clock.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { until } from '../helpers/until.ts';
import { bitcoin, T0, trade } from '../runner/intake/events.ts';

const SECOND = 1_000;
const SAMPLE = 5 * SECOND;
const HOUR = 3_600 * SECOND;

/** What happens within a sample: its last price, and what takers bought and sold. */
type Script = { readonly price: number; readonly buy: number; readonly sell: number };
type Traded = { readonly at: number; readonly price: number; readonly qty: number; readonly isBuy: boolean };

function traded(at: number, price: number, qty: number, isBuy: boolean): StrategyMessage {
  const side = isBuy ? 'buy' : 'sell';
  return {
    kind: 'trade',
    ...bitcoin,
    timestamp: at,
    price,
    qty,
    side,
    isBuyerMaker: !isBuy,
    id: 1,
    origin: 'live',
  };
}

const timer = (at: number): StrategyMessage => ({ kind: 'timer', at });

function gap(fields: Partial<GapMessage> = {}): StrategyMessage {
  const known = { channel: 'trades', cause: 'socket_lost', state: 'open', from: T0, to: null } as const;
  return { kind: 'gap', ...bitcoin, ...known, healedBy: null, missing: null, ...fields };
}

function ticker(fundingRate: number, volume24h: number): StrategyMessage {
  const values = Array.from({ length: 14 }, () => Number.NaN);
  values[9] = volume24h;
  values[12] = fundingRate;
  return { kind: 'ticker', ...bitcoin, timestamp: T0, values };
}

function day(volume: number): StrategyMessage {
  const prices = { open: 1, high: 1, low: 1, close: 1 };
  return { kind: 'kline', ...bitcoin, interval: 'D', start: T0, end: T0, ...prices, volume, turnover: 1 };
}

function liquidation(price: number, qty: number, timestamp = T0): StrategyMessage {
  return { kind: 'liquidation', ...bitcoin, timestamp, price, qty, position: 'long' };
}

function signalsOf(messages: readonly StrategyMessage[]): readonly Signal[] {
  const run = new StrategyRun(createStrategy(), 'sweep.ts');
  const signals: Signal[] = [];
  for (const message of messages) {
    run.deliver(message);
    const answer = run.answer(1);
    assert.deepEqual([answer.errors, answer.invalid, answer.surplus], [0, 0, 0], answer.lastError ?? '');
    signals.push(...answer.signals);
  }
  return signals;
}

/** Sample after sample from `start` on, and a trade behind the last one that closes it. */
function played(script: readonly Script[], start = T0): readonly StrategyMessage[] {
  const trades = script.flatMap(({ price, buy, sell }, index) => {
    const at = start + index * SAMPLE;
    return [
      ...(sell > 0 ? [traded(at, price, sell, false)] : []),
      ...(buy > 0 ? [traded(at + SECOND, price, buy, true)] : []),
    ];
  });
  return [...trades, traded(start + script.length * SAMPLE, script.at(-1)?.price ?? 1, 1, true)];
}

/** Nothing of note: a delta of 1, to either side by turns. */
function quiet(count: number, price: number): readonly Script[] {
  return Array.from({ length: count }, (_, index) => ({
    price,
    buy: 1 + (index % 2),
    sell: 2 - (index % 2),
  }));
}

const bullish: readonly Script[] = [
  ...quiet(15, 50_000),
  ...quiet(4, 49_950),
  { price: 49_900, buy: 12, sell: 2 },
];
const bearish: readonly Script[] = [
  ...quiet(15, 49_900),
  ...quiet(4, 49_950),
  { price: 50_000, buy: 2, sell: 12 },
];

describe('the sweep detector', () => {
  it('tells exactly one bullish and one bearish sweep of a day that has one of each', () => {
    const script = [...bullish, ...quiet(40, 49_900), ...bearish.slice(15), ...quiet(40, 50_000)];
    const signals = signalsOf(played(script));
    assert.deepEqual(
      signals.map(({ setup_type, side, timestamp }) => [setup_type, side, ((timestamp ?? 0) - T0) / SAMPLE]),
      [
        ['bullish_sweep', 'buy', 20],
        ['bearish_sweep', 'sell', 65],
      ],
    );
  });

  it('says where to enter, where to stop, what for and why', () => {
    const [signal] = signalsOf(played(bullish));
    assert.deepEqual(signal, {
      setup_type: 'bullish_sweep',
      ...bitcoin,
      side: 'buy',
      timestamp: T0 + 20 * SAMPLE,
      entry_price: 49_900,
      stop_loss: 49_401,
      take_profit: 51_397,
      risk_reward: 3,
      confluence_score: 100,
      reason:
        'price fell by 100 in 45 s while takers bought 10 more than they sold; volume delta 10.0 times the usual',
      values: {
        // From the first sample on: 19 of -1 and 1 by turns, then 10.
        cvd_value: 9,
        cvd_divergence: 10,
        price_change: -100,
        volume_delta: 10,
        volume_delta_percentile: 100,
        liquidation_support: null,
        liquidation_resistance: null,
        between_levels: false,
        liquidations_missed: false,
        funding_rate: null,
        volume_24h: null,
        average_day_volume: null,
        unchecked: 'funding rate, volume of the day',
      },
    });
    const [mirrored] = signalsOf(played(bearish));
    assert.deepEqual(
      [mirrored?.entry_price, mirrored?.stop_loss, mirrored?.take_profit, mirrored?.risk_reward],
      [50_000, 50_500, 48_500, 3],
    );
  });

  it('takes stop and target from the liquidations next to the price, of the last day', () => {
    // At this price a bin is 20 wide.
    const levels = [liquidation(49_905, 5), liquidation(49_795, 3), liquidation(50_310, 2)];
    const old = liquidation(49_890, 100, T0 - 24 * HOUR);
    const [up] = signalsOf([old, ...levels, ...played(bullish)]);
    assert.deepEqual(
      [up?.values?.['liquidation_support'], up?.values?.['liquidation_resistance'], up?.confluence_score],
      [49_900, 50_300, 100],
      'the bin from 49,900 on holds the first, and begins at the entry',
    );
    assert.deepEqual([up?.stop_loss, up?.take_profit], [49_900 * 0.995, 50_551.5]);
    assert.equal(up?.values?.['between_levels'], true);
    const [down] = signalsOf([old, ...levels, ...played(bearish)]);
    assert.deepEqual([down?.stop_loss, down?.take_profit], [50_551.5, 49_900 * 0.995]);
    // The twenty-first largest is no level.
    const many = Array.from({ length: 20 }, (_, index) => liquidation(40_000 + index * 20, 9));
    const [crowded] = signalsOf([...many, ...levels, ...played(bullish)]);
    assert.equal(crowded?.values?.['liquidation_support'], 40_380);
    assert.equal(crowded?.values?.['liquidation_resistance'], null);
    assert.equal(crowded?.values?.['between_levels'], false);
  });

  it('tells nothing while funding is dear or the day is thin, as far as it knows', () => {
    const days = [day(90), day(100), day(110)];
    const count = (...before: StrategyMessage[]) => signalsOf([...before, ...played(bullish)]).length;
    assert.equal(count(ticker(0.0015, 50), ...days), 1, 'just so');
    assert.equal(count(ticker(0.00151, 50), ...days), 0);
    assert.equal(count(ticker(-0.00151, 50), ...days), 0);
    assert.equal(count(ticker(0, 49), ...days), 0);
    assert.equal(count(ticker(0, 49), ...days.slice(1)), 1, 'two days are no average');
    assert.equal(count(...days), 1, 'the volume of this day is not known');
    assert.equal(count(ticker(0.002, 50), gap({ channel: 'ticker' })), 1, 'what it was is not what it is');
    const [known] = signalsOf([ticker(0.0001, 80), ...days, ...played(bullish)]);
    const { funding_rate, volume_24h, average_day_volume, unchecked } = known?.values ?? {};
    assert.deepEqual([funding_rate, volume_24h, average_day_volume, unchecked], [0.0001, 80, 100, null]);
  });

  it('begins anew after a gap, and counts nothing that is told late', () => {
    const messages = played(bullish);
    const half = messages.length / 2;
    const cut = (...between: StrategyMessage[]) =>
      signalsOf([...messages.slice(0, half), ...between, ...messages.slice(half)]);
    assert.equal(cut().length, 1);
    assert.equal(cut(gap()).length, 0);
    assert.equal(cut(gap({ channel: null, category: null, symbol: null, cause: 'slow_strategy' })).length, 0);
    assert.equal(cut(gap({ state: 'healed', to: T0 + SECOND })).length, 0, 'told late, but of these samples');
    assert.equal(cut(gap({ symbol: 'ETHUSDT' })).length, 1);
    assert.equal(cut(gap({ state: 'healed', to: T0 })).length, 1, 'over before the samples began');
    assert.equal(cut(gap({ channel: 'kline' })).length, 1);
    assert.equal(cut(gap({ channel: 'liquidation' }))[0]?.values?.['liquidations_missed'], true);
    const late = { ...traded(T0, 1, 1_000, false), origin: 'healed' } as StrategyMessage;
    assert.deepEqual(cut(late), cut());
    // Twenty whole samples behind the gap are enough, and the CVD begins there.
    const again = signalsOf([...messages, gap(), ...played(bullish, T0 + HOUR)]);
    assert.deepEqual(
      again.map(({ values }) => values?.['cvd_value']),
      [9, 9],
    );
  });

  it('does not count the sample in which it began to listen, since that lacks a part', () => {
    assert.equal(signalsOf(played(bullish).slice(1)).length, 0);
    const before = traded(T0 - SECOND, 50_000, 1_000, false);
    assert.equal(signalsOf([before, ...played(bullish)]).length, 1);
  });

  it('keeps its CVD over hours', () => {
    const script = [
      ...quiet(2_000, 49_900).map((one) => ({ ...one, buy: one.buy + 1 })),
      ...bullish.slice(1),
    ];
    const [signal] = signalsOf(played(script));
    assert.equal(signal?.values?.['cvd_value'], 2_000 + 10);
  });

  it('begins anew when the clock was set wrong, or a trade had a wrong time', () => {
    const messages = played(bullish);
    const start = messages.slice(0, 5);
    const wrong = [
      [timer(T0 + HOUR), timer(T0)],
      [traded(T0 + HOUR, 1, 1_000, true)],
      [timer(T0 + 999 * HOUR)],
    ];
    for (const between of wrong)
      assert.deepEqual(signalsOf([...start, ...between, ...messages]), signalsOf(messages));
  });

  it('is silent where price follows the flow, whatever is traded', () => {
    const one = fc.record({
      wait: fc.nat(4 * SECOND),
      qty: fc.integer({ min: 1, max: 50 }),
      isBuy: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 200, maxLength: 300, size: 'max' }), (rows) => {
        let at = T0;
        let cvd = 0;
        const messages = rows.map(({ wait, qty, isBuy }) => {
          at += wait;
          cvd += isBuy ? qty : -qty;
          return traded(at, 50_000 + cvd, qty, isBuy);
        });
        assert.deepEqual(signalsOf(messages), []);
      }),
      { numRuns: 30 },
    );
  });

  it('is silent where nothing stands out, whatever the price does', () => {
    const one = fc.record({
      price: fc.integer({ min: 49_000, max: 51_000 }),
      size: fc.integer({ min: 10, max: 12 }),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 60, maxLength: 80, size: 'max' }), (rows) => {
        const script = rows.map(({ price, size }, index) =>
          index % 3 === 0 ? { price, buy: size, sell: 0 } : { price, buy: 0, sell: size },
        );
        assert.deepEqual(signalsOf(played(script)), []);
      }),
      { numRuns: 30 },
    );
  });

  it('agrees with a naive reading of the definition, however often the timer comes', () => {
    const row = fc.record({
      wait: fc.integer({ min: 0, max: 6 * SECOND }),
      price: fc.integer({ min: 49_990, max: 50_010 }),
      qty: fc.integer({ min: 1, max: 30 }),
      isBuy: fc.boolean(),
      hasTimer: fc.boolean(),
    });
    let told = 0;
    fc.assert(
      fc.property(fc.array(row, { minLength: 100, maxLength: 200, size: 'max' }), (rows) => {
        let at = T0 + 1;
        const trades: Traded[] = [];
        const messages: StrategyMessage[] = [];
        for (const { wait, hasTimer, ...fields } of rows) {
          at += wait;
          if (hasTimer) messages.push(timer(at));
          trades.push({ at, ...fields });
          messages.push(traded(at, fields.price, fields.qty, fields.isBuy));
        }
        const got = signalsOf(messages).map(({ setup_type, timestamp }) => `${setup_type} ${timestamp}`);
        assert.deepEqual(got, naiveSweeps(trades));
        told += got.length;
      }),
      { numRuns: 60, seed: 7 },
    );
    assert.ok(told > 20, `${told} sweeps were compared`);
  });

  it('runs in a thread as its users have it', async () => {
    const clock = systemClock(2_000, () => {});
    const file = fileURLToPath(new URL('../../examples/strategies/sweep.ts', import.meta.url));
    const signals: Signal[] = [];
    const engine = new StrategyEngine(
      { files: [file], instruments: [bitcoin], policy: scaledPolicy().strategy },
      {
        spawn: strategySpawner({ clock, env: {}, onOutput: () => {} }),
        atTurnEnd: (task) => setImmediate(task),
        topOf: () => undefined,
        onSignal: (signal) => signals.push(signal),
        onTrouble: () => {},
      },
    );
    engine.start(clock.monoMs());
    try {
      for (const [index, message] of played(bullish).entries()) {
        if (message.kind !== 'trade') continue;
        const { timestamp, price, qty, side } = message;
        engine.onEvent(trade({ id: `t${index}`, timestamp, price, qty, side }), clock.monoMs());
      }
      await until('the sweep was told', () => signals.length === 1);
      assert.equal(signals[0]?.setup_type, 'bullish_sweep');
      assert.equal(engine.statuses(clock.monoMs())[0]?.name, 'sweep');
    } finally {
      engine.stop();
    }
  });
});

/** The definition, written without state: each sample from all trades, each time from all samples. */
function naiveSweeps(trades: readonly Traded[]): readonly string[] {
  const first = Math.ceil((trades[0]?.at ?? 0) / SAMPLE);
  const end = Math.floor((trades.at(-1)?.at ?? 0) / SAMPLE);
  const sampleOf = (number: number) => {
    const own = trades.filter(({ at }) => Math.floor(at / SAMPLE) === number);
    const delta = own.reduce((sum, { qty, isBuy }) => sum + (isBuy ? qty : -qty), 0);
    return { price: trades.findLast(({ at }) => at < (number + 1) * SAMPLE)?.price ?? 0, delta };
  };
  const samples = Array.from({ length: Math.max(0, end - first) }, (_, index) => sampleOf(first + index));
  const told: string[] = [];
  let next = 20;
  for (let count = 20; count <= samples.length; count += 1) {
    const [window, last] = [samples.slice(count - 20, count), samples[count - 1]];
    const tenth = samples[count - 10];
    if (last === undefined || tenth === undefined || count < next) continue;
    const rise = samples.slice(count - 9, count).reduce((sum, { delta }) => sum + delta, 0);
    const mean = window.slice(0, 19).reduce((sum, { delta }) => sum + Math.abs(delta), 0) / 19;
    if (mean === 0 || Math.abs(last.delta) <= 1.5 * mean) continue;
    const way = Math.sign(last.price - tenth.price);
    if (way === 0 || way * Math.sign(rise) !== -1) continue;
    told.push(`${way < 0 ? 'bullish' : 'bearish'}_sweep ${(first + count) * SAMPLE}`);
    next = count + 10;
  }
  return told;
}
