import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { type Config, type ConfigResult, parseConfig, problemsText } from '../../../runner/config/config.ts';
import { settingNames, settingsTable } from '../../../runner/config/settings-table.ts';
import { usualContextSettings } from '../../../runner/context/context-settings.ts';
import { readJsonFile } from '../../../shared/io/env-file.ts';

const root = path.resolve(import.meta.dirname, '../../..');

type Variables = Readonly<Record<string, string | undefined>>;

function parse(env: Variables, envFile: Variables = {}, existing: readonly string[] = []): ConfigResult {
  const around = {
    root,
    cwd: '/somewhere',
    node: '/node24',
    fileExists: (file: string) => existing.includes(file),
  };
  return parseConfig(env, envFile, readJsonFile, around);
}

function configOf(env: Variables, envFile: Variables = {}, existing: readonly string[] = []): Config {
  const result = parse(env, envFile, existing);
  assert.ok(result.ok, result.ok ? '' : problemsText(result.problems));
  return result.config;
}

function problemsOf(env: Variables, envFile: Variables = {}): readonly string[] {
  const result = parse(env, envFile);
  return result.ok ? [] : result.problems;
}

function onlyProblem(env: Variables, envFile: Variables = {}): string {
  const problems = problemsOf(env, envFile);
  assert.equal(problems.length, 1, problems.join('\n'));
  return problems[0] ?? '';
}

describe('defaults', () => {
  it('are public mainnet data of linear BTCUSDT on 127.0.0.1:8000', () => {
    const config = configOf({});
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.port, 8000);
    assert.equal(config.dataDir, '/somewhere/data');
    assert.equal(config.bufferSize, 1000);
    assert.deepEqual(config.instruments, [{ category: 'linear', symbol: 'BTCUSDT' }]);
    assert.deepEqual(
      config.topics.map((topic) => `${topic.channel}.${topic.depth ?? ''}`),
      ['trades.', 'depth.50'],
    );
    assert.equal(config.connector.name, 'mainnet');
    assert.equal(config.connector.environment, 'mainnet');
    assert.equal(config.connector.cwd, root);
    assert.deepEqual(config.connector.command.slice(0, 5), [
      '/node24',
      '--max-semi-space-size=4',
      '--max-old-space-size=192',
      'bin/towline.mjs',
      'connector/main.ts',
    ]);
  });

  it('of every setting are allowed values of it', () => {
    for (const name of settingNames) {
      const { default: value, value: type } = settingsTable[name];
      if (value !== undefined) assert.ok(type.schema.safeParse(value).success, `${name}=${value}`);
    }
  });

  it('written out in .env change nothing and are not refused', () => {
    const written = Object.fromEntries(settingNames.map((name) => [name, settingsTable[name].default]));
    const spoken = parse({}, written);
    assert.ok(spoken.ok, spoken.ok ? '' : spoken.problems.join('\n'));
    const { settings: _, ...config } = spoken.config;
    const { settings: __, ...plain } = configOf({});
    assert.deepEqual(
      { ...config, connector: { ...config.connector, env: {} } },
      { ...plain, connector: { ...plain.connector, env: {} } },
    );
  });
});

describe('where values come from', () => {
  it('the environment goes before .env, and an empty text is not a value', () => {
    assert.equal(configOf({ PORT: '9001' }, { PORT: '9002' }).port, 9001);
    assert.equal(configOf({ PORT: '  ' }, { PORT: '9002' }).port, 9002);
    assert.equal(configOf({ PORT: '' }, { PORT: '' }).port, 8000);
  });

  it('the report names the source and masks secrets', () => {
    const token = 'correct-horse-battery-staple';
    const config = configOf({ API_TOKEN: token }, { LOG_LEVEL: 'DEBUG' });
    assert.equal(config.apiToken, token);
    assert.deepEqual(
      config.settings.filter((line) => line.source !== 'default'),
      [
        { name: 'API_TOKEN', value: '(set, not shown)', source: 'environment' },
        { name: 'LOG_LEVEL', value: 'DEBUG', source: '.env' },
      ],
    );
    assert.equal(config.logLevel, 'debug');
  });
});

describe('wrong values', () => {
  it('of ALLOWED_HOSTS are anything but names and addresses, some with a port', () => {
    for (const bad of [
      '*',
      'https://bot.example.org',
      'bot.example.org/path',
      'me@bot.example.org',
      'bot.example.org:0',
      'bot.example.org:65536',
      'a,,b',
      'two words',
      '-bot',
      'bot..org',
      '::1',
    ])
      assert.match(
        onlyProblem({ ALLOWED_HOSTS: bad }),
        /^ALLOWED_HOSTS=.* is not allowed: it must be host names/,
        bad,
      );
    assert.deepEqual(
      configOf({ ALLOWED_HOSTS: 'Bot.Example.org , dev.local:5173,10.0.0.7,[fd00::7]:80' }).allowedHosts,
      ['bot.example.org', 'dev.local:5173', '10.0.0.7', '[fd00::7]:80'],
    );
    assert.deepEqual(configOf({}).allowedHosts, []);
  });

  it('are told together with what reading .env has found', () => {
    const around = { root, cwd: '/somewhere', node: '/node24', fileExists: () => false };
    const result = parseConfig({ PORT: 'eighty' }, {}, readJsonFile, around, ['.env: line 2 is odd.']);
    assert.ok(!result.ok);
    assert.equal(result.problems[0], '.env: line 2 is odd.');
    assert.match(result.problems[1] ?? '', /PORT="eighty"/);
  });

  it('are all told in one message that numbers them', () => {
    const problems = problemsOf({
      PORT: '80x0',
      WEBSOCKET_BUFFER_SIZE: '0',
      LOG_LEVEL: 'loud',
      CATEGORY: 'liner',
    });
    assert.equal(problems.length, 4);
    const text = problemsText(problems);
    for (const part of [
      '4 settings are wrong',
      'PORT="80x0"',
      'WEBSOCKET_BUFFER_SIZE="0"',
      'LOG_LEVEL="loud"',
      'CATEGORY="liner"',
    ])
      assert.ok(text.includes(part), text);
  });

  it('name the value, what is allowed, where to correct it, and the default', () => {
    assert.equal(
      onlyProblem({}, { PORT: '70000' }),
      'PORT="70000" is not allowed: it must be a whole number from 0 to 65535. Correct it in .env or remove it (default 8000).',
    );
  });

  it('of a secret are never shown, nor is a password inside a URL', () => {
    const secret = 'hunter2 hunter2';
    const text = problemsText(
      problemsOf({ API_TOKEN: secret, BYBIT_REST_BASE_URL: 'https://me:hunter2@example.com' }),
    );
    assert.ok(!text.includes('hunter2'), text);
    assert.ok(text.includes('API_TOKEN (its value is not shown)'));
    assert.ok(text.includes('BYBIT_REST_BASE_URL='));
  });

  for (const [name, value] of [
    ['BYBIT_CONNECTOR_TESTNET', 'flase'],
    ['WEBSOCKET_BUFFER_SIZE', '1e3'],
    ['BYBIT_WEBSOCKET_RECONNECT_DELAY', '-1'],
    ['BYBIT_WEBSOCKET_PUBLIC_URL', 'stream.bybit.com'],
    ['BYBIT_WEBSOCKET_PUBLIC_URL', 'https://stream.bybit.com'],
    ['CONNECTOR_PROFILE', 'main'],
    ['DATA_SOURCE', 'bitmex'],
    ['TIME_SCALE', '0'],
    ['CONNECTOR_REPLAY_SPEED', '0.0'],
  ] as const) {
    it(`${name}=${value} is refused`, () => assert.ok(onlyProblem({ [name]: value }).startsWith(`${name}=`)));
  }
});

describe('unknown names', () => {
  it('in .env that are near to one of ours are errors that name it', () => {
    assert.match(onlyProblem({}, { SYMBOLES: 'BTCUSDT' }), /SYMBOLES.*SYMBOLS was probably meant/);
    assert.match(onlyProblem({}, { LOGLEVEL: 'debug' }), /LOG_LEVEL was probably meant/);
    assert.match(
      onlyProblem({}, { BACKFILL_MAX_RETRIES: '3' }),
      /BYBIT_BACKFILL_MAX_RETRIES was probably meant/,
    );
  });

  it('in .env that resemble nothing are warnings', () => {
    const result = parse({}, { GREETING_OF_THE_DAY: 'hello' });
    assert.ok(result.ok);
    assert.match(result.warnings.join(), /GREETING_OF_THE_DAY/);
  });

  it('in the environment count only when they begin like ours', () => {
    assert.match(
      onlyProblem({ BYBIT_CONNECTOR_TESNET: 'true' }),
      /BYBIT_CONNECTOR_TESTNET was probably meant/,
    );
    assert.equal(
      parse({ HOSTS: 'a', PORTS: '1', REDIS_PORT_6379_TCP: 'tcp://x', BYBIT_NICKNAME: 'x' }).ok,
      true,
    );
  });
});

describe('features that do not exist yet', () => {
  for (const [name, value] of [
    ['REDIS_URL', 'redis://localhost'],
    ['REDIS_HOST', 'localhost'],
    ['DATABASE_URL', 'postgres://localhost/x'],
    ['BYBIT_ENABLE_USER_DATA_STREAM', 'true'],
    ['TRADING_ENABLED', 'true'],
    ['CONNECTOR_PAPER_TRADING', 'false'],
    ['CANCEL_ON_STOP', 'yes'],
    ['WEBHOOK', 'https://discord.com/api/webhooks/1/abc'],
    ['ROLE', 'collector'],
    ['HEARTBEAT_CHANNEL', 'beats'],
  ] as const) {
    it(`${name}=${value} is refused instead of being believed`, () => {
      const problem = onlyProblem({ [name]: value });
      assert.ok(problem.startsWith(name) && problem.includes('not built yet'), problem);
    });
  }

  it('leave values that switch nothing on alone', () => {
    const off = {
      BYBIT_ENABLE_USER_DATA_STREAM: 'false',
      TRADING_ENABLED: '0',
      CONNECTOR_PAPER_TRADING: 'true',
      ROLE: 'all',
    };
    const result = parse(off);
    assert.ok(result.ok);
    assert.deepEqual(result.warnings, []);
  });

  it('warn about numbers that tune them; of what history reads nothing is said', () => {
    const result = parse({
      HEARTBEAT_INTERVAL: '60',
      BYBIT_API_KEY: 'k'.repeat(18),
      BYBIT_API_SECRET: 's'.repeat(36),
      BYBIT_ARCHIVE_BASE_URL: 'http://127.0.0.1:8765',
      BOT_AUTH_TOKEN: 't'.repeat(18),
    });
    assert.ok(result.ok);
    assert.equal(result.warnings.length, 2, result.warnings.join('\n'));
    assert.match(result.warnings.join('\n'), /HEARTBEAT_INTERVAL="60" has no effect yet/);
    assert.match(result.warnings.join('\n'), /BOT_AUTH_TOKEN is set but not used yet.*handed to no child/);
    assert.ok(!result.warnings.join().includes('ttt'));
  });

  it('binance_ws and paper say so', () => {
    assert.match(onlyProblem({ DATA_SOURCE: 'binance_ws' }), /not built yet/);
    assert.match(onlyProblem({ CONNECTOR_PROFILE: 'paper' }), /not built yet/);
  });
});

describe('settings of the context', () => {
  it('come as it takes them: ms, and widths as exact decimals', () => {
    const usual = parse({});
    assert.ok(usual.ok);
    assert.deepEqual(usual.config.context, usualContextSettings);
    const own = parse({
      CVD_RESET_SECONDS: '60',
      LIQUIDATION_BIN_SIZE: '2.50',
      LIQUIDATION_MAX_CLUSTERS: '7',
      PROFILE_TICK_SIZE: '0.000000001',
    });
    assert.ok(own.ok);
    assert.deepEqual(own.warnings, []);
    assert.deepEqual(own.config.context, {
      cvdResetMs: 60_000,
      liquidationBinSize: { mantissa: 25, decimals: 1, text: '2.5' },
      liquidationMaxClusters: 7,
      profileTickSize: '0.000000001',
    });
  });

  it('refuse a width that is none, and one of more digits than prices have', () => {
    assert.match(onlyProblem({ LIQUIDATION_BIN_SIZE: '0' }), /LIQUIDATION_BIN_SIZE/);
    assert.match(onlyProblem({ PROFILE_TICK_SIZE: '123456.12345678912' }), /at most 15 digits/);
  });
});

describe('risks', () => {
  it('an API that is open to other machines without a token is warned about', () => {
    const result = parse({ HOST: '0.0.0.0' });
    assert.ok(result.ok);
    assert.match(result.warnings.join(), /API_TOKEN/);
  });

  it('strategies must exist, and their paths become absolute', () => {
    assert.match(onlyProblem({ STRATEGIES: './mine.ts' }), /no file \/somewhere\/mine\.ts/);
    const config = configOf({ STRATEGIES: './mine.ts, ./mine.ts' }, {}, ['/somewhere/mine.ts']);
    assert.deepEqual(config.strategies, ['/somewhere/mine.ts']);
  });
});
