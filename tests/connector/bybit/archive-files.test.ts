/** Addresses of the daily files, as the exchange names them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { archiveBaseUrl, archiveBegan, archivePath } from '../../../connector/bybit/archive-files.ts';
import { categories } from '../../../shared/market.ts';

it('names the files of contracts and of spot, each in its own way', () => {
  const day = '2026-09-08';
  assert.equal(
    archivePath({ category: 'linear', symbol: 'BTCUSDT' }, day),
    '/trading/BTCUSDT/BTCUSDT2026-09-08.csv.gz',
  );
  assert.equal(
    archivePath({ category: 'inverse', symbol: 'BTCUSD' }, day),
    '/trading/BTCUSD/BTCUSD2026-09-08.csv.gz',
  );
  assert.equal(
    archivePath({ category: 'spot', symbol: 'BTCUSDT' }, day),
    '/spot/BTCUSDT/BTCUSDT_2026-09-08.csv.gz',
  );
  assert.equal(
    archivePath({ category: 'linear', symbol: 'BTCUSDT-22AUG25' }, day),
    '/trading/BTCUSDT-22AUG25/BTCUSDT-22AUG252026-09-08.csv.gz',
  );
});

it('gives no file of another market: both kinds of contracts share a folder', () => {
  for (const symbol of ['BTCUSD', 'BTCUSDH23'])
    assert.equal(archivePath({ category: 'linear', symbol }, '2026-09-08'), undefined);
  for (const symbol of ['BTCUSDT', 'BTCPERP', 'BTC-24MAR23', 'BTCUSDT-21FEB25'])
    assert.equal(archivePath({ category: 'inverse', symbol }, '2026-09-08'), undefined);
});

it('knows the host of the mainnet alone, which demo and paper trading listen to as well', () => {
  for (const environment of ['mainnet', 'demo', 'paper'] as const)
    assert.equal(archiveBaseUrl(environment), 'https://public.bybit.com');
  for (const environment of ['testnet', 'simulated'] as const)
    assert.equal(archiveBaseUrl(environment), undefined);
  assert.equal(archiveBaseUrl('simulated', 'http://127.0.0.1:9/files/'), 'http://127.0.0.1:9/files');
});

it('begins at the first file that any symbol of a market has', () => {
  const dates = categories.map((category) => new Date(archiveBegan(category)).toISOString().slice(0, 10));
  assert.deepEqual(dates, ['2020-03-25', '2022-11-01', '2019-10-01']);
});
