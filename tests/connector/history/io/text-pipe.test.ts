/** A pipe hands on every byte, waits for nobody who is gone, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { TextPipe } from '../../../../connector/history/io/text-pipe.ts';

function pathOf(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'towline-pipe-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return path.join(folder, 'text');
}

async function pipeAt(file: string): Promise<TextPipe> {
  const pipe = await TextPipe.make(file);
  assert.ok(pipe !== undefined, 'this system makes none');
  return pipe;
}

const long = Buffer.alloc(3_000_000, 'a trade\n');

describe('a pipe of text', () => {
  it('hands on every byte, of which more are written than it holds', async (t) => {
    const pipe = await pipeAt(pathOf(t));
    const reading = readFile(pipe.path);
    await pipe.write(long);
    await pipe.write(Buffer.from('the end'));
    await pipe.end();
    assert.deepEqual(await reading, Buffer.concat([long, Buffer.from('the end')]));
    assert.equal(pipe.isLeft, false);
    await pipe.remove();
    assert.ok(!existsSync(pipe.path));
  });

  it('that its reader leaves drops the rest, and says so', async (t) => {
    const pipe = await pipeAt(pathOf(t));
    const reader = await open(pipe.path, 'r');
    const writing = pipe.write(long);
    await reader.read(Buffer.alloc(1_000));
    await reader.close();
    await writing;
    await pipe.write(long);
    assert.equal(pipe.isLeft, true);
    await pipe.end();
    await pipe.remove();
  });

  it('that nobody opens does not hold its writer', async (t) => {
    const pipe = await pipeAt(pathOf(t));
    const writing = pipe.write(long);
    await pipe.release();
    await writing;
    assert.equal(pipe.isLeft, true);
    await pipe.remove();
    assert.ok(!existsSync(pipe.path));
  });

  it('is the only one of its process, and none where a folder has none', async (t) => {
    const file = pathOf(t);
    const pipe = await pipeAt(file);
    assert.equal(await TextPipe.make(`${file}-2`), undefined);
    await pipe.remove();
    assert.equal(await TextPipe.make(path.join(file, 'nowhere')), undefined);
    await (await pipeAt(file)).remove();
  });

  it('whose writer cannot be opened says so and does not hold its reader', async (t) => {
    const file = pathOf(t);
    const pipe = await TextPipe.make(file, () => Promise.reject(new Error('no handles')));
    assert.ok(pipe !== undefined);
    const reading = readFile(file);
    await assert.rejects(pipe.write(long), /no handles/);
    assert.equal((await reading).length, 0);
    await assert.rejects(pipe.remove(), /no handles/);
    assert.ok(!existsSync(file));
    await (await pipeAt(file)).remove();
  });

  it('is not made where one thread does all such work', async (t) => {
    const before = process.env['UV_THREADPOOL_SIZE'];
    t.after(() => {
      if (before === undefined) delete process.env['UV_THREADPOOL_SIZE'];
      else process.env['UV_THREADPOOL_SIZE'] = before;
    });
    for (const size of ['1', '0', '', 'many', '-3']) {
      process.env['UV_THREADPOOL_SIZE'] = size;
      assert.equal(await TextPipe.make(pathOf(t)), undefined, size);
    }
    process.env['UV_THREADPOOL_SIZE'] = '2';
    await (await pipeAt(pathOf(t))).remove();
  });
});
