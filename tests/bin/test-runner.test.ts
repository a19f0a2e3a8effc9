import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { execa } from 'execa';
import { findTestFiles } from '../../bin/test-files.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A folder with files of tests in it. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'towline-tests-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

function runTests(folder: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  return execa(process.execPath, [path.join(root, 'bin/test.ts'), ...args], {
    cwd: folder,
    env,
    reject: false,
  });
}

const head = "import test from 'node:test'; import assert from 'node:assert/strict';";
const passing = `${head} test('passes', () => { const n: number = 1; assert.equal(n, 1); });`;

describe('bin/test.ts', () => {
  it('runs every *.test.ts below tests/ and ends with the summary and 0', async () => {
    const result = await runTests(
      folderWith({ 'tests/a.test.ts': passing, 'tests/deep/b.test.ts': passing }),
    );
    assert.equal(result.exitCode, 0);
    assert.match(result.stdout, /tests 2\n/);
    assert.match(result.stdout.split('\n').at(-1) ?? '', /duration_ms/);
  });

  it('passes a failure on', async () => {
    const result = await runTests(
      folderWith({ 'tests/a.test.ts': `${head} test('fails', () => assert.equal(1, 2));` }),
    );
    assert.equal(result.exitCode, 1);
  });

  it('fails when there is no test file', async () => {
    const result = await runTests(folderWith({ 'tests/helper.ts': passing, 'a.test.ts': passing }));
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, /a run that tests nothing fails/);
  });

  it('fails when a file holds no test, although Node counts it as passed', async () => {
    const result = await runTests(
      folderWith({ 'tests/a.test.ts': passing, 'tests/b.test.ts': 'export const b = 1;' }),
    );
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, /no tests in tests\/b\.test\.ts/);
  });

  it('runs only the files that are named', async () => {
    const folder = folderWith({
      'tests/a.test.ts': passing,
      'tests/b.test.ts': `${head} test('fails', () => assert.fail());`,
    });
    const result = await runTests(folder, ['tests/a']);
    assert.equal(result.exitCode, 0, result.stdout);
  });

  it('does not let the environment of the caller change the run', async () => {
    const folder = folderWith({
      'tests/a.test.ts': `${head} test('clean', () => assert.equal(process.env['NODE_OPTIONS'], undefined));`,
    });
    const result = await runTests(folder, [], {
      NODE_OPTIONS: '--no-warnings',
      NODE_TEST_CONTEXT: 'child-v8',
    });
    assert.equal(result.exitCode, 0, result.stdout);
    assert.match(result.stdout, /tests 1\n/);
  });
});

describe('files of pure code', () => {
  const pure = `${head}\ntest('passes', () => { globalThis.company = (globalThis.company ?? 0) + 1; assert.ok(true); });`;
  const many = Object.fromEntries(
    Array.from({ length: 24 }, (_, index) => [
      `tests/shared/p${String(index).padStart(2, '0')}.test.ts`,
      pure,
    ]),
  );

  it('share a process, what starts programs does not, and the sums are of all', async () => {
    const alone = `${head}\nimport 'node:child_process';\ntest('is alone', () => assert.equal(globalThis.company, undefined));`;
    const said = `${head}\ntest('is in company', () => assert.ok(globalThis.company > 5));`;
    const files = {
      ...many,
      'tests/shared/x.test.ts': alone,
      'tests/shared/y.test.ts': said,
      'tests/shared/z.test.ts': said,
    };
    const result = await runTests(folderWith(files));
    assert.equal(result.exitCode, 0, result.stdout);
    assert.match(result.stdout, /ℹ tests 27\nℹ suites 0\nℹ pass 27\nℹ fail 0\n[\s\S]*ℹ duration_ms \d+$/);
  });

  it('that fail are told again at the end, and fail the run', async () => {
    const files = {
      ...many,
      'tests/shared/bad.test.ts': `${head}\ntest('fails here', () => assert.equal(1, 2));`,
    };
    const result = await runTests(folderWith({ ...files, 'tests/e2e/a.test.ts': passing }));
    assert.equal(result.exitCode, 1);
    assert.match(
      result.stdout,
      /failing tests, all together:[\s\S]*bad\.test\.ts[\s\S]*fails here[\s\S]*ℹ fail 1\n/,
    );
  });

  it('without a test are noticed in company, too', async () => {
    const result = await runTests(
      folderWith({ ...many, 'tests/shared/empty.test.ts': 'export const a = 1;' }),
    );
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, /no tests in tests\/shared\/empty\.test\.ts/);
  });
});

describe('files that compute for minutes', () => {
  /** A test that tells that it runs, and waits until another one does. */
  const meeting = (own: string, other: string, more = '') => `${head}
import { existsSync, writeFileSync } from 'node:fs'; import { getPriority } from 'node:os'; import { setTimeout as wait } from 'node:timers/promises';
test('${own}', async () => {
  writeFileSync('${own}', '');
  for (const end = Date.now() + 30_000; !existsSync('${other}'); await wait(20)) assert.ok(Date.now() < end, 'alone');
  ${more}
});`;
  const low = `assert.ok(getPriority() >= ${constants.priority.PRIORITY_BELOW_NORMAL});`;

  it('run beside the others with a lower priority, and are counted', async () => {
    const files = {
      'tests/e2e/a.test.ts': meeting('other', 'patient'),
      'tests/simulation/b.test.ts': meeting('patient', 'other', low),
    };
    const result = await runTests(folderWith(files));
    assert.equal(result.exitCode, 0, result.stdout);
    assert.match(result.stdout, /ℹ tests 2\nℹ suites 0\nℹ pass 2\nℹ fail 0\n[\s\S]*ℹ duration_ms \d+$/);
  });

  it('fail the run like the others', async () => {
    const files = {
      'tests/e2e/a.test.ts': passing,
      'tests/simulation/b.test.ts': `${head}\ntest('fails beside', () => assert.equal(1, 2));`,
    };
    const result = await runTests(folderWith(files));
    assert.equal(result.exitCode, 1);
    assert.match(result.stdout, /failing tests, all together:[\s\S]*fails beside[\s\S]*ℹ fail 1\n/);
  });
});

describe('the test command', () => {
  it('finds the tests of this project, this one among them', () => {
    const files = findTestFiles(root, []);
    assert.ok(files.includes('tests/bin/test-runner.test.ts'));
    assert.ok(files.length > 5);
  });

  it('.ci/run is executable and calls exactly npm ci && npm test', () => {
    const script = readFileSync(path.join(root, '.ci/run'), 'utf8');
    assert.match(script, /^#!\/usr\/bin\/env bash\n/);
    assert.match(script, /^set -euo pipefail$/m);
    assert.match(script, /^npm ci && npm test$/m);
    assert.ok((statSync(path.join(root, '.ci/run')).mode & 0o111) !== 0);
  });
});
