import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { execa } from 'execa';
import {
  isReadableByOthers,
  probeFolder,
  probeNode,
  probePort,
} from '../../../../runner/doctor/io/machine-probes.ts';
import { until } from '../../../helpers/until.ts';

const root = path.resolve(import.meta.dirname, '../../../..');
const folder = mkdtempSync(path.join(tmpdir(), 'towline-doctor-'));
after(() => rmSync(folder, { recursive: true }));

describe('probePort', () => {
  it('tells a free port, a taken one with its holder, and an address that is not ours', async () => {
    const server = createServer();
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, '127.0.0.1', resolve);
    await promise;
    const { port } = server.address() as AddressInfo;
    const taken = await probePort('127.0.0.1', port);
    assert.equal(taken.kind, 'taken');
    if (process.platform === 'linux' && taken.kind === 'taken') assert.equal(taken.holder?.pid, process.pid);
    const closed = Promise.withResolvers<void>();
    server.close(() => closed.resolve());
    await closed.promise;
    assert.deepEqual(await probePort('127.0.0.1', port), { kind: 'free' });
    assert.deepEqual(await probePort('192.0.2.1', 0), { kind: 'refused', code: 'EADDRNOTAVAIL' });
  });
});

describe('probeFolder', () => {
  it('writes a file and leaves nothing behind; what is not there is judged by where it would be', () => {
    const probe = probeFolder(folder);
    assert.equal(probe.unwritable, undefined);
    assert.ok((probe.freeBytes ?? 0) > 0);
    assert.deepEqual(readdirSync(folder), []);
    assert.equal(probeFolder(path.join(folder, 'new', 'deep')).unwritable, undefined);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('says why it cannot be used', () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    assert.match(probeFolder(file).unwritable ?? '', /not a directory|ENOTDIR|EEXIST/);
    assert.match(probeFolder(path.join(file, 'below')).unwritable ?? '', /not a folder/);
    rmSync(file);
  });

  it('names the process that holds a lock there', async (context) => {
    if (process.platform !== 'linux') return context.skip('only Linux tells who holds a lock');
    const data = path.join(folder, 'data');
    mkdirSync(data);
    const holder = execa(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import Database from 'better-sqlite3'; const d = new Database(${JSON.stringify(path.join(data, 'x.db'))}); d.exec('BEGIN EXCLUSIVE; CREATE TABLE a(b)'); console.log('locked'); setInterval(() => {}, 1000);`,
      ],
      { cwd: root, reject: false, buffer: false },
    );
    try {
      let said = '';
      holder.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      await until('the lock is held', () => said.includes('locked'));
      const found = probeFolder(data).holder;
      if (found === undefined) return context.skip('/proc/locks does not tell processes of this container');
      assert.equal(found.pid, holder.pid);
      assert.match(found.command, /node/);
    } finally {
      holder.kill('SIGKILL');
      await holder;
    }
    assert.equal(probeFolder(data).holder, undefined);
  });
});

describe('the rest', () => {
  it('Node is told, and whether others may read a file', () => {
    assert.equal(probeNode(root).version, process.versions.node);
    const file = path.join(folder, 'secret');
    writeFileSync(file, 'x');
    chmodSync(file, 0o600);
    assert.equal(isReadableByOthers(file), false);
    chmodSync(file, 0o644);
    assert.equal(isReadableByOthers(file), true);
    assert.equal(isReadableByOthers(path.join(folder, 'none')), false);
  });
});
