import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { runnerFlags } from '../../bin/runner-flags.ts';
import { permanentExitCodes } from '../../shared/errors.ts';
import { scaledPolicy } from '../../shared/policy.ts';

const root = path.resolve(import.meta.dirname, '../..');
const unit = readFileSync(path.join(root, 'config/systemd/towline.service'), 'utf8');

const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const npmStart = scripts['start'] ?? '';

/** The values of a directive, in order. */
function directive(name: string): readonly string[] {
  return [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((match) => match[1] ?? '');
}

/** Runs systemd's own check; undefined where the program does not exist. */
async function verify(text: string) {
  const folder = mkdtempSync(path.join(tmpdir(), 'towline-unit-'));
  const file = path.join(folder, 'towline.service');
  writeFileSync(file, text);
  try {
    const result = await execa('systemd-analyze', ['verify', '--man=no', file], { reject: false, all: true });
    return result.exitCode === undefined ? undefined : { exitCode: result.exitCode, said: result.all };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The unit as it would be on this machine: the paths of the installation replaced by ones that exist. */
const installed = unit.replaceAll('/opt/towline', root).replace(/^(User|Group)=.*$/gm, '$1=root');

describe('config/systemd/towline.service', () => {
  it('passes systemd-analyze verify without a word', async (context) => {
    const result = await verify(installed);
    if (result === undefined) return context.skip('systemd-analyze is not installed here');
    assert.deepEqual(result, { exitCode: 0, said: '' });
  });

  it('would be told by systemd-analyze if it were wrong', async (context) => {
    const result = await verify(
      installed.replace('KillMode=control-group', 'KillMode=everything\nNoSuchThing=1'),
    );
    if (result === undefined) return context.skip('systemd-analyze is not installed here');
    assert.match(result.said, /everything/);
    assert.match(result.said, /NoSuchThing/);
  });

  it('stops the whole group, and leaves the runner more time than it takes', () => {
    assert.deepEqual(directive('KillMode'), ['control-group']);
    assert.ok(Number(directive('TimeoutStopSec')[0]) * 1_000 > scaledPolicy().stopWithinMs);
  });

  it('does not forbid writable and executable memory, which aborts Node 24', () => {
    assert.deepEqual(directive('MemoryDenyWriteExecute'), []);
  });

  it('does not restart what a restart cannot cure, nor without end, nor all at once when one child is out of memory', () => {
    assert.deepEqual(directive('RestartPreventExitStatus'), [permanentExitCodes.join(' ')]);
    assert.deepEqual(directive('Restart'), ['on-failure']);
    assert.deepEqual(directive('OOMPolicy'), ['continue']);
    const burst = Number(directive('StartLimitBurst')[0]);
    const seconds = Number(directive('StartLimitIntervalSec')[0]);
    // The limit must be reachable: so many starts with the wait between them fit into the interval.
    assert.ok(
      burst * (Number(directive('RestartSec')[0]) + 60) < seconds,
      'the start limit would never be reached',
    );
  });

  it('hears the helper process by which Node speaks to it', () => {
    assert.deepEqual([directive('Type'), directive('NotifyAccess')], [['notify'], ['all']]);
    assert.ok(Number(directive('WatchdogSec')[0]) >= 10);
  });

  it('keeps data where the state directory is, and secrets out of the command line', () => {
    assert.deepEqual(directive('StateDirectory'), ['towline']);
    assert.ok(directive('Environment').join(' ').includes('DATA_DIR=/var/lib/towline '));
    assert.ok(directive('Environment').join(' ').includes('BACKFILL_CACHE_DIR=/var/lib/towline/'));
    assert.deepEqual(directive('EnvironmentFile'), ['-/etc/towline/towline.env']);
    assert.deepEqual(directive('ExecStart'), [`/usr/bin/env ${npmStart.replace(/^exec /, '')}`]);
  });

  it('bounds the memory of the runner as npm start and the demo do', () => {
    assert.equal(npmStart, `exec node ${runnerFlags.join(' ')} bin/towline.mjs runner/main.ts`);
  });
});
