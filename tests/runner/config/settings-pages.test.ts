import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { parseEnv } from 'node:util';
import { parseConfig } from '../../../runner/config/config.ts';
import { configurationPage, envExample } from '../../../runner/config/settings-pages.ts';
import { settingNames, settingsTable } from '../../../runner/config/settings-table.ts';
import { readEnvFile, readJsonFile } from '../../../shared/io/env-file.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const cure = 'it is stale: run `node bin/towline.mjs bin/settings.ts`';

describe('.env.example', () => {
  it('is what the table of settings says', () => {
    assert.equal(readFileSync(path.join(root, '.env.example'), 'utf8'), envExample(), cure);
  });

  it('has every name once, with its default, unit and reader', () => {
    const lines = envExample().split('\n');
    for (const name of settingNames) {
      const row = settingsTable[name];
      assert.equal(lines.filter((line) => line === `# ${name}=${row.default ?? ''}`).length, 1, name);
      if (row.unit !== undefined) assert.ok(envExample().includes(row.unit), `${name}: ${row.unit}`);
    }
    assert.ok(lines.every((line) => line.length <= 120));
  });

  it('says of what history reads who reads it, the child of the runner included where it gets it', () => {
    const text = envExample().replaceAll(/\n# (?![A-Z_]+=)/g, ' ');
    const readersOf = (name: string): string =>
      new RegExp(`read by: ([^;)]*)[^#]*# ${name}=`).exec(text)?.[1] ?? '';
    for (const name of settingNames.filter((one) => /^BYBIT_BACKFILL_|^BYBIT_ARCHIVE_/.test(one)))
      assert.equal(readersOf(name), '`npm run history`, and what the runner starts for history', name);
    for (const name of ['BYBIT_API_KEY', 'BYBIT_API_SECRET'])
      assert.equal(readersOf(name), '`npm run history`', name);
    assert.match(readersOf('BACKFILL_CACHE_DIR'), /^runner, .*history.* and .*backtest/);
    assert.match(readersOf('BACKFILL_CACHE_ENABLED'), /history.*what the runner starts.*backtest/);
    assert.equal(readersOf('DATA_DIR'), 'runner and `npm run history`');
  });

  it('changes nothing when it is copied to .env, and is accepted with every default line enabled', () => {
    const copied = readEnvFile(path.join(root, '.env.example'), true);
    assert.deepEqual(copied, { values: {}, problems: [] });
    const enabled = parseEnv(envExample().replaceAll(/^# (?=[A-Z_]+=)/gm, ''));
    const around = { root, cwd: root, node: process.execPath, fileExists: existsSync };
    const result = parseConfig({}, enabled, readJsonFile, around);
    assert.deepEqual([result.ok, result.warnings], [true, []]);
  });
});

describe('docs/configuration.md', () => {
  it('is what the table of settings says', () => {
    assert.equal(
      readFileSync(path.join(root, 'docs', 'configuration.md'), 'utf8'),
      configurationPage(),
      cure,
    );
  });

  it('has a row for every name, and each row has five cells', () => {
    const rows = configurationPage()
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    assert.equal(rows.length, settingNames.length);
    for (const row of rows) assert.equal(row.replaceAll('\\|', '').split('|').length, 7, row);
  });
});
