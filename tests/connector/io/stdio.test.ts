/** How a connector notices that nobody needs it any more. Real processes; each way alone, so that no other can stand in for it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { cleanEnv, isAlive, type Program, root, startProgram } from '../../helpers/processes.ts';
import { until } from '../../helpers/until.ts';

/** Nobody listens there: the connector has to run without an exchange. */
const nowhere = ['connector/main.ts', 'stream', '--symbol', 'BTCUSDT', '--url', 'ws://127.0.0.1:9'];
const quick = { TIME_SCALE: '0.1' };

async function started(env: Readonly<Record<string, string>>): Promise<Program> {
  const program = startProgram(nowhere, { ...quick, ...env });
  await until('the connector is ready', () => program.stdout[0]?.includes('"status":"ready"'));
  return program;
}

function why(program: Program): string {
  return program.stderr.filter((line) => line.includes('"event":"connector_stopping"')).join('\n');
}

test('the end of stdin stops it when it was told so, while its parent lives', async () => {
  const program = await started({ TOWLINE_STOP_ON_EOF: '1', TOWLINE_PARENT_PID: String(process.pid) });
  program.child.stdin?.end();
  assert.equal(await program.ended, 0);
  assert.match(why(program), /"why":"stdin ended"/);
});

test('the end of stdin alone is no reason to stop: it may run with stdin closed', async () => {
  const program = await started({});
  program.child.stdin?.end();
  await until(
    'it goes on talking',
    () => program.stdout.filter((line) => line.includes('heartbeat')).length >= 3,
  );
  assert.equal(await program.stop(), 0);
  assert.match(why(program), /"why":"SIGTERM"/);
});

test('the death of the parent that was named to it stops it, although its stdin stays open', async () => {
  const parent = spawn('sleep', ['100']);
  const program = await started({ TOWLINE_STOP_ON_EOF: '1', TOWLINE_PARENT_PID: String(parent.pid) });
  parent.kill('SIGKILL');
  assert.equal(await program.ended, 0);
  assert.match(why(program), /"why":"parent gone"/);
});

test('the death of its real parent stops it, although somebody else holds its stdin open', async (t) => {
  // A shell gives a job in the background no stdin of ours unless it is handed over.
  const script = 'exec 3<&0; "$0" bin/towline.mjs "$@" --stop-on-eof <&3 & echo "pid $!"; wait';
  const shell = spawn('sh', ['-c', script, process.execPath, ...nowhere], {
    cwd: root,
    env: cleanEnv({ ...quick, LOG_LEVEL: 'silent' }),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines: string[] = [];
  createInterface({ input: shell.stdout }).on('line', (line) => lines.push(line));
  await until('the connector is ready', () => lines.some((line) => line.includes('"status":"ready"')));
  const pid = Number(lines.find((line) => line.startsWith('pid '))?.slice(4));
  assert.ok(isAlive(pid));
  t.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'));
  shell.kill('SIGKILL');
  await until('it has stopped by itself', () => !isAlive(pid), 5_000);
  shell.stdin.destroy();
});

test('a reader that goes away is an ordinary end', async () => {
  const program = await started({});
  program.child.stdout?.destroy();
  assert.equal(await program.ended, 0, program.stderr.join('\n'));
  assert.match(why(program), /"why":"stdout closed"/);
});

test('a reader that does not read does not keep it from stopping', async () => {
  const child = spawn(process.execPath, nowhere, { cwd: root, env: cleanEnv(quick), stdio: 'pipe' });
  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
  child.stdin.on('error', () => undefined);
  await until('it streams', () => log.some((line) => line.includes('connector_started')));
  // Several MB of replies that nobody takes: far more than a pipe holds.
  for (let id = 0; id < 20_000; id += 1) child.stdin.write(`{"command":"stats","id":"${id}"}\n`);
  await until('all commands were taken', () => child.stdin.writableLength === 0);
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
  child.stdout.destroy();
});
