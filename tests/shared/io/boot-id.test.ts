/** By what it is known whether the machine has run on since something was written. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { bootId } from '../../../shared/io/boot-id.ts';

it('the id of a boot is what the kernel says, or unknown', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'towline-boot-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'boot_id');
  assert.equal(bootId(file), undefined, 'no such file');
  writeFileSync(file, '37441af0-1193-4b4e-ae26-7552fec62d60\n');
  assert.equal(bootId(file), '37441af0');
  for (const text of ['', 'none', '37441af', 'x37441af0-1193', '\n37441af0-1193']) {
    writeFileSync(file, text);
    assert.equal(bootId(file), undefined, JSON.stringify(text));
  }
  if (process.platform === 'linux') assert.equal(bootId(), bootId(), 'and the same as long as it runs');
});
