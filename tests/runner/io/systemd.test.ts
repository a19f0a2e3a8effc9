import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { execa } from 'execa';
import { serviceManager, watchdogIntervalMs } from '../../../runner/io/systemd.ts';
import { openLog } from '../../../shared/io/log.ts';
import { until } from '../../helpers/until.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'towline-systemd-'));
after(() => rmSync(folder, { recursive: true }));
const log = openLog({ level: 'silent', program: 'runner' });
const messages = path.join(folder, 'messages');
const environment = { NOTIFY_SOCKET: '/run/x', PATH: `${folder}:/usr/bin:/bin`, SECRET: 'x' };

/** A systemd-notify that writes down what it was given. */
writeFileSync(
  path.join(folder, 'systemd-notify'),
  `#!/bin/sh\necho "$NOTIFY_SOCKET $SECRET|$*" >> ${messages}\n`,
);
chmodSync(path.join(folder, 'systemd-notify'), 0o755);

function received(): readonly string[] {
  return existsSync(messages) ? readFileSync(messages, 'utf8').trim().split('\n') : [];
}

function forget(): void {
  rmSync(messages, { force: true });
}

describe('serviceManager', () => {
  it('sends ready with a status of one line, and hands nothing of our environment on', async () => {
    forget();
    const manager = serviceManager(environment, log);
    await manager.ready('API on\n127.0.0.1:8000');
    assert.deepEqual(received(), ['/run/x |READY=1 STATUS=API on 127.0.0.1:8000']);
  });

  it('does nothing outside of systemd', async () => {
    forget();
    const manager = serviceManager({ PATH: environment.PATH, WATCHDOG_USEC: '3000' }, log);
    manager.startWatchdog();
    await manager.ready('x');
    await manager.stopping();
    assert.deepEqual(received(), []);
  });

  it('gives signs of life until we stop', async () => {
    forget();
    const signs = (socket: string) =>
      received().filter((line) => line.startsWith(socket) && line.endsWith('WATCHDOG=1')).length;
    const watched = { ...environment, WATCHDOG_USEC: '60000' };
    const manager = serviceManager(watched, log);
    const keepRunning = setInterval(() => {}, 1_000);
    manager.startWatchdog();
    await until('signs of life came', () => signs('/run/x') > 1);
    await manager.stopping();
    assert.ok(received().some((line) => line.endsWith('|STOPPING=1 STATUS=stopping')));
    const before = signs('/run/x');
    // Another one tells how time passes.
    const other = serviceManager({ ...watched, NOTIFY_SOCKET: '/run/y' }, log);
    other.startWatchdog();
    await until('another one gave five', () => signs('/run/y') > 4);
    await other.stopping();
    clearInterval(keepRunning);
    assert.ok(signs('/run/x') <= before + 1, 'one may have been on its way');
  });

  it('goes on when systemd-notify is missing', async () => {
    const manager = serviceManager({ NOTIFY_SOCKET: '/run/x', PATH: '/nowhere' }, log);
    await manager.ready('x');
    await manager.stopping();
  });

  it('is heard by a real receiver through the real systemd-notify', async (context) => {
    const found = await execa('sh', ['-c', 'command -v systemd-notify && command -v python3'], {
      reject: false,
    });
    if (found.exitCode !== 0) return context.skip('systemd-notify or python3 is not installed here');
    const socket = path.join(folder, 'notify');
    const script = [
      'import socket, sys',
      's = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)',
      's.bind(sys.argv[1])',
      'print("bound", flush=True)',
      'while True: print(s.recv(4096).decode().replace("\\n", "|"), flush=True)',
    ].join('\n');
    const receiver = execa('python3', ['-c', script, socket], { buffer: false, reject: false });
    try {
      let heard = '';
      receiver.stdout.on('data', (chunk: Buffer) => {
        heard += chunk.toString();
      });
      await until('the receiver listens', () => heard.includes('bound'));
      await serviceManager({ NOTIFY_SOCKET: socket, PATH: process.env['PATH'] }, log).ready('flowing');
      await until('the message came', () => /READY=1\|STATUS=flowing/.test(heard));
    } finally {
      receiver.kill('SIGKILL');
      await receiver;
    }
  });
});

describe('watchdogIntervalMs', () => {
  it('is a third of WatchdogSec', () => {
    assert.equal(watchdogIntervalMs({ WATCHDOG_USEC: '30000000' }), 10_000);
    for (const value of [undefined, '', '0', 'x', '-5'])
      assert.equal(watchdogIntervalMs({ WATCHDOG_USEC: value }), undefined);
  });
});
