/** The optional log file: rotation, retention over restarts, and that a disk without room costs nothing but the copy. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { type LogFile, logFileLimits, openLogFile } from '../../../shared/io/log-file.ts';
import { unixMs } from '../../../shared/time.ts';
import { until } from '../../helpers/until.ts';

const top = mkdtempSync(path.join(tmpdir(), 'towline-log-'));
after(() => rmSync(top, { recursive: true }));

const DAY_MS = 86_400_000;
const startMs = Date.parse('2026-11-21T12:00:00Z');
const limits = { ...logFileLimits, maxBytes: 40, kept: 3 };

function world() {
  const folder = mkdtempSync(path.join(top, 'x-'));
  const base = path.join(folder, 'towline.log');
  const said: string[] = [];
  const time = { nowMs: startMs };
  const ports = {
    nowMs: () => unixMs(time.nowMs),
    onTrouble: (reason: string) => said.push(`trouble: ${reason}`),
    onRecovered: (lost: number) => said.push(`recovered: ${lost} lost`),
  };
  return {
    folder,
    said,
    time,
    open: (own = limits): LogFile => {
      const opened = openLogFile(base, ports, own);
      assert.ok(opened.ok, opened.ok ? '' : opened.failure.message);
      return opened.value;
    },
    refusal: (file: string): string => {
      const opened = openLogFile(file, ports);
      return opened.ok ? 'it opened' : opened.failure.message;
    },
    names: () => readdirSync(folder).toSorted(),
    read: (name: string) => readFileSync(path.join(folder, name), 'utf8'),
    /** All that is in the files, oldest first (names sort by age up to nine a day). */
    text: () =>
      readdirSync(folder)
        .toSorted()
        .map((name) => readFileSync(path.join(folder, name), 'utf8'))
        .join(''),
  };
}

const line = (number: number): string => `a line of some length, ${String(number).padStart(2, '0')}\n`;

describe('rotation', () => {
  it('begins a new file when one is full, and when the day is over', async () => {
    const { open, names, read, time, text } = world();
    const file = open();
    for (const number of [1, 2, 3]) {
      file.write(line(number));
      await until('it is written', () => text().includes(line(number)));
    }
    assert.deepEqual(names(), ['towline.2026-11-21.1.log', 'towline.2026-11-21.2.log']);
    time.nowMs += DAY_MS;
    file.write(line(4));
    await until('it is written', () => text().includes(line(4)));
    assert.equal(read('towline.2026-11-21.1.log'), line(1) + line(2));
    assert.equal(read('towline.2026-11-22.1.log'), line(4));
  });

  it('keeps the order of lines that come faster than the disk takes them', async () => {
    const { open, text } = world();
    const file = open(logFileLimits);
    const lines = Array.from({ length: 2_000 }, (_, number) => `${number}\n`);
    for (const each of lines) file.write(each);
    await until('the last is written', () => text().endsWith('1999\n'));
    assert.equal(text(), lines.join(''));
  });

  it('goes on with the newest file of today after a restart', async () => {
    const { folder, open, names, read } = world();
    writeFileSync(path.join(folder, 'towline.2026-11-21.1.log'), line(1) + line(2));
    writeFileSync(path.join(folder, 'towline.2026-11-21.2.log'), line(3));
    open().write(line(4));
    await until('it is written', () => read('towline.2026-11-21.2.log') === line(3) + line(4));
    assert.equal(names().length, 2);
  });
});

describe('retention', () => {
  it('holds over restarts, and touches no other file of the folder', async () => {
    const { folder, open, names, time, text } = world();
    const others = ['towline.db', 'towline.2026-11-01.x.log', 'other.2026-11-01.1.log', 'towline.1.log'];
    for (const name of others) writeFileSync(path.join(folder, name), 'kept');
    for (let life = 1; life <= 7; life += 1) {
      open().write(line(life));
      await until('it is written', () => text().includes(line(life)));
      time.nowMs += DAY_MS;
    }
    assert.deepEqual(
      names().filter((name) => !others.includes(name)),
      ['towline.2026-11-25.1.log', 'towline.2026-11-26.1.log', 'towline.2026-11-27.1.log'],
    );
    assert.ok(others.every((name) => names().includes(name)));
  });

  it('counts files by number, not by name', async () => {
    const { folder, open, names, text } = world();
    for (const number of [8, 9, 10])
      writeFileSync(path.join(folder, `towline.2026-11-21.${number}.log`), line(1) + line(2));
    open().write(line(11));
    await until('it is written', () => text().includes(line(11)));
    assert.deepEqual(names(), [
      'towline.2026-11-21.10.log',
      'towline.2026-11-21.11.log',
      'towline.2026-11-21.9.log',
    ]);
  });
});

describe('age and room', () => {
  it('removes what is too old, also when it is not too much', async () => {
    const { open, time, names } = world();
    const old = { ...limits, kept: 10, ageMs: 2 * DAY_MS };
    for (let day = 0; day < 4; day += 1) {
      time.nowMs = startMs + day * DAY_MS;
      const file = open(old);
      file.write(line(day));
      file.flush();
    }
    const days = names().map((name) => name.split('.')[1]);
    assert.deepEqual(days, ['2026-11-22', '2026-11-23', '2026-11-24']);
  });

  it('writes nothing while that is refused, says so once, and goes on', async () => {
    const folder = mkdtempSync(path.join(top, 'x-'));
    const said: string[] = [];
    const state = { nowMs: startMs, refusal: null as string | null };
    const opened = openLogFile(path.join(folder, 'a.log'), {
      nowMs: () => unixMs(state.nowMs),
      refusal: () => state.refusal,
      onTrouble: (reason) => said.push(reason),
      onRecovered: (lost) => said.push(`recovered: ${lost} lost`),
    });
    assert.ok(opened.ok);
    const text = (): string =>
      readdirSync(folder)
        .map((name) => readFileSync(path.join(folder, name), 'utf8'))
        .join('');
    state.refusal = '3 MB are free';
    for (let number = 0; number < 5; number += 1) opened.value.write(line(number));
    assert.deepEqual([said, text()], [['3 MB are free'], '']);
    state.refusal = null;
    state.nowMs += logFileLimits.retryAfterMs;
    opened.value.write(line(7));
    await until('it is written', () => said.length > 1);
    assert.ok(text().includes(line(7)));
    assert.deepEqual(said, ['3 MB are free', 'recovered: 5 lost']);
  });
});

describe('a path that cannot be written', () => {
  it('is refused with path, reason and what to do', () => {
    const { folder, refusal } = world();
    const aFile = path.join(folder, 'file');
    writeFileSync(aFile, '');
    for (const bad of [path.join(aFile, 'below.log'), path.join(aFile, 'deep', 'below.log'), folder]) {
      const words = refusal(bad);
      assert.ok(words.startsWith(`LOG_FILENAME: the log file ${bad} cannot be written: `), words);
      assert.match(words, /Name a file in a folder that this user may write to, or remove it\.$/);
    }
  });

  it('is refused at once below /proc too', { skip: !existsSync('/proc/self') && 'no /proc here' }, () => {
    assert.match(world().refusal('/proc/towline/deep/towline.log'), /cannot be written: ENOENT/);
    assert.match(world().refusal('/proc/towline.log'), /cannot be written: E/);
  });

  it('is made when only its folders are missing', () => {
    const { folder, refusal } = world();
    assert.equal(refusal(path.join(folder, 'a', 'b', 'towline.log')), 'it opened');
    mkdirSync(path.join(folder, 'c'));
    assert.equal(refusal(path.join(folder, 'c', 'no-extension')), 'it opened');
  });
});

describe('a disk that is full', { skip: !existsSync('/dev/full') && 'no /dev/full here' }, () => {
  it('is told once, tried again after a minute, and says how much is missing when it is over', async () => {
    const { folder, open, said, time, names, read } = world();
    const name = 'towline.2026-11-21.1.log';
    symlinkSync('/dev/full', path.join(folder, name));
    const file = open();
    file.write(line(1));
    await until('it is told', () => said.length > 0);
    time.nowMs += limits.retryAfterMs;
    file.write(line(2));
    file.write(line(3));
    await until('the second try has failed', () => file.lost === 3);
    unlinkSync(path.join(folder, name));
    time.nowMs += limits.retryAfterMs - 1;
    file.write(line(4));
    file.flush();
    assert.deepEqual(names(), [], 'not tried before its time');
    time.nowMs += 1;
    file.write(line(5));
    await until('it is written', () => said.length > 1);
    assert.deepEqual(said, ['trouble: ENOSPC: no space left on device, write', 'recovered: 4 lost']);
    assert.equal(read(name), `\n${line(5)}`);
  });

  it('does not let lines pile up, nor hang when the process ends', async () => {
    const { folder, open, said } = world();
    symlinkSync('/dev/full', path.join(folder, 'towline.2026-11-21.1.log'));
    const file = open({ ...limits, maxWaiting: 100 });
    file.write(line(1));
    for (let number = 0; number < 10; number += 1) file.write(line(number));
    file.flush();
    assert.deepEqual(said, ['trouble: the disk is too slow']);
  });
});
