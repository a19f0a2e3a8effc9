/**
 * The archive files of the simulated exchange, which shares no code with us, of all markets and years: stored as a plain reading of
 * their lines says.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { textOf } from '../../../../connector/exchange/archive/day-file.ts';
import type { TradeRow } from '../../../../connector/history/store/verification.ts';
import { dayStart } from '../../../../shared/day-totals.ts';
import type { Category } from '../../../../shared/market.ts';
import { Harness } from '../../exchange/harness.ts';
import { cacheWorld } from './cache-world.ts';

/** With 11 columns, with 10, from the newest to the oldest, and with whole seconds. */
const ofContracts = ['2026-08-01', '2024-07-01', '2024-01-01', '2021-07-02'];
const markets: readonly (readonly [Category, string, dates: readonly string[]])[] = [
  ['linear', 'BTCUSDT', ofContracts],
  ['inverse', 'BTCUSD', ofContracts],
  ['spot', 'BTCUSDT', ['2026-08-01', '2024-07-01']],
];

/** Each line once, times as text: a thousandth of a second is three digits behind the point. */
function naive(text: string, category: Category): readonly TradeRow[] {
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const names = header.split(',');
  const rows = lines.map((line) => {
    const fields = line.split(',');
    const of = (name: string): string => fields[names.indexOf(name)] ?? '';
    const isSpot = category === 'spot';
    const [whole = '', fraction = ''] = of('timestamp').split('.');
    const mark = of(isSpot ? 'rpi' : 'RPI');
    const fine = isSpot ? of('timestamp') : `${whole}${fraction.padEnd(4, '0')}`;
    const row: TradeRow = {
      timestamp: isSpot ? Number(fine) : Number(fine.slice(0, -1)),
      seq: null,
      id: of(isSpot ? 'id' : 'trdMatchID'),
      price: Number(of('price')),
      qty: Number(of(isSpot ? 'volume' : 'size')),
      side: of('side').toLowerCase() === 'buy' ? 'buy' : 'sell',
      block: null,
      rpi: mark === '' ? null : mark === '1',
      source: 'archive',
    };
    return { fine: Number(fine), row };
  });
  const runsDown = (rows.at(0)?.fine ?? 0) > (rows.at(-1)?.fine ?? 0);
  return (runsDown ? rows.toReversed() : rows).toSorted((a, b) => a.fine - b.fine).map(({ row }) => row);
}

describe('a file of the simulated archive', () => {
  const world = cacheWorld({ after });
  const harness = new Harness({ startAt: Date.UTC(2026, 10, 1), historyTrades: 4_000 });

  for (const [category, symbol, dates] of markets)
    for (const date of dates) {
      const key = { environment: 'simulated', category, symbol, date } as const;
      const textFor = (defect?: 'bad_row' | 'other_symbol'): string => {
        const feed = harness.exchange.feed(category, symbol);
        assert.ok(feed);
        return [...textOf({ feed, day: dayStart(date), defect })].join('');
      };
      it(`of ${category} of ${date} is stored`, async () => {
        const text = textFor();
        const report = await world.store.importArchive(world.archive(key, world.packed(text)));
        assert.ok(report.ok, JSON.stringify(report));
        const expected = naive(text, category);
        assert.ok(expected.length > 500, `${expected.length} rows`);
        assert.deepEqual(await world.stored(key), expected);
      });

      it(`of ${category} of ${date} with a bad row is refused`, async () => {
        const report = await world.store.importArchive(world.archive(key, world.packed(textFor('bad_row'))));
        assert.ok(!report.ok && report.failure.code === 'row_bad', JSON.stringify(report));
        assert.match(report.failure.message, /Infinity,\?,Hold,-1,cheap/);
      });
    }
});
