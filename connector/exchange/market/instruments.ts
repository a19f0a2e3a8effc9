/**
 * What is listed on the simulated Bybit, and how its integers become the market's texts.
 *
 * Inside, a price is a count of ticks and a size a count of lots, so that nothing is ever rounded. The texts follow the
 * real market: linear and inverse pad with zeros to the instrument's scale ("65114.20", "0.270"), spot never does
 * ("78715"). Shapes and figures: bybit-v5.md 8.1, 8.2; the prices are made up.
 */

/** The three markets that have a public socket here. */
export type Category = 'linear' | 'spot' | 'inverse';

/** All markets, in the order in which they are listed. */
export const CATEGORIES: readonly Category[] = ['linear', 'spot', 'inverse'];

/** One listed instrument. `price*` describes prices, `size*` quantities; `basePrice` is in ticks, `typicalSize` in lots. */
export interface Instrument {
  readonly category: Category;
  readonly symbol: string;
  readonly baseCoin: string;
  readonly quoteCoin: string;
  /** Digits behind the point of a price, and how many of its last unit make a tick (0.10 = 2 digits, 10 units). */
  readonly priceDigits: number;
  readonly tickUnits: number;
  readonly sizeDigits: number;
  readonly lotUnits: number;
  readonly basePrice: number;
  readonly typicalSize: number;
  /** Levels that the order flow tries to keep on each side. */
  readonly levels: number;
  /** Order steps a second in natural mode. */
  readonly stepsPerSecond: number;
  /** Chance of a market order per step when nothing else decides it. */
  readonly marketShare: number;
  /** A quiet instrument keeps its natural pace even when `--rate` drives the others. */
  readonly quiet: boolean;
  /** How often its turn comes among the markets that `--rate` drives, against the others'; a whole number from 1 on. */
  readonly share: number;
  /** When a dated contract is delivered, ms; undefined is a perpetual one (or spot). */
  readonly deliveryAt?: number;
}

const LINEAR = { category: 'linear', quoteCoin: 'USDT', quiet: false, share: 40 } as const;
const SPOT = { category: 'spot', quoteCoin: 'USDT', quiet: false, share: 40 } as const;
const BUSY = { levels: 1350, marketShare: 0.22 } as const;

/** The listing. QNTUSDT trades rarely and has a thin book: the quiet symbol that a freshness rule must not call dead. */
export const INSTRUMENTS: readonly Instrument[] = [
  {
    ...LINEAR,
    ...BUSY,
    symbol: 'BTCUSDT',
    baseCoin: 'BTC',
    priceDigits: 2,
    tickUnits: 10,
    sizeDigits: 3,
    lotUnits: 1,
    basePrice: 651_142,
    typicalSize: 120,
    stepsPerSecond: 120,
  },
  {
    ...LINEAR,
    ...BUSY,
    symbol: 'ETHUSDT',
    baseCoin: 'ETH',
    priceDigits: 2,
    tickUnits: 1,
    sizeDigits: 2,
    lotUnits: 1,
    basePrice: 192_242,
    typicalSize: 260,
    stepsPerSecond: 100,
  },
  {
    ...LINEAR,
    ...BUSY,
    symbol: 'SOLUSDT',
    baseCoin: 'SOL',
    priceDigits: 3,
    tickUnits: 10,
    sizeDigits: 1,
    lotUnits: 1,
    basePrice: 14_235,
    typicalSize: 180,
    stepsPerSecond: 40,
  },
  {
    ...LINEAR,
    ...BUSY,
    symbol: '1000PEPEUSDT',
    baseCoin: '1000PEPE',
    priceDigits: 7,
    tickUnits: 1,
    sizeDigits: 0,
    lotUnits: 100,
    basePrice: 123_450,
    typicalSize: 300,
    stepsPerSecond: 20,
    levels: 400,
  },
  {
    ...LINEAR,
    symbol: 'QNTUSDT',
    baseCoin: 'QNT',
    priceDigits: 2,
    tickUnits: 1,
    sizeDigits: 1,
    lotUnits: 1,
    basePrice: 8_512,
    typicalSize: 30,
    stepsPerSecond: 0.5,
    levels: 60,
    marketShare: 0.1,
    quiet: true,
    share: 1,
  },
  {
    ...SPOT,
    ...BUSY,
    symbol: 'BTCUSDT',
    baseCoin: 'BTC',
    priceDigits: 1,
    tickUnits: 1,
    sizeDigits: 6,
    lotUnits: 1,
    basePrice: 651_410,
    typicalSize: 21_000,
    stepsPerSecond: 80,
  },
  {
    ...SPOT,
    ...BUSY,
    symbol: 'ETHUSDT',
    baseCoin: 'ETH',
    priceDigits: 2,
    tickUnits: 1,
    sizeDigits: 5,
    lotUnits: 1,
    basePrice: 192_310,
    typicalSize: 48_000,
    stepsPerSecond: 60,
  },
  {
    ...BUSY,
    category: 'inverse',
    quoteCoin: 'USD',
    quiet: false,
    share: 40,
    symbol: 'BTCUSD',
    baseCoin: 'BTC',
    priceDigits: 2,
    tickUnits: 10,
    sizeDigits: 0,
    lotUnits: 1,
    basePrice: 651_020,
    typicalSize: 900,
    stepsPerSecond: 30,
    levels: 400,
  },
];

/** A price in ticks as the market writes it. */
export function priceText(instrument: Instrument, ticks: number): string {
  return fixedText(ticks * instrument.tickUnits, instrument.priceDigits, instrument.category !== 'spot');
}

/** A size in lots as the market writes it; 0 (a deleted level) is always "0". */
export function sizeText(instrument: Instrument, lots: number): string {
  if (lots === 0) return '0';
  return fixedText(lots * instrument.lotUnits, instrument.sizeDigits, instrument.category !== 'spot');
}

/** `units` x 10^-`digits` as a decimal text; without `padded`, zeros at the end of the fraction are left out. */
export function fixedText(units: number | bigint, digits: number, padded: boolean): string {
  if (digits === 0) return String(units);
  const text = String(units).padStart(digits + 1, '0');
  const point = text.length - digits;
  if (padded) return `${text.slice(0, point)}.${text.slice(point)}`;
  let end = text.length;
  while (end > point && text.charCodeAt(end - 1) === 48) end -= 1;
  return end === point ? text.slice(0, point) : `${text.slice(0, point)}.${text.slice(point, end)}`;
}
