import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { parseProfile } from '../../runner/config/profile.ts';
import { readJsonFile } from '../../shared/io/env-file.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(root, 'config', 'connectors');

describe('config/connectors', () => {
  it('has the five profiles of this version', () => {
    assert.deepEqual(readdirSync(folder).toSorted(), [
      'demo.json',
      'mainnet.json',
      'replay.json',
      'simulated.json',
      'testnet.json',
    ]);
  });

  for (const name of readdirSync(folder)) {
    it(`${name} is a valid profile whose files exist and whose name is its own`, () => {
      const content = readJsonFile(path.join(folder, name));
      assert.ok(content.ok);
      const profile = parseProfile(name, content.value);
      assert.ok(profile.ok, profile.ok ? '' : profile.failure.message);
      assert.equal(`${profile.value.name}.json`, name);
      for (const word of profile.value.command.filter((part) => /\.(ts|mjs)$/.test(part))) {
        assert.ok(existsSync(path.join(root, word)), word);
      }
    });
  }
});
