/** What systemd hears from a whole runner: ready when the API answers, alive from then on, stopping before anything stops. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { freePort } from '../helpers/free-port.ts';
import { root, startProgram, startRunner, temporaryFolder } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const socket = '/run/towline-test/notify';
/** A third of it passes between two signs of life. */
const watchdogMs = 900;

type Message = {
  readonly messages: readonly string[];
  readonly socket: string;
  /** How the API answered while this was being told; null when nobody did. */
  readonly status: number | null;
  readonly childLives: boolean | null;
};

/** A folder for the front of PATH with a systemd-notify that writes down what it hears. */
function fakeServiceManager(url: string): {
  readonly folder: string;
  readonly heard: () => readonly Message[];
} {
  const folder = temporaryFolder();
  const file = path.join(folder, 'heard');
  const program = path.join(folder, 'systemd-notify');
  const script = path.join(root, 'tests', 'fixtures', 'systemd-notify.mjs');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${script}' '${file}' '${url}' "$@"\n`);
  chmodSync(program, 0o755);
  const heard = () =>
    (existsSync(file) ? readFileSync(file, 'utf8') : '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Message);
  return { folder, heard };
}

test('systemd hears READY=1 once the API answers, signs of life from then on, and STOPPING=1 while the child still lives', async () => {
  const port = await freePort();
  const { folder, heard } = fakeServiceManager(`http://127.0.0.1:${port}`);
  const runner = await startRunner({
    PORT: String(port),
    // READY=1 does not wait for the exchange, nor for a connector that says nothing.
    CONNECTOR_COMMAND: 'sleep 100',
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    NOTIFY_SOCKET: socket,
    WATCHDOG_USEC: String(watchdogMs * 1_000),
  });
  const told = (word: string) => heard().filter(({ messages }) => messages[0] === word);
  await until('there were signs of life', () => told('WATCHDOG=1').length >= 3);
  const [first] = heard();
  assert.equal(first?.messages[0], 'READY=1', 'ready comes first');
  assert.match(first.messages[1] ?? '', new RegExp(`^STATUS=.*API on http://127\\.0\\.0\\.1:${port}`));
  assert.equal(told('READY=1').length, 1);
  assert.equal(told('STOPPING=1').length, 0);

  assert.equal(await runner.stop('SIGTERM'), 0);
  assert.equal(told('STOPPING=1').length, 1, 'it is told that we stop');
  // A last sign of life may have been under way when we stopped.
  const settled = [...told('READY=1'), ...told('WATCHDOG=1').slice(0, 3), ...told('STOPPING=1')];
  for (const { messages, ...around } of settled)
    assert.deepEqual(around, { socket, status: 200, childLives: true }, `the API answers at ${messages[0]}`);
});

test('a runner that cannot start never says READY=1', async () => {
  const port = await freePort();
  const { folder, heard } = fakeServiceManager(`http://127.0.0.1:${port}`);
  const first = await startRunner({ PORT: String(port), CONNECTOR_COMMAND: 'sleep 100' });
  const second = startProgram(['runner/main.ts'], {
    PORT: String(port),
    DATA_DIR: temporaryFolder(),
    CONNECTOR_COMMAND: 'sleep 100',
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    NOTIFY_SOCKET: socket,
  });
  assert.equal(await second.ended, 75);
  assert.deepEqual(heard(), []);
  assert.equal(await first.stop(), 0);
});
