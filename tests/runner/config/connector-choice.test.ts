import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { strategyEnvironment } from '../../../runner/config/child-environment.ts';
import { type ConfigResult, parseConfig } from '../../../runner/config/config.ts';
import { fail, ok, type Result } from '../../../shared/errors.ts';
import { readJsonFile } from '../../../shared/io/env-file.ts';

const root = path.resolve(import.meta.dirname, '../../..');
type Variables = Readonly<Record<string, string | undefined>>;

function parse(
  env: Variables,
  envFile: Variables = {},
  files: Readonly<Record<string, unknown>> = {},
): ConfigResult {
  const readProfile = (file: string): Result<unknown> => {
    if (file in files) return ok(files[file]);
    return file.startsWith(root)
      ? readJsonFile(file)
      : fail('config_invalid', `cannot read ${file}: it does not exist`);
  };
  const around = { root, cwd: '/somewhere', node: '/node24', fileExists: (file: string) => file in files };
  return parseConfig(env, envFile, readProfile, around);
}

function connectorOf(env: Variables, envFile: Variables = {}, files: Readonly<Record<string, unknown>> = {}) {
  const result = parse(env, envFile, files);
  assert.ok(result.ok, result.ok ? '' : result.problems.join('\n'));
  return { ...result.config.connector, warnings: result.warnings };
}

function problems(
  env: Variables,
  envFile: Variables = {},
  files: Readonly<Record<string, unknown>> = {},
): string {
  const result = parse(env, envFile, files);
  assert.ok(!result.ok, 'expected problems');
  return result.problems.join('\n');
}

const ownProfile = { name: 'mine', environment: 'testnet', clock: 'live', command: ['./mine', '--x'] };

describe('which connector', () => {
  it('mainnet is the default, testnet by its own switch, simulated by hft_connector', () => {
    assert.equal(connectorOf({}).environment, 'mainnet');
    assert.equal(connectorOf({ BYBIT_CONNECTOR_TESTNET: 'TRUE' }).environment, 'testnet');
    assert.equal(connectorOf({ DATA_SOURCE: 'hft_connector' }).environment, 'simulated');
    for (const source of ['bybit_connector', 'bybit_ws', 'bybit']) {
      assert.equal(connectorOf({ DATA_SOURCE: source }).environment, 'mainnet');
    }
  });

  it('each profile of config/connectors can be chosen and names its environment in the command', () => {
    for (const name of ['mainnet', 'testnet', 'demo', 'simulated'] as const) {
      const connector = connectorOf({ CONNECTOR_PROFILE: name });
      assert.equal(connector.environment, name);
      assert.deepEqual(connector.command.slice(4), ['connector/main.ts', 'stream', '--environment', name]);
      assert.equal(connector.clock, 'live');
      assert.equal(connector.foreign, false);
    }
  });

  it('a command of the user goes before everything, is split without a shell and gets nothing appended', () => {
    const connector = connectorOf({
      CONNECTOR_COMMAND: `./my "two words" it\\'s $HOME '*'`,
      CONNECTOR_PROFILE: 'demo',
    });
    assert.deepEqual(connector.command, ['./my', 'two words', "it's", '$HOME', '*']);
    assert.deepEqual([connector.name, connector.foreign, connector.cwd], ['custom', true, '/somewhere']);
    assert.equal(connector.environment, undefined);
    assert.match(connector.warnings.join(), /CONNECTOR_PROFILE="demo" is not used/);
    assert.match(problems({ CONNECTOR_COMMAND: './my "open' }), /a quote \("\) is not closed/);
  });

  it('a profile file of the user goes before CONNECTOR_PROFILE', () => {
    const file = { '/somewhere/mine.json': ownProfile };
    const connector = connectorOf(
      { BYBIT_CONNECTOR_CONFIG_FILE: 'mine.json', CONNECTOR_PROFILE: 'testnet' },
      {},
      file,
    );
    assert.deepEqual(
      [connector.name, connector.command, connector.foreign],
      ['mine', ['./mine', '--x'], false],
    );
    assert.match(connector.warnings.join(), /CONNECTOR_PROFILE="testnet" is not used/);
  });

  it('a wrong profile file is named with each wrong field', () => {
    const file = { '/somewhere/bad.json': { name: 'x', command: [], environment: 'moon', extra: 1 } };
    const text = problems({ BYBIT_CONNECTOR_CONFIG_FILE: 'bad.json' }, {}, file);
    for (const part of ['/somewhere/bad.json', 'command:', 'environment:', 'extra'])
      assert.ok(text.includes(part), text);
    assert.match(problems({ BYBIT_CONNECTOR_CONFIG_FILE: 'none.json' }), /none\.json: it does not exist/);
  });

  it('a replay needs its file, which is appended with the speed', () => {
    assert.match(problems({ CONNECTOR_PROFILE: 'replay' }), /set CONNECTOR_REPLAY_FILE/);
    assert.match(
      problems({ CONNECTOR_PROFILE: 'replay', CONNECTOR_REPLAY_FILE: 'x.jsonl' }),
      /no file \/somewhere\/x\.jsonl/,
    );
    const env = {
      CONNECTOR_PROFILE: 'replay',
      CONNECTOR_REPLAY_FILE: 'x.jsonl',
      CONNECTOR_REPLAY_SPEED: 'max',
    };
    const connector = connectorOf(env, {}, { '/somewhere/x.jsonl': '' });
    assert.deepEqual(connector.command.slice(5), [
      'replay',
      '--file',
      '/somewhere/x.jsonl',
      '--speed',
      'max',
    ]);
    assert.equal(connector.clock, 'replay');
    assert.equal(connector.environment, undefined);
  });
});

describe('contradictions', () => {
  it('between the profile and the testnet switch are refused both ways', () => {
    assert.match(
      problems({ CONNECTOR_PROFILE: 'mainnet', BYBIT_CONNECTOR_TESTNET: 'true' }),
      /says otherwise/,
    );
    assert.match(
      problems({ CONNECTOR_PROFILE: 'testnet', BYBIT_CONNECTOR_TESTNET: 'false' }),
      /says otherwise/,
    );
    assert.equal(
      connectorOf({ CONNECTOR_PROFILE: 'testnet', BYBIT_CONNECTOR_TESTNET: 'true' }).name,
      'testnet',
    );
    assert.equal(connectorOf({ CONNECTOR_PROFILE: 'demo', BYBIT_CONNECTOR_TESTNET: 'false' }).name, 'demo');
  });

  it('between a profile file and CONNECTOR_PROFILE are refused when network or clock differ', () => {
    const files = {
      '/own.json': ownProfile,
      '/unknown.json': { name: 'unknown', clock: 'live', command: ['./mine'] },
      '/replay.json': {
        name: 'again',
        environment: 'mainnet',
        clock: 'replay',
        command: ['x', '--file', 'y'],
      },
    };
    const choose = (file: string, profile: string) => ({
      BYBIT_CONNECTOR_CONFIG_FILE: file,
      CONNECTOR_PROFILE: profile,
    });
    for (const [file, profile, words] of [
      [
        '/own.json',
        'mainnet',
        /CONFIG_FILE="\/own\.json" is testnet, but CONNECTOR_PROFILE="mainnet" is mainnet/,
      ],
      ['/own.json', 'paper', /is testnet, but CONNECTOR_PROFILE="paper" is paper/],
      ['/own.json', 'replay', /is testnet, but CONNECTOR_PROFILE="replay" is a replay/],
      ['/replay.json', 'mainnet', /is a replay of mainnet, but CONNECTOR_PROFILE="mainnet" is mainnet/],
    ] as const) {
      assert.match(problems(choose(file, profile), {}, files), words);
    }
    for (const [file, profile] of [
      ['/own.json', 'testnet'],
      ['/unknown.json', 'mainnet'],
      ['/replay.json', 'replay'],
    ] as const) {
      connectorOf(choose(file, profile), {}, files);
    }
    const simulated = path.join(root, 'config/connectors/simulated.json');
    assert.match(problems(choose(simulated, 'mainnet')), /is simulated, but .* is mainnet: remove one/);
  });

  it('between the simulated source and a real network are refused', () => {
    assert.match(
      problems({ DATA_SOURCE: 'hft_connector', CONNECTOR_PROFILE: 'mainnet' }),
      /remove one of them/,
    );
    assert.match(
      problems({ DATA_SOURCE: 'hft_connector', BYBIT_CONNECTOR_TESTNET: 'true' }),
      /contradict each other/,
    );
  });

  for (const [profile, name, url] of [
    ['mainnet', 'BYBIT_WEBSOCKET_PUBLIC_URL', 'wss://stream-testnet.bybit.com/v5/public'],
    ['testnet', 'BYBIT_WEBSOCKET_PUBLIC_URL', 'wss://stream.bybit.com/v5/public/linear'],
    ['testnet', 'SPOT_WEBSOCKET_URL', 'wss://stream.bybit.com/v5/public/spot'],
    ['testnet', 'BYBIT_REST_BASE_URL', 'https://api.bytick.com'],
    ['testnet', 'BYBIT_REST_BASE_URL', 'https://API.BYBIT.EU'],
    ['demo', 'BYBIT_REST_BASE_URL', 'https://api.bybit.com'],
    ['demo', 'BYBIT_WEBSOCKET_PUBLIC_URL', 'wss://stream-demo.bybit.com/v5/public'],
    ['simulated', 'BYBIT_REST_BASE_URL', 'https://api-testnet.bybit.com'],
    ['mainnet', 'BYBIT_REST_BASE_URL', 'https://api-testnet.manepa.jp'],
  ] as const) {
    it(`profile ${profile} with ${name}=${url} is refused`, () => {
      const text = problems({ CONNECTOR_PROFILE: profile, [name]: url });
      assert.ok(text.startsWith(name) && text.includes(profile), text);
    });
  }

  it('hosts of the right network and hosts that are not Bybit’s are taken', () => {
    for (const [profile, url] of [
      ['mainnet', 'wss://stream.bybit.tr/v5/public'],
      ['demo', 'wss://stream.bybit.com/v5/public'],
      ['testnet', 'ws://127.0.0.1:4000/v5/public'],
      ['mainnet', 'wss://notbybit.com/v5/public'],
      ['simulated', 'ws://localhost:9/v5/public'],
    ] as const) {
      connectorOf({ CONNECTOR_PROFILE: profile, BYBIT_WEBSOCKET_PUBLIC_URL: url });
    }
  });

  it('a URL for one category does not silently move the others', () => {
    const env = {
      SYMBOLS: 'BTCUSDT,spot:ETHUSDT',
      BYBIT_WEBSOCKET_PUBLIC_URL: 'wss://stream.bybit.com/v5/public/spot',
    };
    assert.match(connectorOf(env).warnings.join(), /for spot alone: linear stay/);
    const two = {
      BYBIT_WEBSOCKET_PUBLIC_URL: 'ws://a/v5/public/spot',
      SPOT_WEBSOCKET_URL: 'ws://b/v5/public/spot',
    };
    assert.match(problems(two), /two addresses for spot/);
  });
});

describe('the environment of the child', () => {
  it('has no secret and nothing of systemd, but the URLs of .env unchanged', () => {
    const env = {
      PATH: '/bin',
      BYBIT_API_KEY: 'key-key-key',
      BYBIT_API_SECRET: 'secret-secret',
      API_TOKEN: 'token-token-token-token',
      BOT_AUTH_TOKEN: 'token-token',
      NOTIFY_SOCKET: '/run/x',
      WATCHDOG_USEC: '1',
      HTTPS_PROXY: 'http://me:pw@proxy:3128',
      BYBIT_REST_BASE_URL: '',
    };
    const envFile = {
      BYBIT_REST_BASE_URL: 'http://127.0.0.1:1/base',
      BYBIT_API_KEY: 'other-key',
      PORT: '9000',
    };
    const { env: child, command } = connectorOf(env, envFile);
    const { TOWLINE_STATE_DIR: stateDir, ...rest } = child;
    assert.ok(stateDir?.endsWith('/data'), 'the absolute path of DATA_DIR');
    assert.deepEqual(rest, {
      PATH: '/bin',
      HTTPS_PROXY: 'http://me:pw@proxy:3128',
      BYBIT_REST_BASE_URL: 'http://127.0.0.1:1/base',
    });
    assert.ok(!command.join(' ').includes('secret'));
    // A strategy has no command line that says the rest.
    assert.deepEqual(strategyEnvironment(child, 'testnet', '/data'), {
      ...child,
      CONNECTOR_PROFILE: 'testnet',
      DATA_DIR: '/data',
    });
  });

  it('takes the profile’s values only where the user said nothing', () => {
    const files = {
      '/p.json': { ...ownProfile, env: { A: 'profile', B: 'profile', BYBIT_API_SECRET: 'leak' } },
    };
    const { env: child } = connectorOf({ BYBIT_CONNECTOR_CONFIG_FILE: '/p.json', A: 'user' }, {}, files);
    assert.deepEqual([child['A'], child['B'], child['BYBIT_API_SECRET']], ['user', 'profile', undefined]);
  });
});
