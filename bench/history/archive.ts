/** A file of the archive as a busy half day makes it: 2,000,000 trades from 00:00 to 12:00 UTC, in the columns of linear contracts. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { dayStart } from '../../shared/day-totals.ts';

export const DATE = '2026-08-01';
export const SYMBOL = 'BTCUSDT';
export const HALF_DAY_MS = 43_200_000;

const ROWS_AT_ONCE = 5_000;
const TICK = 0.1;

/** Bursts of trades at one price, prices that wander, newest row last. The same for the same number of rows. */
export async function writeArchive(file: string, rows: number): Promise<void> {
  const gzip = createGzip({ level: 6 });
  await pipeline(Readable.from(textOf(rows)), gzip, createWriteStream(file));
}

function* textOf(rows: number): Generator<string, void> {
  yield 'timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional\n';
  const random = xorshift(20_260_801);
  const start = dayStart(DATE) / 1_000;
  let ticks = 651_000;
  let text = '';
  for (let row = 0; row < rows; row += 1) {
    if (random() < 0.3) ticks += Math.round((random() - 0.5) * 12);
    const price = (ticks * TICK).toFixed(1);
    const size = (Math.ceil(random() ** 4 * 2_000) / 1_000).toFixed(3);
    const side = random() < 0.5 ? 'Buy' : 'Sell';
    const time = (start + (row / rows) * (HALF_DAY_MS / 1_000)).toFixed(4);
    const value = (Number(price) * Number(size)).toFixed(4);
    text += `${time},${SYMBOL},${side},${size},${price},ZeroMinusTick,${idOf(row)},${value}e8,${size},${value}\n`;
    if (row % ROWS_AT_ONCE !== 0) continue;
    yield text;
    text = '';
  }
  yield text;
}

/** As the exchange's ids: 32 hexadecimal digits that do not compress. */
function idOf(row: number): string {
  const digest = createHash('md5').update(`trade ${row}`).digest('hex');
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-${digest.slice(12, 16)}-${digest.slice(16, 20)}-${digest.slice(20)}`;
}

function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
