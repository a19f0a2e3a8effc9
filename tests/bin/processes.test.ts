/** The traps of DESIGN 6, "Processes": orphans of npm scripts, the Node guard, its signals and exit codes. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { execa } from 'execa';
import { until } from '../helpers/until.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'towline-guard-'));
after(() => rmSync(folder, { recursive: true }));

/** A project of its own with our guard, our installed packages, and small programs to run. */
mkdirSync(path.join(folder, 'bin'));
cpSync(path.join(root, 'bin/towline.mjs'), path.join(folder, 'bin/towline.mjs'));
symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
const program = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
program(
  'version.ts',
  'const text: string = process.versions.node; console.log(text, process.argv.slice(2).join());',
);
program('exit.ts', 'process.exitCode = 77;');
program('die.ts', "process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);");
program(
  'wait.ts',
  [
    "process.on('SIGTERM', () => { console.log('told'); clearInterval(timer); process.exitCode = 5; });",
    'const timer = setInterval(() => {}, 1000);',
    "console.log('pid', process.pid);",
  ].join('\n'),
);
// An old Node, as the guard sees it: the version is what it reads, everything else is this Node.
program(
  'old-node.mjs',
  "if (!process.env.GUARD_PASSED) { process.env.GUARD_PASSED = '1'; Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } }); }",
);
program('other-platform.mjs', "Object.defineProperty(process, 'arch', { value: 'mips' });");
const oldNode = ['--import', path.join(folder, 'old-node.mjs')];

function guard(flags: readonly string[], target: string, ...args: readonly string[]) {
  return execa(process.execPath, [...flags, path.join(folder, 'bin/towline.mjs'), target, ...args], {
    reject: false,
    cwd: tmpdir(),
    stdin: 'ignore',
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A zombie has ended; it only waits to be counted.
  return !/^State:\s+Z/m.test(statusOf(pid));
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

describe('the Node guard', () => {
  it('runs the program in the same process when Node is new enough', async () => {
    const result = await guard([], 'version.ts', 'a', 'b');
    assert.equal(result.stdout, `${process.versions.node} a,b`);
    assert.equal((await guard([], 'exit.ts')).exitCode, 77);
  });

  it('hands over to the bundled Node when it is too old, with arguments and exit code', async () => {
    const result = await guard(oldNode, 'version.ts', 'a', 'b');
    assert.equal(result.stdout, `${process.versions.node} a,b`, result.stderr);
    assert.equal((await guard(oldNode, 'exit.ts')).exitCode, 77);
    assert.equal((await guard(oldNode, 'die.ts')).exitCode, 128 + 9);
  });

  it('does so under the real older Node of this machine', async (context) => {
    const found = await execa('/usr/bin/node', ['--version'], { reject: false });
    const major = Number(/^v(\d+)/.exec(String(found.stdout ?? ''))?.[1] ?? 24);
    if (major >= 24) return context.skip('there is no older Node in /usr/bin');
    const result = await execa('/usr/bin/node', [path.join(folder, 'bin/towline.mjs'), 'version.ts'], {
      reject: false,
    });
    assert.equal(result.stdout.trim(), process.versions.node, result.stderr);
  });

  it('forwards SIGTERM to the program and waits for its end', async () => {
    const running = guard(oldNode, 'wait.ts');
    let said = '';
    running.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await until('the program runs', () => said.includes('pid '));
    const pid = Number(/pid (\d+)/.exec(said)?.[1]);
    assert.notEqual(pid, running.pid, 'the program runs in a process of its own');
    running.kill('SIGTERM');
    const result = await running;
    assert.match(said, /told/);
    assert.equal(result.exitCode, 5);
    assert.equal(isAlive(pid), false);
  });

  it('says in one line what to do where no Node fits, and ends with 1', async () => {
    const result = await guard(
      [...oldNode, '--import', path.join(folder, 'other-platform.mjs')],
      'version.ts',
    );
    assert.equal(result.exitCode, 1);
    assert.equal(result.stdout, '');
    assert.match(result.stderr, /^towline needs Node 24 or newer, this is 20\.1\.0.*Install Node 24.*$/);
  });

  it('asks for a program when none is named', async () => {
    const result = await execa(process.execPath, [path.join(folder, 'bin/towline.mjs')], { reject: false });
    assert.equal(result.exitCode, 64);
    assert.match(result.stderr, /^usage: /);
  });
});

describe('npm run', () => {
  const scripts = { good: 'exec node wait.ts', bad: 'node wait.ts; true' };
  program('package.json', JSON.stringify({ name: 'x', version: '1.0.0', scripts }));

  /** SIGTERM to npm: does the program of the script end, too? */
  async function isLeftBehind(script: string): Promise<boolean> {
    const env = {
      PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      npm_config_update_notifier: 'false',
    };
    const npm = execa('npm', ['run', '--silent', script], {
      cwd: folder,
      env,
      reject: false,
      buffer: false,
      stdin: 'ignore',
    });
    let said = '';
    npm.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await until('the program runs', () => said.includes('pid '), 30_000);
    const pid = Number(/pid (\d+)/.exec(said)?.[1]);
    npm.kill('SIGTERM');
    try {
      await until('the program has ended', () => !isAlive(pid), 3_000);
      return false;
    } catch {
      process.kill(pid, 'SIGKILL');
      return true;
    } finally {
      await npm;
    }
  }

  it('passes SIGTERM on to a program that is started with exec', async () => {
    assert.equal(await isLeftBehind('good'), false);
  });

  it('leaves a program behind that is started without exec (the reason for the rule)', async (context) => {
    if (process.platform !== 'linux') return context.skip('what the shell does differs');
    assert.equal(await isLeftBehind('bad'), true);
  });
});

describe('bin/towline.mjs', () => {
  it('can be read by an old Node: plain JavaScript, no newer syntax than its imports', () => {
    const text = readFileSync(path.join(root, 'bin/towline.mjs'), 'utf8');
    assert.match(text, /^#!\/usr\/bin\/env node\n/);
    assert.doesNotMatch(text, /import\.meta\.(dirname|filename)/);
  });
});

chmodSync(path.join(folder, 'bin/towline.mjs'), 0o755);
