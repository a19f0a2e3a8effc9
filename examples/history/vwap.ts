/**
 * The VWAP of some days, from trades that are fetched once and then read from the disk:
 *
 *   node bin/towline.mjs examples/history/vwap.ts BTCUSDT 2026-08-01 2026-08-07
 *
 * From where and to where is as in `npm run history`; TOWLINE_ENVIRONMENT is mainnet when it is not set.
 */
import { openHistory } from '../../connector/history/run/io/open-history.ts';
import { backfillWithCache, iterateTrades } from '../../connector/history/run/iterate-trades.ts';
import { DAY_MS, dayStart } from '../../shared/day-totals.ts';
import { environments } from '../../shared/market.ts';
import { unixMs } from '../../shared/time.ts';

const [symbol = 'BTCUSDT', first = '2026-08-01', last = first] = process.argv.slice(2);
const environment = environments.find((name) => name === process.env['TOWLINE_ENVIRONMENT']) ?? 'mainnet';
const instrument = { category: 'linear', symbol } as const;
const span = { from: unixMs(dayStart(first)), to: unixMs(dayStart(last) + DAY_MS) };
const complain = (message: string): void => void process.stderr.write(`${message}\n`);

const history = await openHistory({ environment, warn: complain });
try {
  const days = await backfillWithCache({ instrument, ...span }, history.ports);
  for (const { date, exactness, failure, reason } of days.flatMap(({ ranges }) => ranges))
    if (exactness !== 'exact') complain(`${date}: ${failure?.message ?? `no trades (${reason})`}`);

  let [trades, volume, notional] = [0, 0, 0];
  for await (const { price, qty } of iterateTrades({ ...history, instrument, ...span, isWhole: false })) {
    trades += 1;
    volume += qty;
    notional += price * qty;
  }
  process.stdout.write(`${symbol}: ${trades} trades, VWAP ${(notional / volume).toFixed(2)}\n`);
} finally {
  await history.close();
}
