/** One writer a folder: who waits, who takes over, and that there are never two. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { lockFolder, takeOver } from '../../../../connector/history/io/lock.ts';

const token = '11111111-2222-4333-8444-555555555555';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'towline-lock-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function left(folder: string, holder: object, name = '.lock'): void {
  const usual = { pid: process.pid, started: null, host: hostname(), token };
  writeFileSync(path.join(folder, name), JSON.stringify({ ...usual, ...holder }));
}

/** The number of a process that has ended. */
function deadPid(): number {
  const { pid } = spawnSync(process.execPath, ['--version']);
  return pid;
}

describe('the lock of a folder', () => {
  it('is held by one; the other is told by whom, and gets it when it is free', async (t) => {
    const folder = folderOf(t);
    const lock = await lockFolder(folder, 0);
    await assert.rejects(lockFolder(folder, 0), {
      code: 'store_busy',
      message: new RegExp(`is being written by process ${process.pid} on `),
    });
    const waiting = lockFolder(folder, 10_000);
    await lock.release();
    await (await waiting).release();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('of a dead process is taken over, with what it left', async (t) => {
    const folder = folderOf(t);
    left(folder, { pid: deadPid() });
    left(folder, { pid: deadPid(), token: token.replace('1', '2') }, '.lock.draft-of-somebody');
    await (await lockFolder(folder, 0)).release();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('of a process whose number is used again is taken over', async (t) => {
    const folder = folderOf(t);
    left(folder, { started: 'another time' });
    await (await lockFolder(folder, 0)).release();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('is taken over also when a taker died on the way', async (t) => {
    const folder = folderOf(t);
    left(folder, { pid: deadPid() });
    left(folder, { pid: deadPid(), token: token.replace('1', '2') }, `.lock.${token}`);
    await (await lockFolder(folder, 0)).release();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('of another machine is respected: nobody here knows whether it lives', async (t) => {
    const folder = folderOf(t);
    left(folder, { pid: deadPid(), host: 'elsewhere' });
    await assert.rejects(lockFolder(folder, 0), {
      message: /on elsewhere.*or remove .*\.lock if that machine/,
    });
  });

  it('that another taker has got meanwhile is not taken', async (t) => {
    const folder = folderOf(t);
    left(folder, { pid: deadPid() });
    left(folder, { token: token.replace('1', '2') }, `.lock.${token}`);
    await assert.rejects(lockFolder(folder, 0), { code: 'store_busy' });
  });

  it('that somebody took over since it was found dead is left to him', async (t) => {
    const folder = folderOf(t);
    const file = path.join(folder, '.lock');
    left(folder, { token: token.replace('1', '2') });
    const before = readFileSync(file, 'utf8');
    const holder = { pid: process.pid, started: null, host: hostname() };
    const [dead, own] = [
      { ...holder, pid: deadPid(), token },
      { ...holder, token: token.replace('1', '3') },
    ];
    assert.equal(await takeOver(file, dead, own), false);
    assert.equal(readFileSync(file, 'utf8'), before);
    assert.deepEqual(readdirSync(folder), ['.lock']);
  });

  it('is never held by two, however many find the same dead one', async (t) => {
    const folder = folderOf(t);
    for (let round = 0; round < 5; round += 1) {
      left(folder, { pid: deadPid() });
      let inside = 0;
      await Promise.all(
        Array.from({ length: 12 }, async () => {
          const lock = await lockFolder(folder, 60_000);
          inside += 1;
          assert.equal(inside, 1);
          await new Promise((resolve) => setImmediate(resolve));
          inside -= 1;
          await lock.release();
        }),
      );
      assert.deepEqual(readdirSync(folder), []);
    }
  });
});
