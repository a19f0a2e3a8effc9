/**
 * A connector alone and a runner read the same variables: what one accepts the other accepts, and takes for the same.
 *
 * They read them each for itself, so a difference would show as a word that is refused in one place and obeyed in the other.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readReplayOptions } from '../../../connector/replay-options.ts';
import { readStreamOptions } from '../../../connector/stream-options.ts';
import { type Findings, gatherSettings, parseValues } from '../../../runner/config/raw-settings.ts';
import { parseSymbols, parseTopics } from '../../../runner/config/topics.ts';
import { type Topic, topicKey } from '../../../shared/market.ts';
import { scaledPolicy } from '../../../shared/policy.ts';

type Env = Readonly<Record<string, string>>;

/** What a program understood; undefined when it refused. */
type Understood = {
  readonly topics: readonly string[];
  readonly filters: readonly string[];
  readonly testnet: boolean;
  readonly scale: number;
};

function keysOf(topics: readonly Topic[]): readonly string[] {
  return topics.map(topicKey);
}

function textsOf(filters: readonly { readonly text: string }[]): readonly string[] {
  return filters.map(({ text }) => text);
}

function alone(env: Env): Understood | undefined {
  try {
    const { topics, filtered, environment, policy } = readStreamOptions({}, env, []);
    // The first deadline of the policy tells by which scale it was made.
    const scale = policy.parentCheckEveryMs / scaledPolicy(1).parentCheckEveryMs;
    const filters = textsOf(filtered?.filters ?? []);
    return { topics: keysOf(topics), filters, testnet: environment === 'testnet', scale };
  } catch (error) {
    for (const name of Object.keys(env)) if ((error as Error).message.includes(name)) return undefined;
    throw error;
  }
}

function inRunner(env: Env): Understood | undefined {
  const findings: Findings = { problems: [], warnings: [] };
  const raw = gatherSettings(env, {});
  const values = parseValues(raw, findings);
  const wishes = parseSymbols(raw, values.CATEGORY, findings);
  const { topics } = parseTopics(raw, wishes, findings);
  if (findings.problems.length > 0) return undefined;
  const testnet = values.BYBIT_CONNECTOR_TESTNET === true;
  return { topics: keysOf(topics), filters: textsOf(wishes.filters), testnet, scale: values.TIME_SCALE };
}

/** Texts for each variable that both read: good ones, bad ones, and ways to write them. */
const texts: Readonly<Record<string, readonly string[]>> = {
  BYBIT_CONNECTOR_TESTNET: 'true,TRUE,1,yes,on,On,false,0,no,off,maybe,tru,2,testnet,ja,-1'.split(','),
  CATEGORY: ['linear', 'SPOT', 'inverse', 'option', 'linear,spot', 'lin', '0'],
  TIME_SCALE: [
    '1',
    '0.1',
    '10',
    '0.01',
    '11',
    '0',
    '-1',
    'abc',
    'NaN',
    'Infinity',
    '1e-1',
    '0x1',
    '1,5',
    '.5',
    '5.',
  ],
  BYBIT_WEBSOCKET_HEARTBEAT_INTERVAL: ['1', '20', '21', '0', '2.5', 'x', '1e1'],
  BYBIT_WEBSOCKET_RECONNECT_DELAY: ['0.5', '300', '301', '0.4', '10s', '1e1'],
  BYBIT_WEBSOCKET_MAX_RECONNECT_ATTEMPTS: ['1', '1000', '1001', '0', '1.5'],
  BYBIT_WEBSOCKET_RATE_LIMIT: ['1', '100', '101', '500', '0', '2.5'],
  SYMBOLS: [
    'BTCUSDT',
    'btcusdt',
    'spot: ETHUSDT',
    '*',
    'Spot:usdt:Top5,-spot:BTCUSDT',
    'top0',
    'linear',
    'spot:top5',
    '-BTCUSDT',
    'SPOT:ETHUSDT,BTCUSDT',
    'BTCUSDT,BTCUSDT',
    'a:b:c',
    'B',
    'BTC/USDT',
    ',',
    'option:BTC',
    'BTCUSDT\nETHUSDT',
    'A'.repeat(41),
  ],
  SYMBOL: ['BTCUSDT', 'spot:BTCUSDT', 'A1,B1', '!'],
  BYBIT_SYMBOL: ['ETHUSDT', 'A1,B1', ':'],
  SUBSCRIPTIONS: [
    'trades',
    'Trades',
    'depth',
    'DEPTH.1',
    'trades,depth.200',
    'depth.7',
    'kline.1',
    'ticker',
    'liquidation',
    'trade',
    ',',
    'depth.50.1',
    'trades.1',
  ],
};

function assertSame(env: Env): boolean {
  const understood = inRunner(env);
  assert.deepEqual(alone(env), understood, JSON.stringify(env));
  return understood !== undefined;
}

describe('a connector alone and a runner', () => {
  for (const [name, list] of Object.entries(texts)) {
    it(`understand ${name} alike`, () => {
      const accepted = [...list, '', '  ', ...list.map((text) => ` ${text} `)].filter((text) =>
        assertSame({ [name]: text }),
      );
      assert.ok(accepted.length > 2 && accepted.length < list.length * 2, 'some are good and some are bad');
    });
  }

  it('understand lists of symbols and channels alike, whatever they are made of', () => {
    const pieces = [
      'BTCUSDT',
      'eth',
      'spot',
      'LINEAR',
      ':',
      ',',
      ' ',
      'depth',
      '.',
      '50',
      '1',
      'trades',
      'D',
      '-',
      '\t',
    ];
    let state = 7;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const text = (): string =>
      Array.from({ length: 1 + random(5) }, () => pieces[random(pieces.length)]).join('');
    let accepted = 0;
    for (let round = 0; round < 1_000; round += 1) {
      if (assertSame({ SYMBOLS: text() })) accepted += 1;
      if (assertSame({ SUBSCRIPTIONS: text() })) accepted += 1;
      if (assertSame({ SYMBOL: text(), BYBIT_SYMBOL: text() })) accepted += 1;
    }
    assert.ok(accepted > 100, `${accepted} good ones`);
  });

  it('refuse three names of one setting that differ, and too many topics', () => {
    assert.equal(assertSame({ SYMBOLS: 'BTCUSDT,ETHUSDT', SYMBOL: 'BTCUSDT' }), false);
    assert.equal(assertSame({ SYMBOLS: 'linear:BTCUSDT', SYMBOL: 'btcusdt' }), true);
    const many = Array.from({ length: 1_300 }, (_, index) => `S${index}`).join(',');
    assert.equal(assertSame({ SYMBOLS: many, SUBSCRIPTIONS: 'trades,depth.1,depth.50,depth.200' }), false);
  });

  it('and a replay, where it reads the same', () => {
    for (const name of ['CATEGORY', 'TIME_SCALE', 'BYBIT_WEBSOCKET_RATE_LIMIT'])
      for (const text of texts[name] ?? []) {
        const read = () => readReplayOptions({ file: 'x' }, { [name]: text }, []);
        if (inRunner({ [name]: text }) === undefined) assert.throws(read, new RegExp(name), text);
        else read();
      }
  });
});

it('an option goes before its variable, and is refused by its own name', () => {
  const env = { SYMBOLS: '!', SUBSCRIPTIONS: 'nothing', CATEGORY: 'x' };
  const flags = { symbol: 'ethusdt', subscriptions: 'Trades', category: 'SPOT', environment: 'Demo' };
  const { topics, environment } = readStreamOptions(flags, env, []);
  assert.deepEqual([keysOf(topics), environment], [['trades:spot:ETHUSDT'], 'demo']);
  assert.throws(
    () => readStreamOptions({ ...flags, category: 'x' }, {}, []),
    /--category="x" is not allowed/,
  );
  assert.throws(
    () => readStreamOptions({ environment: 'mainnet' }, { BYBIT_CONNECTOR_TESTNET: 'maybe' }, []),
    /BYBIT_CONNECTOR_TESTNET="maybe" is not allowed: it must be true or false/,
  );
});
