import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { parseProfile } from '../../runner/config/profile.ts';

const folder = path.resolve(import.meta.dirname, '../../config');
const readme = readFileSync(path.join(folder, 'README.md'), 'utf8');

describe('config/README.md', () => {
  it('shows a profile that is accepted', () => {
    const example = /```json\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const profile = parseProfile('mine.json', JSON.parse(example));
    assert.ok(profile.ok, profile.ok ? '' : profile.failure.message);
  });

  it('names only files that exist', () => {
    for (const [, target = ''] of readme.matchAll(/\]\(([^)]+)\)/g))
      assert.ok(existsSync(path.join(folder, target)), target);
    for (const file of ['connectors/testnet.json', 'systemd/towline.service', '../.env.example']) {
      assert.ok(existsSync(path.join(folder, file)), file);
    }
  });
});
