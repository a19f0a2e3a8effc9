import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Environ } from '../../connector/settings.ts';
import { readStreamOptions, type StreamFlags } from '../../connector/stream-options.ts';

/** What is wrong with these options; empty when they are accepted. */
function problems(flags: StreamFlags, env: Environ = {}): string {
  try {
    readStreamOptions(flags, env, []);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

test('alone BTCUSDT is streamed, under a runner only what it asks for', () => {
  const names = (env: Environ) =>
    readStreamOptions({}, env, []).topics.map(({ channel, symbol }) => `${channel} ${symbol}`);
  assert.deepEqual(names({}), ['trades BTCUSDT', 'depth BTCUSDT']);
  assert.deepEqual(names({ SYMBOLS: 'ETHUSDT', SUBSCRIPTIONS: 'trades' }), ['trades ETHUSDT']);
  assert.deepEqual(names({ TOWLINE_PARENT_PID: '1', SYMBOLS: 'ETHUSDT' }), []);
});

test('what is taken otherwise than it was written is a warning', () => {
  const warnings = (flags: StreamFlags) => readStreamOptions(flags, {}, []).warnings;
  assert.deepEqual(warnings({ symbol: 'BTCUSDT' }), []);
  assert.deepEqual(warnings({ symbol: 'btcusdt' }), ['--symbol: btcusdt is taken as BTCUSDT.']);
  const [told = ''] = warnings({ symbol: 'BTCUSDT,spot:BTCUSDT', subscriptions: 'trades,liquidation' });
  assert.match(told, /there are no liquidations on spot, so none are listened to for spot:BTCUSDT/);
});

test('BYBIT_API_TIMEOUT is how long one try of a request may take, also where time is scaled', () => {
  const timeout = (env: Environ) => readStreamOptions({}, env, []).policy.rest.timeoutMs;
  assert.deepEqual([timeout({}), timeout({ BYBIT_API_TIMEOUT: '2.5', TIME_SCALE: '0.1' })], [10_000, 2_500]);
  assert.match(problems({}, { BYBIT_API_TIMEOUT: '300' }), /BYBIT_API_TIMEOUT="300" is not allowed/);
});

test('a list that names nothing is a mistake, not a wish to stream nothing', () => {
  assert.match(problems({ symbol: ' , ' }), /--symbol names no symbol/);
  assert.match(problems({ symbol: '' }), /--symbol names no symbol/);
  assert.match(problems({ subscriptions: ',' }), /--subscriptions="," names no channel/);
  assert.match(problems({ symbol: 'spot:BTC:USDT' }), /"spot:BTC:USDT" is neither a symbol nor a filter/);
});

test('filters wait for what the exchange lists, and need to know whom to ask', () => {
  const { topics, filtered } = readStreamOptions(
    { symbols: 'top20,spot:BTCUSDT', subscriptions: 'trades' },
    {},
    [],
  );
  assert.deepEqual(
    [topics.length, filtered?.filters.map(({ text }) => text), filtered?.subscriptions],
    [1, ['linear:top20'], [{ channel: 'trades' }]],
  );
  assert.match(problems({ symbols: 'top20', symbol: 'BTCUSDT' }), /contradict each other/);
  assert.match(
    problems({ symbols: '*', url: 'ws://127.0.0.1:1' }),
    /linear:\*: .* name it in BYBIT_REST_BASE_URL/,
  );
});

test('all symbols of a market can be named', () => {
  const symbol = Array.from({ length: 600 }, (_, index) => `linear:COIN${1_000 + index}USDT`).join();
  assert.equal(problems({ symbol, subscriptions: 'trades' }), '');
  assert.match(problems({ symbol: 'X'.repeat(33_000) }), /at most 32,000 characters/);
});

test('a folder to remember connections in is said by option or by the runner; without one nothing is kept', () => {
  const stateDir = (flags: StreamFlags, env: Environ) => readStreamOptions(flags, env, []).stateDir;
  assert.equal(stateDir({}, {}), undefined);
  assert.equal(stateDir({}, { TOWLINE_STATE_DIR: '/data' }), '/data');
  assert.equal(stateDir({ stateDir: '/mine' }, { TOWLINE_STATE_DIR: '/data' }), '/mine');
});

test('shut-outs and dumps are in the folder of the state, by hand in that of the runner', () => {
  const folders = (flags: StreamFlags, env: Environ) => {
    const { banDir, flight } = readStreamOptions(flags, env, []);
    return [banDir, flight.folder];
  };
  assert.deepEqual(folders({}, {}), ['./data', './data/dumps']);
  assert.deepEqual(folders({}, { DATA_DIR: ' ' }), ['./data', './data/dumps']);
  assert.deepEqual(folders({}, { DATA_DIR: '/runner' }), ['/runner', '/runner/dumps']);
  assert.deepEqual(folders({ stateDir: '/mine' }, { DATA_DIR: '/runner' }), ['/mine', '/mine/dumps']);
  assert.deepEqual(folders({ dumpDir: '/dumps' }, { DATA_DIR: '/runner' }), ['/runner', '/dumps']);
  const child = { TOWLINE_PARENT_PID: '1', DATA_DIR: '/runner' };
  assert.equal(folders({}, child)[0], undefined, 'a runner says where, or it is in memory');
  assert.equal(folders({}, { ...child, TOWLINE_STATE_DIR: '/state' })[0], '/state');
});

test('what is wrong on the command line is told as that, and what is wrong in the settings as that', () => {
  const refusal = (flags: StreamFlags, env: Environ): Error => {
    try {
      readStreamOptions(flags, env, [], ['.env: line 9 is wrong']);
    } catch (error) {
      return error as Error;
    }
    throw new Error('accepted');
  };
  const env = {
    ...{
      CATEGORY: 'x',
      SYMBOLS: '?',
      SUBSCRIPTIONS: 'x',
      REDUNDANCY: '9',
      TIME_SCALE: 'x',
      DATA_DIR: 'a\nb',
    },
    ...{
      BYBIT_WEBSOCKET_PUBLIC_URL: 'x',
      SPOT_WEBSOCKET_URL: 'y',
      BYBIT_REST_BASE_URL: 'z',
      HTTPS_PROXY: 'p',
    },
    ...{ FLIGHT_RECORDER_MB: 'x', BYBIT_CONNECTOR_TESTNET: 'x' },
  };
  const wrong = refusal({}, env);
  assert.equal(wrong.name, 'ConfigError');
  assert.match(wrong.message, /line 9 is wrong/);
  for (const name of Object.keys(env).filter((one) => one !== 'SYMBOLS'))
    assert.ok(wrong.message.includes(name), `${name} in ${wrong.message}`);
  assert.match(wrong.message, /"\?" is not a symbol/);
  for (const flags of [
    { category: 'x' },
    { symbols: '?' },
    { subscriptions: 'x' },
    { url: 'x' },
    { environment: 'x' },
    { symbols: '*', url: 'ws://127.0.0.1:1' },
  ]) {
    const { name, message } = refusal(flags, {});
    assert.equal(name, 'UsageError', message);
    assert.doesNotMatch(message, /line 9/);
  }
});

test('a URL that no socket could open is refused before the start', () => {
  for (const url of ['http://x', 'ws://', 'ws://host:abc', 'wss://host/#part', 'ws://host:99999'])
    assert.match(problems({ url }), /--url=.* is not a ws:\/\/ or wss:\/\/ URL/, url);
  assert.equal(problems({ url: 'ws://127.0.0.1:1/v5/public' }), '');
});

test('a proxy that we could not use is refused before the start, without showing its password', () => {
  for (const proxy of ['proxy:3128', 'socks5://proxy:1080', 'http://']) {
    assert.match(problems({}, { HTTPS_PROXY: proxy }), /HTTPS_PROXY: .*http:\/\/ or https:\/\//, proxy);
    assert.match(problems({}, { https_proxy: proxy }), /HTTPS_PROXY: /, proxy);
  }
  assert.ok(!problems({}, { HTTPS_PROXY: 'socks5://me:pa55word@proxy' }).includes('pa55word'));
  assert.equal(problems({}, { HTTPS_PROXY: 'http://me:pw@proxy:3128/' }), '');
});
