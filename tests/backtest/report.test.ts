/** What is missing, what is said in the end, and what stands in the files. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fetchCommand, missingLines, missingOf } from '../../backtest/coverage.ts';
import { pageOf } from '../../backtest/page-data.ts';
import type { StoredDay } from '../../backtest/ports.ts';
import { signalLine } from '../../backtest/signal-line.ts';
import type { Signal, Strategy } from '../../runner/strategy/api.ts';
import { DAY_MS } from '../../shared/day-totals.ts';
import { instrument, madeTrades, symbol, wholeDay } from './made-history.ts';
import { day, midnight, play } from './play.ts';

const hour = 3_600_000;
const trades = madeTrades(midnight, midnight + 60_000, 500);

describe('what is missing', () => {
  const span = { from: midnight + hour, to: midnight + 3 * DAY_MS };

  it('is every part of the span that no trusted day covers, with the reason', () => {
    const days: readonly StoredDay[] = [
      {
        ...wholeDay('2026-08-01'),
        kind: 'stored',
        spans: [{ from: midnight, to: midnight + 12 * hour }],
        gaps: [{ from: midnight + 2 * hour, to: midnight + 3 * hour, cause: 'runner_stopped' }],
        priceDecimals: 1,
      },
      { date: '2026-08-02', kind: 'untrusted', reason: 'it has no manifest' },
      { date: '2026-08-03', kind: 'absent' },
    ];
    assert.deepEqual(
      missingOf(span, days).map(({ from, to, why }) => [
        (from - midnight) / hour,
        (to - midnight) / hour,
        why,
      ]),
      [
        [2, 3, 'runner_stopped'],
        [12, 24, 'not covered by what is stored'],
        [24, 48, 'the stored file is not trusted, since it has no manifest'],
        [48, 72, 'not stored'],
      ],
    );
    const whole = ['2026-08-01', '2026-08-02', '2026-08-03'].map(wholeDay);
    assert.deepEqual(missingOf(span, whole), []);
  });

  it('is one span over days that are missing for one reason, and at most ten are told', () => {
    const none = missingOf(span, []);
    assert.deepEqual(none, [{ from: span.from, to: span.to, why: 'not stored' }]);
    assert.deepEqual(missingLines(none), ['2026-08-01T01:00:00.000Z to 2026-08-04: not stored']);
    const many = [...Array(13).keys()].map((at) => ({ from: at, to: at + 1, why: 'x' }));
    assert.equal(missingLines(many).at(-1), 'and 3 more');
  });

  it('comes with the command that fetches it', () => {
    const missing = missingOf(span, [wholeDay('2026-08-01')]);
    assert.equal(
      fetchCommand(instrument, 'mainnet', missing, undefined),
      'npm run history -- --symbol BTCUSDT --from 2026-08-02 --to 2026-08-03 --environment mainnet',
    );
    assert.equal(
      fetchCommand({ category: 'spot', symbol }, 'testnet', missing, '/c'),
      'npm run history -- --symbol spot:BTCUSDT --from 2026-08-02 --to 2026-08-03 --environment testnet --out /c',
    );
  });
});

/** Signals once, at the first trade. */
function once(signal: Partial<Signal>, more: Partial<Strategy> = {}): Strategy {
  let isDone = false;
  return {
    name: 'once',
    onTrade: (_tick, { category }) => {
      if (isDone) return undefined;
      isDone = true;
      return { setup_type: 'x', category, symbol, reason: 'r', ...signal };
    },
    ...more,
  };
}

describe('the summary', () => {
  it('says trades, span, rate, signals by setup, and what was assumed', () => {
    const levels = { side: 'buy', entry_price: 93_500, stop_loss: 1, take_profit: 1e6 } as const;
    const { report } = play(once(levels), trades, { span: { from: midnight, to: midnight + 60_000 } });
    assert.equal(report.summary.trades_per_second, Number((trades.length / 60).toPrecision(6)));
    assert.match(report.summaryText, new RegExp(`^trades {4}${trades.length} replayed, `, 'm'));
    assert.match(report.summaryText, /^signals {3}1: x 1$/m);
    assert.match(report.summaryText, /^outcomes {2}x: 0 target, 0 stop, 1 open at the end; together 0 %$/m);
    assert.match(report.summaryText, /no fees, no slippage/);
  });

  it('names what a strategy needs and trades do not have: nothing of it is let out', () => {
    const needs = [{ channel: 'trades' }, { channel: 'ticker' }] as const;
    const { report, signals } = play(once({}, { needs }), trades);
    assert.equal(signals.length, 0);
    assert.deepEqual(report.summary.absent_needs, ['ticker']);
    assert.match(report.summaryText, /^needs {5}ticker: stored history has trades alone/m);
    assert.match(report.summaryText, /^withheld {2}1 signals/m);
  });

  it('counts what a strategy throws, and gives one up that throws twenty times in a row', () => {
    let calls = 0;
    const fail = (): never => {
      throw new TypeError('nonsense');
    };
    const now = play({ name: 'n', onTrade: () => (calls++ % 2 === 0 ? fail() : undefined) }, trades);
    assert.equal(now.report.summary.errors, Math.ceil(trades.length / 2));
    assert.match(now.report.summaryText, /^errors .*last: TypeError: nonsense/m);
    assert.equal(now.backtest.disabled, undefined);
    const always = play({ name: 'n', onTrade: fail }, trades);
    assert.match(
      always.backtest.disabled ?? '',
      /threw or answered nonsense 20 times in a row, last: TypeError: nonsense/,
    );
    assert.equal(always.report.summary.trades, 20);
  });
});

describe('the files', () => {
  it('have one row a signal, quoted as CSV is, and no formula for a spreadsheet', () => {
    const { report } = play(once({ reason: 'a "b", c\nd', setup_type: '=1+1', values: { x: 1 } }), trades);
    const [head, ...rows] = report.signalsCsv.split('\r\n');
    assert.match(head ?? '', /^number,time,timestamp,published_at,strategy,setup_type/);
    assert.deepEqual(rows.length, 2);
    assert.match(rows[0] ?? '', /,once,'=1\+1,linear,BTCUSDT,,,,,,,"a ""b"", c\nd","\{""x"":1\}"$/);
  });

  it('have one row an outcome', () => {
    const levels = { side: 'sell', entry_price: 93_500, stop_loss: 1e6, take_profit: 93_499.9 } as const;
    const low = { timestamp: midnight + 61_000, id: 'low', price: 93_000, qty: 1, side: 'sell' } as const;
    const { report } = play(once(levels), [...trades, low]);
    const [, row] = report.outcomesCsv.split('\r\n');
    assert.match(
      row ?? '',
      /^1,x,sell,2026-08-01T00:00:00.001Z,93500,1000000,93499.9,target,93499.9,2026-08-01T00:0/,
    );
  });

  it('are a page that asks nobody for anything, whatever a strategy says', () => {
    const page = (name: string): string =>
      readFileSync(new URL(`../../backtest/page/${name}`, import.meta.url), 'utf8');
    const parts = { html: page('chart.html'), style: page('chart.css'), script: page('chart.js') };
    const evil = '</script><script src="https://evil.test/x.js"></script>{{title}}<!--';
    const { report } = play(once({ reason: evil }, { name: '<b>&' }), trades);
    const text = pageOf(parts, report.chart);
    assert.match(text, /default-src 'none'/);
    assert.ok(!/<link|<script src|<img|@import|\bfetch\(|<script src="https/.test(text));
    assert.ok(!text.includes('{{') || text.split('{{').length === 2, 'all places are filled, once');
    assert.match(text, /<title>&lt;b&gt;&amp; on linear:BTCUSDT<\/title>/);
    const json = /<script id="data" type="application\/json">(.*)<\/script>/.exec(text)?.[1] ?? '';
    assert.deepEqual(JSON.parse(json), structuredClone(report.chart));
    assert.equal(JSON.parse(json).signals[0].reason, evil);
  });

  it('have candles of five minutes alone where the span is long', () => {
    const span = { from: day.from, to: day.from + 8 * DAY_MS };
    const { report } = play(once({}), trades, { span });
    assert.deepEqual(Object.keys(report.chart.candles), ['5m']);
  });
});

describe('a signal', () => {
  it('is one line, for people or as JSON', () => {
    const [signal] = play(once({ reason: 'a\nb', side: 'buy', entry_price: 5 }), trades).signals;
    assert.ok(signal !== undefined);
    assert.equal(signalLine(signal, false), '2026-08-01T00:00:00.001Z x buy at 5: a b\n');
    assert.deepEqual(JSON.parse(signalLine(signal, true)), { type: 'signal', ...signal });
  });
});
