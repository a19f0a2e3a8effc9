/** What needs a process of its own around the supervisor: its memory, and its sudden death. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { execa } from 'execa';
import { isGroupAlive } from '../../../runner/io/process-group.ts';
import { until } from '../../helpers/until.ts';

const probe = path.join(import.meta.dirname, 'memory-probe.ts');
const parent = path.join(import.meta.dirname, 'doomed-parent.ts');
const MAX_GROWTH_BYTES = 32 * 1024 * 1024;

type Growth = {
  readonly growth_bytes: number;
  readonly lines: number;
  readonly stderr_bytes: number;
  readonly restarts: number;
  readonly too_long: number;
};

async function growth(file: string): Promise<Growth> {
  const { stdout } = await execa(process.execPath, ['--expose-gc', probe, file]);
  return JSON.parse(stdout) as Growth;
}

describe('Memory grows by less than 32 MiB', () => {
  const cases: readonly { file: string; did: (growth: Growth) => boolean }[] = [
    { file: 'floods.mjs', did: ({ lines }) => lines > 50_000 },
    { file: 'endless-line.mjs', did: ({ too_long }) => too_long === 1 },
    { file: 'fills-stderr.mjs', did: ({ stderr_bytes }) => stderr_bytes > 50_000_000 },
    { file: 'deaf.mjs', did: () => true },
  ];
  for (const { file, did } of cases) {
    test(`over ${file}, which stays the same child`, async () => {
      const seen = await growth(file);
      assert.ok(did(seen), `the child did what it is for: ${JSON.stringify(seen)}`);
      assert.equal(seen.restarts, 0);
      assert.ok(seen.growth_bytes < MAX_GROWTH_BYTES, `${seen.growth_bytes} bytes`);
    });
  }
});

describe('After a SIGKILL of the runner', () => {
  const cases = [
    { file: 'well-behaved.mjs', watch: 'unwatched', why: 'it notices the end of its stdin by itself' },
    { file: 'well-behaved.mjs', watch: 'watched', why: 'the watchdog has nothing to do' },
    { file: 'ignores-sigterm.mjs', watch: 'watched', why: 'the watchdog kills it' },
    { file: 'foreign-minimal.sh', watch: 'watched', why: 'the watchdog ends it' },
    { file: 'stubborn-group.sh', watch: 'watched', why: 'the watchdog kills its whole group' },
  ];
  for (const { file, watch, why } of cases) {
    test(`no process of ${file} (${watch}) is left: ${why}`, async () => {
      const runner = execa(process.execPath, [parent, file, watch], { reject: false, buffer: false });
      let text = '';
      runner.stdout.on('data', (chunk) => {
        text += String(chunk);
      });
      await until('the child is ready', () => text.includes('\n'));
      const pid = Number(text);
      assert.equal(await isGroupAlive(pid), true);
      runner.kill('SIGKILL');
      await until('nothing is left', async () => !(await isGroupAlive(pid)), 5_000);
      await runner;
    });
  }
});
