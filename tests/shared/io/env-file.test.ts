import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { readEnvFile, readJsonFile } from '../../../shared/io/env-file.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'towline-env-'));
after(() => rmSync(folder, { recursive: true }));

function fileWith(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

describe('readEnvFile', () => {
  it('reads names and values, also behind a byte order mark', () => {
    assert.deepEqual(readEnvFile(fileWith('a', '\uFEFFA=1\nB="two words"\n'), true), {
      values: { A: '1', B: 'two words' },
      problems: [],
    });
  });

  it('takes a missing file as empty unless it was asked for by name', () => {
    assert.deepEqual(readEnvFile(path.join(folder, 'none'), false), { values: {}, problems: [] });
    const result = readEnvFile(path.join(folder, 'none'), true);
    assert.match(result.problems.join(), /none: it does not exist/);
  });

  it('says what cannot be read and why', () => {
    assert.ok(readEnvFile(folder, false).problems.join().includes(folder));
  });
});

describe('readJsonFile', () => {
  it('names the file that is not JSON', () => {
    assert.deepEqual(readJsonFile(fileWith('good.json', '{"a":1}')), { ok: true, value: { a: 1 } });
    const result = readJsonFile(fileWith('bad.json', '{"a":'));
    assert.ok(!result.ok);
    assert.match(result.failure.message, /bad\.json is not JSON/);
  });
});
