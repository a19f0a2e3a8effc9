/** Names in the cache: where a day is, what is ours, and that no symbol leads out of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { archiveLayouts } from '../../../../connector/bybit/archive-layout.ts';
import { readHeader } from '../../../../connector/history/store/archive-columns.ts';
import {
  type DayKey,
  datesAmong,
  dayFiles,
  isCacheFile,
  isPartial,
  partialName,
} from '../../../../connector/history/store/paths.ts';

const key: DayKey = { environment: 'mainnet', category: 'spot', symbol: 'BTC-27MAR26', date: '2026-08-01' };

describe('the files of a day', () => {
  it('are in the folder of environment, market and symbol', () => {
    assert.deepEqual(dayFiles('/cache', key, 'trades'), {
      folder: '/cache/mainnet/spot/BTC-27MAR26',
      parquet: '/cache/mainnet/spot/BTC-27MAR26/trades_2026-08-01.parquet',
      manifest: '/cache/mainnet/spot/BTC-27MAR26/trades_2026-08-01.json',
      nextManifest: '/cache/mainnet/spot/BTC-27MAR26/trades_2026-08-01.json.next',
    });
    assert.match(dayFiles('/cache', key, 'klines').parquet, /\/klines_1m_2026-08-01\.parquet$/);
    assert.match(dayFiles('/cache', key, 'legacy').parquet, /\/backfill_2026-08-01\.parquet$/);
  });

  it('are nowhere for what is no symbol or no day', () => {
    for (const symbol of ['../BTCUSDT', '', 'btcusdt', 'A/B', '.', '..'])
      assert.throws(() => dayFiles('/cache', { ...key, symbol }, 'trades'), /is no symbol/, symbol);
    for (const date of ['2026-02-30', '2026-8-1', '../2026-08-01'])
      assert.throws(() => dayFiles('/cache', { ...key, date }, 'trades'), /is no UTC day/, date);
  });

  it('are told from those on their way, and from those of others', () => {
    const { parquet } = dayFiles('/cache', key, 'trades');
    const partial = partialName(parquet, '47-1');
    assert.equal(partial, '/cache/mainnet/spot/BTC-27MAR26/.trades_2026-08-01.parquet.47-1.partial');
    const names = [
      '.trades_2026-08-01.parquet.47-1.partial',
      'trades_2026-08-02.parquet',
      'trades_2026-08-01.parquet',
      'trades_2026-08-01.json',
      'trades_2026-08-01.json.next',
      'trades_2026-02-30.parquet',
      'backfill_2026-08-03.parquet',
      'notes.txt',
      '.lock',
      'trades_2026-08-01.parquet.bak',
    ];
    assert.deepEqual(datesAmong(names, 'trades'), ['2026-08-01', '2026-08-02']);
    assert.deepEqual(datesAmong(names, 'legacy'), ['2026-08-03']);
    assert.deepEqual(names.filter(isPartial), [names[0]]);
    assert.deepEqual(
      names.filter((name) => !isCacheFile(name)),
      ['notes.txt', '.lock', 'trades_2026-08-01.parquet.bak'],
    );
  });
});

describe('the first line of an archive file', () => {
  const { linear, spot } = archiveLayouts;

  it('names the columns, in any order and with others', () => {
    const line = 'later,rpi,side,volume,price,timestamp,id\r';
    assert.deepEqual(readHeader(line, spot), {
      ok: true,
      value: { names: ['later', 'rpi', 'side', 'volume', 'price', 'timestamp', 'id'], hasRpi: true },
    });
    const old = readHeader('id,timestamp,price,volume,side', spot);
    assert.ok(old.ok && !old.value.hasRpi);
  });

  it('of another market, or of no archive, is refused with what is missing', () => {
    for (const [line, words] of [
      ['id,timestamp,price,volume,side', /lacks symbol, size, trdMatchID/],
      ['<html>', /lacks timestamp, symbol, side/],
      ['timestamp,symbol,side,size,price,trdMatchID,price', /is no list of columns/],
      ["timestamp,symbol,side,size,price,trdMatchID,a'b", /is no list of columns/],
    ] as const) {
      const read = readHeader(line, linear);
      assert.ok(!read.ok && read.failure.code === 'header_unknown');
      assert.match(read.failure.message, words);
    }
  });
});
