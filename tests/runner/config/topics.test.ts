import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Findings, gatherSettings } from '../../../runner/config/raw-settings.ts';
import { parseSymbols, parseTopics } from '../../../runner/config/topics.ts';
import { instrumentKey, topicKey } from '../../../shared/market.ts';

function topics(env: Readonly<Record<string, string>>) {
  const findings: Findings = { problems: [], warnings: [] };
  const raw = gatherSettings(env, {});
  const wishes = parseSymbols(raw, 'linear', findings);
  const keys = parseTopics(raw, wishes, findings).topics.map(topicKey);
  const filters = wishes.filters.map(({ text }) => text);
  const excluded = wishes.excluded.map(instrumentKey);
  return { instruments: wishes.instruments.map(instrumentKey), filters, excluded, keys, ...findings };
}

describe('symbols', () => {
  it('name their market or take CATEGORY; duplicates are merged and small letters raised with a warning', () => {
    const { instruments, warnings, problems } = topics({
      SYMBOLS: 'BTCUSDT, spot:ethusdt,BTCUSDT ,INVERSE:BTCUSD,',
    });
    assert.deepEqual(instruments, ['linear:BTCUSDT', 'spot:ETHUSDT', 'inverse:BTCUSD']);
    assert.deepEqual(problems, []);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /ethusdt is taken as ETHUSDT/);
  });

  it('may be all of a market, by name', () => {
    const symbols = Array.from({ length: 600 }, (_, index) => `linear:COIN${1_000 + index}USDT`);
    const { instruments, problems } = topics({ SYMBOLS: symbols.join(), SUBSCRIPTIONS: 'trades' });
    assert.deepEqual([instruments.length, problems], [600, []]);
  });

  it('in the three names must agree', () => {
    assert.deepEqual(
      topics({ SYMBOL: 'ETHUSDT', BYBIT_SYMBOL: 'linear:ETHUSDT', SYMBOLS: 'ETHUSDT' }).problems,
      [],
    );
    assert.match(
      topics({ SYMBOL: 'ETHUSDT', BYBIT_SYMBOL: 'BTCUSDT' }).problems.join(),
      /contradict each other/,
    );
    assert.match(topics({ SYMBOL: 'A1,B1' }).problems.join(), /use SYMBOLS for a list/);
  });

  it('that cannot be symbols or markets are refused with an example', () => {
    for (const text of ['BTC/USDT', 'B', 'option:BTC', 'spot:linear:BTCUSDT', 'spot:', ',', 'BTC USDT']) {
      assert.equal(topics({ SYMBOLS: text }).problems.length, 1, text);
    }
  });
});

describe('subscriptions', () => {
  it('make one topic for each symbol and channel; duplicates are merged', () => {
    assert.deepEqual(
      topics({ SYMBOLS: 'BTCUSDT,spot:ETHUSDT', SUBSCRIPTIONS: 'trades, depth, depth.50 ,DEPTH.1' }).keys,
      [
        'trades:linear:BTCUSDT',
        'depth.50:linear:BTCUSDT',
        'depth.1:linear:BTCUSDT',
        'trades:spot:ETHUSDT',
        'depth.50:spot:ETHUSDT',
        'depth.1:spot:ETHUSDT',
      ],
    );
  });

  it('that are unknown, and none at all, are refused', () => {
    for (const text of [
      'kline.7',
      'ticker.1',
      'candles',
      'depth.500',
      'trade',
      'trades.1',
      'depth.50.1',
      ',',
    ]) {
      assert.equal(topics({ SUBSCRIPTIONS: text }).problems.length, 1, text);
    }
  });

  it('have a limit', () => {
    const many = Array.from({ length: 2_501 }, (_, index) => `S${index}USDT`).join(',');
    assert.match(topics({ SYMBOLS: many }).problems.join(), /too many/);
  });
});
