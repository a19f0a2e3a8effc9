/** Shut-outs that programs on one folder tell each other, and that outlive them: gates on a file, under clocks that the test moves. */
import assert from 'node:assert/strict';
import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, it, type TestContext } from 'node:test';
import { openBanFile } from '../../../connector/io/ban-file.ts';

import { Gate } from '../../../connector/rest/gate.ts';
import { BAN_FILE, scopeOf } from '../../../shared/bans.ts';
import type { ErrorCode } from '../../../shared/errors.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

const policy = scaledPolicy(1).rest;
const MINUTE = 60_000;
const rest = scopeOf('rest', 'https://api.bybit.com', undefined);
const archive = scopeOf('archive', 'https://public.bybit.com', undefined);

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'bans-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A process that has just started. `time`: of another machine's mood, where its clock is another one. */
class Process {
  readonly warnings: string[] = [];
  readonly gate: Gate;
  readonly #clock: VirtualClock;

  constructor(folder: string, scope: string = rest, kin: readonly string[] = [], time = clock) {
    this.#clock = time;
    const warn = (event: string, words: string): void => {
      this.warnings.push(`${event}: ${words}`);
    };
    const file = openBanFile(folder, { clock: time, longestMs: policy.shutOutMs, warn });
    this.gate = new Gate(policy, () => 0.5, file.of(scope, kin));
  }

  ask(): string | undefined {
    return this.gate.refusal('a', this.#clock.monoMs())?.failure.code;
  }

  /** The host answered this request so. */
  banned(code: ErrorCode = 'ip_banned'): void {
    const failure = { code, message: 'HTTP 403: as told' };
    this.gate.noted('a', { kind: 'address' }, failure, this.#clock.monoMs());
  }
}

describe('a shut-out of the address', () => {
  it('is known to the next life of the program, and asks nobody before its end', (t) => {
    const folder = folderOf(t);
    new Process(folder).banned();
    clock.advance(MINUTE);
    const next = new Process(folder);
    assert.equal(next.ask(), 'ip_banned');
    const shut = next.gate.shut(clock.monoMs());
    assert.equal((shut.address?.until ?? 0) - clock.monoMs(), policy.shutOutMs - MINUTE);
    assert.equal(next.warnings.length, 1, 'it is told once');
    assert.match(
      next.warnings[0] ?? '',
      /^ban_known: .*HTTP 403: as told.*api\.bybit\.com is not asked until 2025-06-15T/,
    );
    clock.advance(policy.shutOutMs - MINUTE - 1);
    assert.equal(next.ask(), 'ip_banned');
    clock.advance(1);
    assert.equal(next.ask(), undefined);
    assert.equal(new Process(folder).ask(), undefined);
    assert.equal(next.warnings.length, 1);
  });

  it('is heard of within a second by a program that runs beside it, and once more when it was made longer', (t) => {
    const folder = folderOf(t);
    const [live, history] = [new Process(folder), new Process(folder)];
    assert.equal(live.ask(), undefined);
    history.banned();
    clock.advance(1_000);
    assert.equal(live.ask(), 'ip_banned');
    clock.advance(5 * MINUTE);
    history.banned();
    clock.advance(policy.shutOutMs - 1);
    assert.equal(live.ask(), 'ip_banned');
    clock.advance(1);
    assert.equal(live.ask(), undefined);
  });

  it('of one host leaves another alone, but "too frequent" is meant for all of an exchange', (t) => {
    const folder = folderOf(t);
    new Process(folder, rest).banned('region_blocked');
    assert.equal(new Process(folder, archive, [rest]).ask(), undefined);
    assert.equal(new Process(folder, rest, [archive]).ask(), 'region_blocked');
    new Process(folder, archive).banned('ip_banned');
    assert.equal(new Process(folder, rest).ask(), 'region_blocked', 'both stand in the file');
    new Process(folder, rest).banned('ip_banned');
    assert.equal(new Process(folder, archive, [rest]).ask(), 'ip_banned');
    const simulated = scopeOf('rest', 'http://127.0.0.1:8765', undefined);
    assert.equal(new Process(folder, simulated).ask(), undefined);
    const proxied = scopeOf('rest', 'https://api.bybit.com', 'http://user:secret@proxy:3128');
    assert.equal(new Process(folder, proxied).ask(), undefined, 'that is another address');
    new Process(folder, proxied).banned();
    assert.doesNotMatch(readFileSync(path.join(folder, BAN_FILE), 'utf8'), /secret/);
  });

  it('is written as a whole, and what is over is left out', (t) => {
    const folder = folderOf(t);
    new Process(folder, archive).banned();
    clock.advance(policy.shutOutMs);
    new Process(folder, rest).banned();
    assert.deepEqual(readdirSync(folder), [BAN_FILE]);
    const until = clock.unixMs() + policy.shutOutMs;
    assert.deepEqual(JSON.parse(readFileSync(path.join(folder, BAN_FILE), 'utf8')), {
      bans: [{ scope: 'rest api.bybit.com', until, code: 'ip_banned', reason: 'HTTP 403: as told' }],
    });
  });
});

describe('the wall clock', () => {
  it('set back makes no shut-out eternal, nor longer for whoever knows it', (t) => {
    const folder = folderOf(t);
    const first = new Process(folder);
    const beside = new Process(folder);
    first.banned();
    clock.advance(1_000);
    assert.equal(beside.ask(), 'ip_banned');
    clock.setWall(-60 * MINUTE);
    const next = new Process(folder);
    assert.equal(next.ask(), undefined, 'an hour and ten minutes is none of the exchange');
    assert.match(
      next.warnings[0] ?? '',
      /^ban_file_failed: .*it is not believed\. Was the clock set back\?$/,
    );
    clock.advance(policy.shutOutMs - 1_001);
    assert.equal(beside.ask(), 'ip_banned');
    clock.advance(1);
    assert.deepEqual([first.ask(), beside.ask()], [undefined, undefined]);
  });

  it('set back by some seconds changes nothing', (t) => {
    const folder = folderOf(t);
    new Process(folder).banned();
    clock.setWall(-5_000);
    const next = new Process(folder);
    assert.equal(next.ask(), 'ip_banned');
    assert.equal(next.gate.shut(clock.monoMs()).address?.until, clock.monoMs() + policy.shutOutMs);
  });
});

describe('a file', () => {
  it('that is not ours says nothing, is told once, and is made anew', (t) => {
    const until = clock.unixMs() + MINUTE;
    const good = { scope: rest, until, code: 'ip_banned', reason: '' };
    for (const text of [
      '',
      '\0\0',
      '[]',
      '{"bans":{}}',
      JSON.stringify({ bans: [{ ...good, until: `${until}` }] }),
      JSON.stringify({ bans: [{ ...good, code: 'weather' }] }),
      JSON.stringify({ bans: [{ ...good, reason: 'x'.repeat(10_000) }] }),
      JSON.stringify({ bans: Array.from({ length: 101 }, () => good) }),
    ]) {
      const folder = folderOf(t);
      writeFileSync(path.join(folder, BAN_FILE), text);
      const one = new Process(folder);
      for (let asked = 0; asked < 5; asked += 1) {
        assert.equal(one.ask(), undefined, text);
        clock.advance(1_000);
      }
      assert.equal(one.warnings.length, 1, text);
      assert.match(one.warnings[0] ?? '', /^ban_file_failed: .*bans\.json is not what we wrote/);
      one.banned();
      assert.equal(new Process(folder).ask(), 'ip_banned');
    }
  });

  it('that cannot be used is told once, and each process knows its own', (t) => {
    const folder = folderOf(t);
    mkdirSync(path.join(folder, BAN_FILE));
    const one = new Process(folder);
    assert.equal(one.ask(), undefined);
    one.banned();
    one.banned();
    assert.equal(one.ask(), 'ip_banned');
    assert.equal(one.warnings.length, 1);
    assert.match(
      one.warnings[0] ?? '',
      /cannot be (read|written) \(.*\): a shut-out is known to this process only/,
    );
  });

  it('is made with its folder: the first program of a fresh one may be the one that is shut out', (t) => {
    const folder = path.join(folderOf(t), 'not', 'yet');
    const one = new Process(folder);
    assert.equal(one.ask(), undefined);
    assert.equal(existsSync(folder), false, 'looking makes nothing');
    one.banned();
    assert.equal(new Process(folder).ask(), 'ip_banned');
    assert.deepEqual(one.warnings, []);
  });

  it('whose folder cannot be made is told', (t) => {
    const folder = folderOf(t);
    writeFileSync(path.join(folder, 'data'), '');
    const one = new Process(path.join(folder, 'data'));
    one.banned();
    assert.match(one.warnings.join('\n'), /^ban_file_failed: .* cannot be written /);
  });

  it('of another user is read as soon as its rights are mended, and told again when they are lost', (t) => {
    const folder = folderOf(t);
    const file = path.join(folder, BAN_FILE);
    new Process(folder).banned();
    // A mode would keep nothing from root.
    const forbidden = t.mock.method(fs, 'readFileSync', () => {
      throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    });
    t.after(syncBuiltinESMExports);
    syncBuiltinESMExports();
    const one = new Process(folder);
    const failures = (): number =>
      one.warnings.filter((words) => words.includes('cannot be read (EACCES')).length;
    assert.deepEqual([one.ask(), failures()], [undefined, 1]);
    forbidden.mock.restore();
    syncBuiltinESMExports();
    clock.advance(1_000);
    assert.equal(one.ask(), 'ip_banned', 'inode, time and size are as they were');
    rmSync(file);
    mkdirSync(file);
    clock.advance(1_000);
    assert.equal(one.ask(), 'ip_banned', 'what was read stays known');
    assert.match(one.warnings.at(-1) ?? '', /cannot be read \(EISDIR/);
  });

  it('that cannot be put in its place leaves nothing beside it', (t) => {
    const folder = folderOf(t);
    mkdirSync(path.join(folder, BAN_FILE));
    writeFileSync(path.join(folder, BAN_FILE, 'full'), '');
    new Process(folder).banned();
    assert.deepEqual(readdirSync(folder), [BAN_FILE]);
  });

  it('is looked at once a second at most, however much is asked', (t) => {
    const folder = folderOf(t);
    const one = new Process(folder);
    assert.equal(one.ask(), undefined);
    new Process(folder).banned();
    clock.advance(999);
    assert.equal(one.ask(), undefined);
    clock.advance(1);
    assert.equal(one.ask(), 'ip_banned');
  });
});
