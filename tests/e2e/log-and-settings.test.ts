/** What the runner does with its log file, and with settings that cannot be: whole programs, as an operator starts them. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import {
  childOf,
  fault,
  startExchange,
  startProgram,
  startRunner,
  startRunnerOn,
  temporaryFolder,
  untilReady,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

test('a broken .env, a wrong value and a wrong name are told in one message, with exit code 78', async () => {
  const file = path.join(temporaryFolder(), 'bad.env');
  writeFileSync(file, 'just words\nPORT=eighty\nALLOWED_HOSTS=http://bot.example.org\n');
  const runner = startProgram(['runner/main.ts', '--settings', file], { CATEGORY: 'linar' });
  assert.equal(await runner.ended, 78);
  const words = runner.stderr.join('\n');
  assert.match(words, /4 settings are wrong/);
  for (const part of ['line 1 is neither', 'CATEGORY="linar"', 'PORT="eighty"', 'ALLOWED_HOSTS='])
    assert.ok(words.includes(part), words);
});

test('a log file that cannot be written is told with path, reason and cure, and nothing is started', async () => {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'file'), '');
  const runner = startProgram(['runner/main.ts'], {
    PORT: '0',
    DATA_DIR: path.join(folder, 'data'),
    LOG_FILENAME: path.join(folder, 'file', 'towline.log'),
    CONNECTOR_COMMAND: `touch ${folder}/spawned`,
  });
  assert.equal(await runner.ended, 78);
  assert.match(
    runner.stderr.join('\n'),
    /LOG_FILENAME: the log file \S+towline\.log cannot be written: .*remove it/,
  );
  assert.equal(existsSync(path.join(folder, 'spawned')), false);
  assert.equal(existsSync(path.join(folder, 'data')), false);
});

test('the log file holds what stderr says, to the last line, without the secrets', async () => {
  const folder = temporaryFolder();
  const secrets = { API_TOKEN: 'correct-horse-battery', HTTPS_PROXY: 'http://me:pa55word@127.0.0.1:9' };
  const runner = await startRunner({
    ...secrets,
    LOG_FILENAME: path.join(folder, 'towline.log'),
    LOG_LEVEL: 'trace',
    // A foreign child may say anything; here it is the proxy's password, whole and in part.
    CONNECTOR_COMMAND:
      'node -e "console.error(process.env.HTTPS_PROXY, process.env.HTTPS_PROXY.slice(7, 22))"',
  });
  await until('the child has talked', () => runner.stderr.some((line) => line.includes('child_stderr')));
  assert.equal(await runner.stop(), 0);
  const [name = ''] = readdirSync(folder).filter((file) => file.startsWith('towline.'));
  const text = readFileSync(path.join(folder, name), 'utf8');
  assert.match(name, /^towline\.\d{4}-\d\d-\d\d\.1\.log$/);
  assert.match(text.trim().split('\n').at(-1) ?? '', /"event":"runner_stopped"/);
  for (const secret of [secrets.API_TOKEN, 'pa55word']) {
    assert.equal(text.includes(secret), false);
    assert.equal(runner.stderr.join('\n').includes(secret), false);
  }
});

test('a full disk costs the log file and nothing else, and is told once', {
  skip: !existsSync('/dev/full') && 'no /dev/full here',
}, async () => {
  const folder = temporaryFolder();
  // The runner goes on with the newest file of the day; around midnight that is the one of tomorrow.
  for (const day of [0, 86_400_000].map((later) => new Date(Date.now() + later).toISOString().slice(0, 10)))
    symlinkSync('/dev/full', path.join(folder, `towline.${day}.1.log`));
  const runner = await startRunner({
    LOG_FILENAME: path.join(folder, 'towline.log'),
    CONNECTOR_COMMAND: 'false',
  });
  const failures = () => runner.stderr.filter((line) => line.includes('"event":"log_file_failed"'));
  await until('it is told', () => failures().length > 0);
  await until('the runner goes on', async () => {
    const answer = await fetch(`${runner.api}/ws/health`);
    return (
      answer.ok &&
      runner.stderr.filter((line) => line.includes('"event":"bybit_connector_process_died"')).length > 2
    );
  });
  assert.equal(failures().length, 1);
  assert.match(failures()[0] ?? '', /ENOSPC/);
  assert.equal(await runner.stop(), 0);
});

test('the log says what happens by the names that others search for', async () => {
  const exchange = await startExchange('--seed', 'log');
  const runner = await startRunnerOn(exchange, { LOG_LEVEL: 'debug' });
  const untilLogged = (name: string) =>
    until(`${name} is logged`, () => runner.stderr.some((line) => line.includes(`"event":"${name}"`)));
  await untilReady(runner);
  await untilLogged('ws_connected');
  await untilLogged('bybit_trade');
  await fault(exchange, { kind: 'malformed_frame' });
  await untilLogged('bybit_decode_error');
  await fault(exchange, { kind: 'drop' });
  await untilLogged('ws_disconnected');
  await untilLogged('bybit_ws_error');
  const { pid } = await childOf(runner);
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  await untilLogged('bybit_connector_process_died');
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('the API is served under the names of ALLOWED_HOSTS, and under no others', async () => {
  const runner = await startRunner({
    ALLOWED_HOSTS: 'Bot.example.org, dev.local:5173',
    CONNECTOR_COMMAND: 'sleep 100',
  });
  const ask = (headers: Readonly<Record<string, string>>) =>
    new Promise<number | undefined>((resolve, reject) => {
      request(`${runner.api}/metrics`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
  assert.equal(await ask({ host: 'bot.example.org' }), 200);
  assert.equal(await ask({ host: 'evil.example.org' }), 403);
  assert.equal(await ask({ host: 'bot.example.org', origin: 'http://dev.local:5173' }), 200);
  assert.equal(await ask({ host: 'bot.example.org', origin: 'http://dev.local:5174' }), 403);
  assert.equal(await runner.stop(), 0);
});
