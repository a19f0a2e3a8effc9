/** The doctor as the user runs it: a process, against the simulated exchange and against broken surroundings. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { BAN_FILE } from '../../../shared/bans.ts';
import { until } from '../../helpers/until.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const folder = mkdtempSync(path.join(tmpdir(), 'towline-doctor-'));
const children = path.join(root, 'tests/fixtures/children');

function startExchange() {
  const command = [
    path.join(root, 'connector/exchange/main.ts'),
    '--port',
    '0',
    '--seed',
    'doctor',
    '--stop-on-eof',
  ];
  return execa(process.execPath, command, { buffer: false, reject: false, stdin: 'pipe', stderr: 'ignore' });
}

let exchange: ReturnType<typeof startExchange>;
let origin = '';

before(async () => {
  exchange = startExchange();
  let said = '';
  exchange.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  origin = await until('the exchange listens', () => /"url":"http:\/\/([^"]+)"/.exec(said)?.[1]);
});

after(async () => {
  exchange.kill('SIGTERM');
  await exchange;
  rmSync(folder, { recursive: true });
});

type Variables = Readonly<Record<string, string>>;

/** Runs the doctor with these settings and nothing else in the environment. */
async function doctor(settings: Variables, args: readonly string[] = []) {
  const env = {
    PATH: process.env['PATH'] ?? '',
    DATA_DIR: path.join(folder, 'data'),
    PORT: '0',
    ...settings,
  };
  const command = [path.join(root, 'runner/doctor/main.ts'), ...args];
  return await execa(process.execPath, command, {
    cwd: folder,
    env,
    extendEnv: false,
    reject: false,
    all: true,
  });
}

function simulated(): Variables {
  return {
    CONNECTOR_PROFILE: 'simulated',
    BYBIT_WEBSOCKET_PUBLIC_URL: `ws://${origin}/v5/public`,
    BYBIT_REST_BASE_URL: `http://${origin}`,
  };
}

describe('npm run doctor', () => {
  it('finds nothing wrong when everything works, down to the first data of every topic', async () => {
    const result = await doctor({ ...simulated(), SYMBOLS: 'BTCUSDT,spot:BTCUSDT' });
    assert.equal(result.exitCode, 0, result.all);
    assert.doesNotMatch(result.stdout, /FAIL/);
    for (const part of [
      'Node',
      'settings: valid',
      'port',
      'DATA_DIR',
      'disk',
      'lock',
      'proxy',
      'REST',
      'clock',
      'socket',
    ]) {
      assert.match(result.stdout, new RegExp(`^ok {4}${part}`, 'm'));
    }
    for (const topic of [
      'trades:linear:BTCUSDT',
      'depth.50:linear:BTCUSDT',
      'trades:spot:BTCUSDT',
      'depth.50:spot:BTCUSDT',
    ]) {
      assert.match(
        result.stdout,
        new RegExp(`^ok {4}${topic}: acknowledged after .*, first data after `, 'm'),
      );
    }
    assert.match(result.stdout, /\n\nNothing is wrong\.$/);
  });

  it('tells a symbol that the exchange does not know', async () => {
    const result = await doctor({ ...simulated(), SYMBOL: 'NOPEUSDT' });
    assert.equal(result.exitCode, 1);
    assert.match(
      result.stdout,
      /FAIL {2}trades:linear:NOPEUSDT: refused: .*NOPEUSDT\n {6}-> Check the symbol/,
    );
  });

  it('tells that nobody listens, by REST, by socket, and by topic', async () => {
    const nowhere = {
      BYBIT_WEBSOCKET_PUBLIC_URL: 'ws://127.0.0.1:1/v5/public',
      BYBIT_REST_BASE_URL: 'http://127.0.0.1:1',
    };
    const result = await doctor({ CONNECTOR_PROFILE: 'simulated', ...nowhere, TIME_SCALE: '0.4' });
    assert.equal(result.exitCode, 1);
    assert.match(result.stdout, /FAIL {2}REST http:\/\/127\.0\.0\.1:1\/.*nobody listens there/);
    assert.match(
      result.stdout,
      /FAIL {2}socket ws:\/\/127\.0\.0\.1:1\/v5\/public\/linear: nobody listens there/,
    );
    assert.match(result.stdout, /FAIL {2}trades:linear:BTCUSDT: not acknowledged/);
  });

  it('asks no address that is shut out, and says until when', async () => {
    const end = Date.now() + 60_000;
    const dataDir = path.join(folder, 'shut-out');
    mkdirSync(dataDir);
    const ban = { until: end, code: 'ip_banned', reason: 'HTTP 403: too frequent' };
    const bans = [
      { ...ban, scope: 'rest 127.0.0.1:1', until: end + 1 },
      { ...ban, scope: `rest ${origin}` },
    ];
    writeFileSync(path.join(dataDir, BAN_FILE), JSON.stringify({ bans }));
    const result = await doctor({ ...simulated(), DATA_DIR: dataDir });
    assert.equal(result.exitCode, 1);
    const at = new Date(end).toISOString();
    assert.match(
      result.stdout,
      new RegExp(`FAIL  REST .*not asked: this address is shut out until ${at} \\(HTTP 403`),
    );
    assert.match(result.stdout, /stop the runner and remove .*shut-out\/bans\.json/);
    assert.doesNotMatch(result.stdout, /^ok {4}(REST|clock)/m);
    assert.match(result.stdout, /^ok {4}socket/m);
  });

  it('lists every wrong setting and stops there', async () => {
    const result = await doctor({ PORT: 'x', SUBSCRIPTIONS: 'nothing', REDIS_URL: 'redis://secret@host' });
    assert.equal(result.exitCode, 1);
    assert.equal(result.stdout.match(/^FAIL {2}settings/gm)?.length, 3);
    assert.doesNotMatch(result.stdout, /secret/);
    assert.match(result.stdout, /^- {5}the rest/m);
  });

  it('reads the file it is told, and warns when others can read a secret in it', async () => {
    const file = path.join(folder, 'open.env');
    writeFileSync(file, 'BYBIT_API_KEY=abcdefgh\nPORT=not-a-port\n', { mode: 0o644 });
    const result = await doctor({ PORT: '' }, ['--settings', 'open.env']);
    assert.match(result.stdout, /chmod 600/);
    assert.match(result.stdout, /PORT="not-a-port"/);
    assert.doesNotMatch(result.stdout, /abcdefgh/);
    // Node looks for this very flag among the arguments of programs, too, and ends with words of its own.
    const missing = await doctor({}, ['--settings', 'none.env']);
    assert.notEqual(missing.exitCode, 0);
    assert.match(missing.all, /none\.env/);
  });

  it('ends quietly when its reader has seen enough', async () => {
    const main = path.join(root, 'runner/doctor/main.ts');
    const env = {
      PATH: process.env['PATH'] ?? '',
      DATA_DIR: path.join(folder, 'data'),
      PORT: '0',
      ...simulated(),
    };
    const script = `"${process.execPath}" "${main}" | head -n 1`;
    const result = await execa('sh', ['-c', script], { cwd: folder, env, extendEnv: false, reject: false });
    assert.match(result.stdout, /^ok {4}Node/);
    assert.equal(result.stderr, '');
  });

  it('lists wrong options and ends with 64', async () => {
    const result = await doctor({}, ['--fix', 'now']);
    assert.equal(result.exitCode, 64);
    assert.match(result.stderr, /--fix is not an option/);
    assert.match(result.stderr, /"now" is not expected/);
  });
});

describe('connectors of the user', () => {
  const trial = (script: string, ...args: readonly string[]) => {
    // Only what never gets ready has to be waited for; the others end by themselves.
    const scale = script === 'never-ready.mjs' ? { TIME_SCALE: '0.1' } : {};
    return doctor({ CONNECTOR_COMMAND: ['node', path.join(children, script), ...args].join(' '), ...scale });
  };

  for (const [script, args, sentence] of [
    ['exits-with.mjs', ['78'], /FAIL {2}connector: .*exit code 78 \(wrong settings\)/],
    ['never-ready.mjs', [], /FAIL {2}connector: it did not say that it is ready within 1\.0 s/],
    ['no-such-file.mjs', [], /FAIL {2}connector: .*exit code 1/],
    ['closes-stdout.mjs', [], /FAIL {2}connector: .*closed its stdout/],
  ] as const) {
    it(`${script} is told`, async () => {
      const result = await trial(script, ...args);
      assert.equal(result.exitCode, 1, result.all);
      assert.match(result.stdout, sentence);
      assert.match(result.stdout, /^- {5}network: the connector is a program of your own/m);
    });
  }

  it('a program that does not exist is told by its name', async () => {
    const result = await doctor({ CONNECTOR_COMMAND: './no-such-connector' });
    assert.match(result.stdout, /FAIL {2}connector: .*no program \.\/no-such-connector/);
  });

  it('the child gets no secret, and is gone afterwards', async () => {
    const script = path.join(children, 'tells-secrets.mjs');
    const result = await doctor({
      CONNECTOR_COMMAND: `node ${script}`,
      BYBIT_API_SECRET: 'top-secret-value',
    });
    const [, has, pid] = /refused: secret (\w+) pid (\d+)/.exec(result.stdout) ?? [];
    assert.equal(has, 'false', result.stdout);
    assert.throws(() => process.kill(Number(pid), 0), 'the child still runs');
    assert.doesNotMatch(result.all, /top-secret/);
  });
});
