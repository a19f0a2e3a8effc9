/** Every program of package.json explains itself, refuses what it does not know, and bears a reader that leaves. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { readCommandLine } from '../../bin/command-line.ts';

const root = path.resolve(import.meta.dirname, '../..');
const frontDoor = path.join(root, 'bin/towline.mjs');
const options = {
  only: { type: 'string', multiple: true },
  list: { type: 'boolean' },
} as const;

describe('a command line', () => {
  it('gives the options their values', () => {
    const line = readCommandLine(['--only', 'a', '--list', '--only=b'], options);
    assert.ok(line.kind === 'run');
    assert.deepEqual({ ...line.values }, { only: ['a', 'b'], list: true });
    assert.deepEqual(readCommandLine(['--list', '-h'], options), { kind: 'help' });
  });

  it('tells all that is wrong at once', () => {
    const words = ['--nope', 'word', '--list=yes', '-x', '--help', '--toString', '--only'];
    assert.deepEqual(readCommandLine(words, options), {
      kind: 'wrong',
      problems: [
        '--nope is not an option',
        '"word" is not expected',
        '--list takes no value',
        '-x is not an option',
        '--toString is not an option',
        '--only needs a value',
      ],
    });
  });
});

/** Without the network: none of them may get further than its command line. */
const programs = [
  { name: 'mutants', words: ['bin/mutants.ts'] },
  { name: 'prove', words: ['bin/prove.ts'] },
  { name: 'simulate', words: ['bin/simulate.ts'] },
  { name: 'schema', words: ['bin/schema.ts'] },
  { name: 'demo', words: ['bin/demo.ts'] },
  { name: 'bench', words: ['bench/ingest.ts'] },
  { name: 'bench:width', words: ['bench/width.ts'] },
  { name: 'soak', words: ['bin/soak.ts'] },
  { name: 'doctor', words: ['runner/doctor/main.ts'] },
  { name: 'start', words: ['runner/main.ts'] },
  { name: 'connector', words: ['connector/main.ts'] },
  { name: 'exchange', words: ['connector/main.ts', 'exchange'] },
] as const;

describe('npm run', () => {
  const run = (words: readonly string[]) =>
    execa(process.execPath, [frontDoor, ...words], { cwd: root, reject: false, stdin: 'ignore' });

  for (const { name, words } of programs) {
    it(`${name} -- --help explains itself`, async () => {
      const { exitCode, stdout, stderr } = await run([...words, '--help']);
      assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
      assert.match(stdout, /^Usage: /);
    });

    it(`${name} -- --nope is refused by name, without a stack`, async () => {
      const { exitCode, stdout, stderr } = await run([...words, '--nope']);
      assert.deepEqual({ exitCode, stdout }, { exitCode: 64, stdout: '' });
      assert.match(stderr, /--nope/);
      assert.doesNotMatch(stderr, /^ +at /m);
      assert.match(stderr, /--help/);
    });
  }

  for (const program of ['bin/mutants.ts', 'bin/prove.ts']) {
    it(`${program} --list ends in order when its reader has left`, async () => {
      const child = execa(process.execPath, [frontDoor, program, '--list'], { cwd: root, reject: false });
      child.stdout.destroy();
      const { exitCode, stderr } = await child;
      assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
    });
  }
});
