/** The list of mutants cannot rot unseen, and the tools around it judge rightly. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { parseSync } from 'oxc-parser';
import { mutants } from '../../bin/mutants/list.ts';
import { sabotaged } from '../../bin/mutants/mutant.ts';
import { firstFailure, testCount } from '../../bin/mutants/tap.ts';
import { findTestFiles } from '../../bin/test-files.ts';

const root = path.resolve(import.meta.dirname, '../..');
const program = path.join(root, 'bin/mutants.ts');

describe('the list of mutants', () => {
  it('has at least twelve, each with a name of its own, a promise in one sentence and tests that exist', () => {
    assert.ok(mutants.length >= 12);
    assert.equal(new Set(mutants.map(({ name }) => name)).size, mutants.length);
    const all = findTestFiles(root, []);
    for (const { name, promise, tests } of mutants) {
      assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.match(promise, /^\S.{20,}\.$/, name);
      assert.ok(tests.length > 0, name);
      for (const test of tests) assert.ok(all.includes(test), `${name}: there is no test file ${test}`);
    }
  });

  for (const mutant of mutants) {
    it(`${mutant.name} still fits its file, and what comes out is still a program`, () => {
      const file = path.join(root, mutant.file);
      assert.ok(existsSync(file), `there is no file ${mutant.file}`);
      const text = sabotaged(readFileSync(file, 'utf8'), mutant);
      assert.ok(
        text !== undefined,
        `${JSON.stringify(mutant.find)} does not occur exactly once in ${mutant.file}`,
      );
      assert.notEqual(mutant.find, mutant.replace);
      assert.equal(mutant.replace.includes('\n'), false, 'one line');
      // A file that cannot be read fails every test, and would prove nothing.
      assert.deepEqual(parseSync(mutant.file, text).errors, []);
    });
  }
});

describe('a sabotage', () => {
  it('replaces a text that occurs once, and nothing when it occurs never or twice', () => {
    const replacement = { find: 'a === b', replace: 'true /* $& */' };
    assert.equal(sabotaged('if (a === b) x();', replacement), 'if (true /* $& */) x();');
    assert.equal(sabotaged('if (a === c) x();', replacement), undefined);
    assert.equal(sabotaged('a === b || a === b', replacement), undefined);
  });
});

describe('the reader of test results', () => {
  const nested = [
    '# Subtest: suite',
    '    ok 1 - first',
    '    not ok 2 - second, with a \\# sign',
    '      ---',
    '    1..2',
    'not ok 1 - suite',
    '# tests 2',
    '',
  ].join('\n');

  it('names the innermost failure that came first', () => {
    assert.equal(firstFailure(nested), 'second, with a # sign');
    assert.equal(testCount(nested), 2);
  });
  it('sees no failure in what passed, was put off or is not written to its end', () => {
    assert.equal(firstFailure(`ok 1 - a\nnot ok 2 - b # ${'TO'}${'DO'} later\n`), undefined);
    assert.equal(firstFailure('not ok 1 - be'), undefined);
    assert.equal(testCount('ok 1 - a\n'), undefined);
  });
});

describe('npm run mutants', () => {
  it('shows which test catches a mutant, and leaves the checkout as it was', async () => {
    const before = readFileSync(path.join(root, 'connector/session/feeds/book-sync.ts'), 'utf8');
    const args = ['--only', 'restart-of-the-book-missed', '--only', 'ids-lose-digits'];
    const { stdout, exitCode, stderr } = await execa(process.execPath, [program, ...args], { reject: false });
    assert.equal(exitCode, 0, stderr);
    assert.match(
      stdout,
      /^restart-of-the-book-missed +[\d.]+ s {2}caught by: an old or repeated update is dropped/m,
    );
    assert.match(stdout, /^2 mutants: 2 caught, 0 survived, 0 stale, 0 unjudged; [\d.]+ s$/m);
    assert.equal(readFileSync(path.join(root, 'connector/session/feeds/book-sync.ts'), 'utf8'), before);
  });
  it('lists names and promises, and refuses a name that is none', async () => {
    const list = await execa(process.execPath, [program, '--list']);
    assert.equal(list.stdout.split('\n').length, mutants.length);
    const wrong = await execa(process.execPath, [program, '--only', 'nobody'], { reject: false });
    assert.equal(wrong.exitCode, 64);
    assert.match(wrong.stderr, /there is no mutant nobody/);
  });
});
