/** What a program that is started by hand takes from .env, and what a child of a runner does not. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { readOwnSettings } from '../../../shared/io/own-settings.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'towline-own-settings-'));
after(() => rmSync(folder, { recursive: true }));

function fileWith(text: string): string {
  const file = path.join(folder, 'mine.env');
  writeFileSync(file, text);
  return file;
}

describe('settings of a program that is started by hand', () => {
  it('are those of the environment, and of the file what the environment does not set', () => {
    const file = fileWith('DATA_DIR=/file\nCATEGORY=spot\nSYMBOLS=ETHUSDT\nBYBIT_API_KEY=key\nREDUNDANCY=\n');
    const read = readOwnSettings({ HOME: '/home', CATEGORY: 'inverse', SYMBOLS: ' ' }, file);
    assert.deepEqual(read.env, {
      ...{ HOME: '/home', CATEGORY: 'inverse', DATA_DIR: '/file', SYMBOLS: 'ETHUSDT', BYBIT_API_KEY: 'key' },
    });
    assert.deepEqual([read.problems, read.warnings], [[], []]);
    assert.equal(readOwnSettings({}, fileWith('CONNECTOR_PROFILE=testnet')).network, 'testnet');
  });

  it('are wrong as they are for the runner: lines, names, a file that is not there', () => {
    const read = readOwnSettings(
      {},
      fileWith('DATA_DIR=/file\nwhat\nBACKFIL_CACHE_DIR=/x\nNODE_OPTIONS=--inspect\n'),
    );
    assert.equal(read.problems.length, 2);
    assert.match(
      read.problems.join('\n'),
      /mine\.env: line 2 is neither.*\n.*BACKFILL_CACHE_DIR was probably meant/,
    );
    assert.match(read.warnings.join('\n'), /NODE_OPTIONS, which towline does not know: it has no effect/);
    assert.equal(read.env['NODE_OPTIONS'], undefined, 'and then it has none');
    assert.match(readOwnSettings({}, path.join(folder, 'none')).problems.join(), /none: it does not exist/);
    const odd = readOwnSettings({ BACKFILL_CACHE_DIRR: '/x' }, fileWith(''));
    assert.match(odd.problems.join(), /the environment sets BACKFILL_CACHE_DIRR, which does not exist/);
  });

  it('come from the runner alone where a runner started it', () => {
    const env = { TOWLINE_PARENT_PID: '17', BACKFILL_CACHE_DIRR: '/x', CONNECTOR_PROFILE: 'testnet' };
    assert.deepEqual(readOwnSettings(env), { env, problems: [], warnings: [] });
    const named = readOwnSettings(env, fileWith('BYBIT_API_SECRET=secret\nwhat\n'));
    assert.equal(named.env, env);
    assert.match(named.problems.join('\n'), /^--settings is not for a connector that a runner started/);
  });
});
