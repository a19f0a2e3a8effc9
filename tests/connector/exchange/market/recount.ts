/** Candles made anew from the texts of the execution log, with whole numbers: shares nothing with the exchange's sums. */
import type { Category } from '../../../../connector/exchange/market/instruments.ts';

/** When the harness begins: in the middle of a minute, so that the first candle is a part of one. */
export const START = 1_700_000_000_000 - (1_700_000_000_000 % 60_000);

export type LoggedExecution = { id: string; T: number; price: string; size: string; side: string };

export type Row = {
  readonly start: number;
  readonly end: number;
  readonly interval: string;
  readonly open: string;
  readonly close: string;
  readonly high: string;
  readonly low: string;
  readonly volume: string;
  readonly turnover: string;
  readonly confirm: boolean;
  readonly timestamp: number;
};

/** Prices before the first trade, and the digits of price, size and turnover with which a market pads its texts. */
const markets: Record<string, { first: string; price: number; size: number; turnover: number }> = {
  'linear BTCUSDT': { first: '65114.20', price: 2, size: 3, turnover: 5 },
  'spot BTCUSDT': { first: '65141', price: -1, size: -1, turnover: -1 },
  'inverse BTCUSD': { first: '65102.00', price: 2, size: 0, turnover: 8 },
};

const lengths: Record<string, number> = { '1': 60_000, '3': 180_000, D: 86_400_000 };

export function recount(
  executions: readonly LoggedExecution[],
  category: Category,
  symbol: string,
  interval: string,
  now: number,
): { readonly closed: readonly Row[]; readonly open: Row } {
  const shape = markets[`${category} ${symbol}`];
  const length = lengths[interval];
  if (shape === undefined || length === undefined) throw new Error('no such market or interval');
  const rows: Row[] = [];
  let last = units(shape.first);
  for (let start = START - (START % length); start <= now; start += length) {
    const inside = executions.filter(({ T }) => T >= start && T < start + length);
    const prices = [last, ...inside.map(({ price }) => units(price))];
    const sum = (of: (one: LoggedExecution) => bigint) => inside.reduce((total, one) => total + of(one), 0n);
    const turnover = sum(({ price, size }) =>
      category === 'inverse' ? coins(units(size), units(price)) : (units(price) * units(size)) / UNIT,
    );
    const close = prices.at(-1) ?? last;
    rows.push({
      start,
      end: start + length - 1,
      interval,
      open: text(last, shape.price),
      close: text(close, shape.price),
      high: text(sorted(prices).at(-1) ?? last, shape.price),
      low: text(sorted(prices)[0] ?? last, shape.price),
      volume: text(
        sum(({ size }) => units(size)),
        shape.size,
      ),
      turnover: text(turnover, shape.turnover),
      confirm: start + length <= now,
      timestamp: inside.at(-1)?.T ?? start,
    });
    last = close;
  }
  const open = rows.pop();
  if (open === undefined) throw new Error('no candle');
  return { closed: rows, open };
}

/** Digits that every text is counted in. */
const DIGITS = 14;
const UNIT = 10n ** BigInt(DIGITS);

function units(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(DIGITS, '0'));
}

/** size / price, rounded to 8 digits. */
function coins(size: bigint, price: bigint): bigint {
  const digit = 10n ** BigInt(DIGITS - 8);
  const last = UNIT / digit;
  return ((size * last * 2n + price) / (price * 2n)) * digit;
}

/** Sums of nothing are "0"; spot does not pad. */
function text(value: bigint, digits: number): string {
  if (value === 0n) return '0';
  const all = String(value).padStart(DIGITS + 1, '0');
  const whole = all.slice(0, -DIGITS);
  const fraction = digits < 0 ? all.slice(-DIGITS).replace(/0+$/, '') : all.slice(-DIGITS).slice(0, digits);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function sorted(prices: readonly bigint[]): readonly bigint[] {
  return prices.toSorted((one, other) => (one < other ? -1 : 1));
}
