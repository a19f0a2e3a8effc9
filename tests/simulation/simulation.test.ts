/** The whole of it, connector and runner, through faults under virtual time: 500 seeds (10,000: npm run prove). */
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { runSeed } from './run.ts';

const root = path.resolve(import.meta.dirname, '../..');
const SEEDS = 500;

describe('the simulation', () => {
  // Two minutes on two free cores; beside other tests it has what they leave (bin/test.ts).
  it(`holds its invariants over ${SEEDS} seeds`, { timeout: 1_700_000 }, async () => {
    const { exitCode, stdout } = await execa(
      process.execPath,
      [path.join(root, 'bin/towline.mjs'), 'bin/simulate.ts', '--runs', String(SEEDS)],
      { cwd: root, reject: false, stdin: 'ignore', env: { SEED: '' } },
    );
    assert.equal(exitCode, 0, stdout);
    assert.match(stdout, /all invariants held/);
  });

  it('is the same to the last letter when its seed is the same', async () => {
    const [one, again, other] = [await runSeed('17'), await runSeed('17'), await runSeed('18')];
    assert.equal(one.fingerprint, again.fingerprint);
    assert.notEqual(one.fingerprint, other.fingerprint);
    assert.ok(one.virtualMs >= 600_000);
    assert.ok(one.troubles >= 5);
  });
});
