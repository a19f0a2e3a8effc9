/** The report of a proof says what happened and nothing better; its parts exist. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { type Part, parts } from '../../bin/prove/parts.ts';
import { factsOf, outcomeOf, type PartResult, proofPage } from '../../bin/prove/report.ts';
import { findTestFiles } from '../../bin/test-files.ts';

const root = path.resolve(import.meta.dirname, '../..');
const program = path.join(root, 'bin/prove.ts');
const part: Part = { name: 'a-part', shows: 'It holds.', seeds: 'exchange: x', command: ['bin/test.ts'] };

function result(output: string, exitCode: number | null = 0): PartResult {
  return { part, exitCode, seconds: 61.4, output };
}

const passed = '✔ it holds (12.5ms)\nℹ seed x; 100 kills\nℹ tests 1\nℹ duration_ms 13\n';
const failed =
  '✔ it holds (1ms)\n✖ it does not (2ms)\nℹ fail 1\n\n✖ failing tests:\n\n✖ it does not (2ms)\n  AssertionError\n';

describe('the parts of the proof', () => {
  it('have names of their own and programs and tests that exist', () => {
    assert.equal(new Set(parts.map(({ name }) => name)).size, parts.length);
    for (const { name, shows, command } of parts) {
      assert.match(name, /^[a-z0-9-]+$/);
      assert.match(shows, /\.$/);
      const files = command.filter((word) => word.includes('/'));
      assert.ok(files.length > 0, name);
      for (const file of files) assert.ok(existsSync(path.join(root, file)), `${name}: ${file}`);
    }
  });
});

it('every test that is longer under PROVE=1 is in a part', () => {
  const proved = parts.flatMap(({ command }) => command);
  const longer = findTestFiles(root, []).filter((file) =>
    /process\.env\['PROVE'\]/.test(readFileSync(path.join(root, file), 'utf8')),
  );
  assert.ok(longer.length > 10);
  assert.deepEqual(
    longer.filter((file) => !proved.some((word) => file === word || file.startsWith(`${word}/`))),
    [],
  );
});

describe('the report', () => {
  it('keeps how each test ended and what it told, once, without the sums', () => {
    assert.deepEqual(factsOf(passed), ['✔ it holds (12.5ms)', 'ℹ seed x; 100 kills']);
    assert.deepEqual(factsOf(failed), ['✔ it holds (1ms)', '✖ it does not (2ms)']);
    const mutants = 'no-jitter   1.4 s  caught by: retries\n1 mutants: 1 caught, 0 survived\n';
    assert.equal(factsOf(mutants).length, 2);
  });

  it('never takes a skipped, failed or killed part for a passed one', () => {
    assert.equal(outcomeOf(result(passed)), 'passed');
    assert.equal(outcomeOf(result('﹣ replay (0.1ms) # no recording\n')), 'skipped');
    assert.equal(outcomeOf(result(`${passed}﹣ replay (0.1ms) # no recording\n`)), 'passed in part');
    assert.equal(outcomeOf(result(failed, 1)), 'failed');
    assert.equal(outcomeOf(result(passed, null)), 'failed');
  });

  it('names commit, date, machine, seeds, durations and the result, and no folder of the machine', () => {
    const circumstances = {
      commit: 'abc123',
      date: new Date(Date.UTC(2026, 0, 2)),
      machine: '2 x CPU',
      root: '/somewhere/towline',
      seconds: 122.8,
    };
    const output = `${passed}﹣ replay # no /somewhere/shared/x for /somewhere/towline/tests/a.ts\n`;
    const page = proofPage([result(passed), result(output)], circumstances);
    for (const text of [
      'abc123',
      '2026-01-02T00:00:00.000Z',
      '2 x CPU',
      'exchange: x',
      '1 min 1 s',
      '2 min 3 s',
    ])
      assert.ok(page.includes(text), text);
    assert.match(page, /NOT all parts passed/);
    assert.match(page, /no \.\.\/shared\/x for \.\/tests\/a\.ts/);
    assert.equal(page.includes('/somewhere'), false);
    assert.match(proofPage([result(passed)], circumstances), /\*\*Result: all parts passed\*\*/);
    const beside = { ...result(passed), part: { ...part, runs: 'beside' as const } };
    assert.match(
      proofPage([beside], circumstances),
      /\| a-part \| passed \| 1 min 1 s, beside the others \|/,
    );
  });
});

describe('npm run prove', () => {
  it('lists its parts and refuses a name that is none', async () => {
    const { stdout } = await execa(process.execPath, [program, '--list']);
    assert.equal(stdout.split('\n').length, parts.length);
    const wrong = await execa(process.execPath, [program, '--only', 'nothing'], { reject: false });
    assert.equal(wrong.exitCode, 64);
    assert.match(wrong.stderr, /there is no part nothing/);
  });

  it('runs a part and writes its report where it is told', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'towline-prove-'));
    const file = path.join(folder, 'proof.md');
    // Without git the mutants cannot copy the project, so this part ends at once, and it has to say so.
    const args = ['--only', 'the-tests-can-fail', '--report', file];
    const { exitCode } = await execa(process.execPath, [program, ...args], {
      reject: false,
      env: { PATH: '/nonexistent' },
      extendEnv: false,
    });
    const page = readFileSync(file, 'utf8');
    rmSync(folder, { recursive: true });
    assert.equal(exitCode, 1);
    assert.match(page, /\| the-tests-can-fail \| failed \|/);
    assert.match(page, /Commit: unknown/);
  });
});
