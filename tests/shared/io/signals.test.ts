import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { onStopSignal } from '../../../shared/io/signals.ts';
import { root } from '../../helpers/processes.ts';

test('the first signal asks to stop, its copies are the same wish, a later one ends at once', () => {
  let now = 5_000;
  const heard: (string | number)[] = [];
  const listenNoMore = onStopSignal((signal) => heard.push(signal), {
    monoMs: () => now,
    exit: (code) => heard.push(code),
  });
  process.emit('SIGINT');
  now += 999;
  process.emit('SIGINT'); // npm and the wrapper pass the same Ctrl-C on
  process.emit('SIGTERM');
  assert.deepEqual(heard, ['SIGINT']);
  now += 1;
  process.emit('SIGINT');
  process.emit('SIGTERM');
  assert.deepEqual(heard, ['SIGINT', 130, 143]);
  listenNoMore();
  assert.deepEqual([process.listenerCount('SIGINT'), process.listenerCount('SIGTERM')], [0, 0]);
});

test('a program that takes long to stop ends at the second signal', async () => {
  const module = path.join(root, 'shared', 'io', 'signals.ts');
  const program = `
    import { onStopSignal } from ${JSON.stringify(module)};
    let now = 0;
    onStopSignal((signal) => console.log(signal), { monoMs: () => (now += 1_000), exit: (code) => process.exit(code) });
    setInterval(() => undefined, 1_000);
    console.log('listening');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    child.kill('SIGTERM');
  }
  assert.deepEqual(lines, ['listening', 'SIGTERM']);
  assert.deepEqual(await ended, [143, null]);
});
