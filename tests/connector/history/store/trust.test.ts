/** Which file of the cache may be used, which is made anew, and what its manifest must say. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Manifest, manifestText, readManifest } from '../../../../connector/history/store/manifest.ts';
import type { DayKey } from '../../../../connector/history/store/paths.ts';
import { judgeTrust } from '../../../../connector/history/store/trust.ts';

const key: DayKey = { environment: 'mainnet', category: 'linear', symbol: 'BTCUSDT', date: '2026-08-01' };
const file = { bytes: 1_000, sha256: 'a'.repeat(64) };
const manifest: Manifest = {
  version: 1,
  ...key,
  rows: 1,
  first: { timestamp: 5, id: 'a' },
  last: { timestamp: 5, id: 'a' },
  price_decimals: 1,
  qty_decimals: 3,
  ...file,
  sources: [{ source: 'archive', rows: 1, url: null, bytes: null, sha256: null, fetched_at: 9 }],
  spans: [{ from: 0, to: 10, exactness: 'exact' }],
  gaps: [{ from: 10, to: 20, cause: 'runner_stopped' }],
  doubles: 0,
  made_at: 9,
};

const reasonOf = (text: string | undefined, facts = file): string => {
  const trust = judgeTrust(key, facts, text, undefined);
  return trust.kind === 'untrusted' ? trust.reason : trust.kind;
};

describe('a file of the cache', () => {
  it('is trusted with the manifest that was made with it', () => {
    const trust = judgeTrust(key, file, manifestText(manifest), undefined);
    assert.deepEqual(trust, { kind: 'trusted', manifest, isNext: false });
  });

  it('is not there', () => {
    assert.deepEqual(judgeTrust(key, undefined, manifestText(manifest), undefined), { kind: 'absent' });
  });

  it('is not trusted without a manifest, or with one that does not fit', () => {
    assert.match(reasonOf(undefined), /no manifest/);
    assert.match(reasonOf('{"version":1'), /is no JSON/);
    assert.match(reasonOf(manifestText({ ...manifest, bytes: 999 })), /1000 bytes, its manifest says 999/);
    assert.match(reasonOf(manifestText({ ...manifest, sha256: 'b'.repeat(64) })), /SHA-256/);
    assert.match(
      reasonOf(manifestText({ ...manifest, environment: 'testnet' })),
      /environment testnet, not mainnet/,
    );
    assert.match(reasonOf(manifestText({ ...manifest, category: 'spot' })), /category spot/);
    assert.match(reasonOf(manifestText({ ...manifest, symbol: 'ETHUSDT' })), /symbol ETHUSDT/);
    assert.match(reasonOf(manifestText({ ...manifest, date: '2026-08-02' })), /date 2026-08-02/);
    assert.match(reasonOf(manifestText(manifest).replace('"version": 1', '"version": 2')), /version/);
    assert.match(reasonOf(manifestText(manifest).replace('"rows": 1', '"rows": -1')), /rows/);
  });

  it('is trusted with the next manifest when the one in place is of the file before', () => {
    const before = manifestText({ ...manifest, sha256: 'b'.repeat(64) });
    const next = judgeTrust(key, file, before, manifestText(manifest));
    assert.deepEqual(next, { kind: 'trusted', manifest, isNext: true });
    const first = judgeTrust(key, file, undefined, manifestText(manifest));
    assert.deepEqual(first, { kind: 'trusted', manifest, isNext: true });
    const neverCame = judgeTrust(key, file, manifestText(manifest), before);
    assert.deepEqual(neverCame, { kind: 'trusted', manifest, isNext: false });
    assert.equal(judgeTrust(key, file, before, before).kind, 'untrusted');
  });
});

describe('a manifest', () => {
  it('is read as it was written, and may know more than we do', () => {
    assert.deepEqual(readManifest(manifestText(manifest)), { ok: true, value: manifest });
    const richer = manifestText(manifest).replace('{', '{"later": 1,');
    assert.deepEqual(readManifest(richer), { ok: true, value: manifest });
  });

  it('of an empty day has no first and no last', () => {
    const empty = { ...manifest, rows: 0, first: null, last: null, sources: [], only_recorded: 0 };
    assert.deepEqual(readManifest(manifestText(empty)), { ok: true, value: empty });
  });
});
