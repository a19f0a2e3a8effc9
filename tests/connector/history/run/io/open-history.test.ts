/** Which settings a program gets that opens history by itself. Nobody listens where it asks. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { openHistory } from '../../../../../connector/history/run/io/open-history.ts';
import { BAN_FILE } from '../../../../../shared/bans.ts';

const home = process.cwd();
const folder = mkdtempSync(path.join(tmpdir(), 'open-history-'));
before(() => process.chdir(folder));
after(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const nobody = { BYBIT_REST_BASE_URL: 'http://127.0.0.1:1', BYBIT_BACKFILL_MAX_RETRIES: '1' };

describe('openHistory', () => {
  it('takes an empty DATA_DIR for one that is not set', async () => {
    mkdirSync('data');
    for (const file of [BAN_FILE, path.join('data', BAN_FILE)]) writeFileSync(file, 'not ours');
    const warnings: string[] = [];
    const env = { ...nobody, DATA_DIR: ' ' };
    const warn = (words: string): void => void warnings.push(words);
    const history = await openHistory({ environment: 'simulated', env, root: './history', warn });
    await history.close();
    assert.match(warnings.join('\n'), /^data\/bans\.json is not what we wrote/m);
    assert.doesNotMatch(warnings.join('\n'), /^bans\.json/m);
  });

  describe('called by a strategy', () => {
    const kept = process.env;
    afterEach(() => {
      process.env = kept;
    });

    it('asks the network that its runner chose, with the settings that it was handed', async () => {
      writeFileSync('.env', 'BYBIT_API_KEY=key');
      process.env = { ...nobody, TOWLINE_PARENT_PID: '17', CONNECTOR_PROFILE: 'simulated' };
      const history = await openHistory({ root: './history' });
      await history.close();
      assert.equal(history.environment, 'simulated');
    });
  });
});
