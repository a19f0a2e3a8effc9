/** Recordings as they lie on the disk: plain, packed, cut off, missing. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { recordedLines } from '../../../connector/io/recorded-lines.ts';
import { temporaryFolder } from '../../helpers/processes.ts';

const folder = temporaryFolder();
const lines = Array.from({ length: 20_000 }, (_none, index) => `{"t":"recv","at":${index * 7919}}`);
const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));

async function linesOf(file: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const line of recordedLines(file)) found.push(line);
  return found;
}

async function read(name: string, content: Uint8Array): Promise<readonly string[]> {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return await linesOf(file);
}

test('the lines are the same, packed or not', async () => {
  assert.deepEqual(await read('a.jsonl', text), lines);
  assert.deepEqual(await read('a.jsonl.gz', gzipSync(text)), lines);
  assert.deepEqual(await read('a.jsonl.zst', zstdCompressSync(text)), lines);
});

test('what cannot be read or unpacked is an error, never a shorter recording', async () => {
  const packed = zstdCompressSync(text);
  await assert.rejects(read('cut.jsonl.zst', packed.subarray(0, packed.length - 10)));
  await assert.rejects(read('cut.jsonl.gz', gzipSync(text).subarray(0, 5_000)));
  await assert.rejects(read('plain.jsonl.gz', text));
  await assert.rejects(linesOf(path.join(folder, 'none.jsonl.zst')), /ENOENT/);
});
