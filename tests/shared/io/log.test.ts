/** Secrets never reach a log, by whatever way they come. The log of a process of its own is read, as an operator would. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const module = path.resolve(import.meta.dirname, '../../../shared/io/log.ts');
const fileModule = path.resolve(import.meta.dirname, '../../../shared/io/log-file.ts');
const KEY = 'XkeyOfTheUser77';
const SECRET = 'XsecretOfTheUser77';

async function logged(script: string): Promise<{ stdout: string; stderr: string }> {
  const code = `
    const { openLog } = await import(${JSON.stringify(module)});
    const log = openLog({ level: 'debug', program: 'test', secrets: [${JSON.stringify(KEY)}, ${JSON.stringify(SECRET)}] });
    ${script}`;
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
}

test('logs are JSON lines with an event, on stderr alone', async () => {
  const { stdout, stderr } = await logged(
    `log.info({ event: 'ws_connected', url: 'ws://x' }, 'connected'); log.trace('not at this level');`,
  );
  assert.equal(stdout, '');
  const line = JSON.parse(stderr.trim()) as Record<string, unknown>;
  assert.deepEqual(
    [line['level'], line['event'], line['program'], line['msg']],
    ['info', 'ws_connected', 'test', 'connected'],
  );
  assert.ok(!Number.isNaN(Date.parse(String(line['time']))));
});

test('the values of secrets are cut out of fields, messages, errors and nested objects', async () => {
  const { stderr } = await logged(`
    log.info({ event: 'a', api_key: '${KEY}', apiSecret: '${SECRET}', signature: 'abc123sign', headers: { 'X-BAPI-SIGN': 'abc123sign' }, deep: { more: { token: '${SECRET}' } } });
    log.error({ event: 'b', err: new Error('10004 error sign! origin_string[1658${KEY}5000]') }, 'bad sign for ${KEY}');
    log.child({ list: ['${SECRET}'] }).warn('x');`);
  for (const secret of [KEY, SECRET, 'abc123sign'])
    assert.equal(stderr.includes(secret), false, `${secret} in ${stderr}`);
  assert.equal(stderr.trim().split('\n').length, 3);
});

test('a secret is found in its escaped form too, and the copy of the log is as clean as stderr', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'towline-log-'));
  const odd = 'quote"back\\slash';
  const code = `
    const { openLog } = await import(${JSON.stringify(module)});
    const { openLogFile } = await import(${JSON.stringify(fileModule)});
    const ports = { nowMs: () => ${Date.parse('2026-11-21T12:00:00Z')}, onTrouble: () => {}, onRecovered: () => {} };
    const file = openLogFile(${JSON.stringify(path.join(folder, 'a.log'))}, ports).value;
    process.on('exit', () => file.flush());
    const log = openLog({ level: 'info', program: 'test', secrets: [${JSON.stringify(odd)}], copy: file });
    for (let number = 1; number <= 50; number += 1) log.info({ event: 'a', token: 'x', number }, ${JSON.stringify(odd)});
    log.fatal({ event: 'last' }, 'the end');
    process.exit(3);`;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
  const { stderr } = await run.then(
    () => assert.fail('expected exit code 3'),
    (error: unknown) => error as { readonly stderr: string },
  );
  const copy = readFileSync(path.join(folder, 'a.2026-11-21.1.log'), 'utf8');
  rmSync(folder, { recursive: true });
  assert.equal(copy, stderr, 'also the last line before the exit');
  assert.equal(stderr.trim().split('\n').length, 51);
  assert.equal(stderr.includes('slash'), false, stderr.slice(0, 300));
});
