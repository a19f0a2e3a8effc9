import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { pagePath, statePage } from '../../bin/state-machines.ts';

test('docs/state-machines.md is what the tables say (print it again with: node bin/towline.mjs bin/state-machines.ts)', () => {
  assert.equal(readFileSync(pagePath, 'utf8'), statePage());
});
