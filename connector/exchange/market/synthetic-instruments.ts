/**
 * Made-up instruments by the hundred, for trying the width of a whole market.
 *
 * They are the same in every run: S001USDT, S002USDT ... Every tenth has a multiplier in its name (1000S010USDT), every
 * twenty-fifth a delivery date and a dash (S025USDT-25JUN27). Ticks reach from 0.0000001 to 0.1, sizes from 0.001 to 1000.
 * One in twenty is busy, half of them trade less than once a second: the pace falls with the rank, as markets do.
 */
import type { Category, Instrument } from './instruments.ts';
import { hashText } from './random.ts';

/** Shapes of price and size; `size` in lots. A price in ticks is the base times one to three. */
const SHAPES = [
  { priceDigits: 7, tickUnits: 1, sizeDigits: 0, lotUnits: 100, base: 62_000, size: 300 },
  { priceDigits: 6, tickUnits: 1, sizeDigits: 0, lotUnits: 10, base: 35_000, size: 250 },
  { priceDigits: 5, tickUnits: 1, sizeDigits: 0, lotUnits: 1, base: 18_000, size: 900 },
  { priceDigits: 4, tickUnits: 1, sizeDigits: 0, lotUnits: 1, base: 9_000, size: 400 },
  { priceDigits: 4, tickUnits: 5, sizeDigits: 1, lotUnits: 1, base: 12_000, size: 500 },
  { priceDigits: 3, tickUnits: 1, sizeDigits: 1, lotUnits: 1, base: 8_000, size: 120 },
  { priceDigits: 2, tickUnits: 1, sizeDigits: 2, lotUnits: 1, base: 15_000, size: 300 },
  { priceDigits: 2, tickUnits: 5, sizeDigits: 2, lotUnits: 1, base: 20_000, size: 90 },
  { priceDigits: 1, tickUnits: 1, sizeDigits: 3, lotUnits: 1, base: 30_000, size: 700 },
] as const;

/** Delivery of the dated ones: 25 June 2027, 08:00 UTC. */
const DELIVERY_MS = 1_813_910_400_000;
/** Deep enough for a whole book of 50, thin enough for hundreds of markets. */
const LEVELS = 110;
const STEPS_PER_SECOND = { most: 30, least: 0.05 } as const;
const SHARE_MOST = 40;

/** `count` linear contracts, a tenth as many spot pairs and a fiftieth as many inverse contracts. */
export function syntheticInstruments(count: number): readonly Instrument[] {
  const many = (category: Category, most: number): Instrument[] =>
    Array.from({ length: most }, (_, index) => syntheticInstrument(category, index + 1));
  return [
    ...many('linear', count),
    ...many('spot', Math.floor(count / 10)),
    ...many('inverse', Math.floor(count / 50)),
  ];
}

/** The made-up instrument of a number (1 or more), or of a symbol that an operator lists. */
export function syntheticInstrument(category: Category, number: number, named?: string): Instrument {
  const coin = `S${String(number).padStart(3, '0')}`;
  const isDated = named === undefined ? category === 'linear' && number % 25 === 0 : named.includes('-');
  const multiplied = category === 'linear' && !isDated && number % 10 === 0 ? `1000${coin}` : coin;
  const quoteCoin = category === 'inverse' ? 'USD' : 'USDT';
  const symbol = named ?? `${multiplied}${quoteCoin}${isDated ? '-25JUN27' : ''}`;
  const [first, second] = hashText(`${category}/${symbol}`);
  const shape = SHAPES[first % SHAPES.length] ?? SHAPES[0];
  const rank = (second >>> 8) / 0x100_0000;
  const pace = Math.max(STEPS_PER_SECOND.least, STEPS_PER_SECOND.most * 0.00015 ** rank);
  const isInverse = category === 'inverse';
  return {
    category,
    symbol,
    baseCoin: named === undefined ? multiplied : (/^[0-9A-Z]+?(?=USD|-|$)/.exec(named)?.[0] ?? named),
    quoteCoin,
    priceDigits: isInverse ? 2 : shape.priceDigits,
    tickUnits: isInverse ? 5 : shape.tickUnits,
    sizeDigits: isInverse ? 0 : shape.sizeDigits,
    lotUnits: isInverse ? 1 : shape.lotUnits,
    basePrice: shape.base + (second % (2 * shape.base)),
    typicalSize: shape.size,
    levels: LEVELS,
    stepsPerSecond: Math.round(pace * 100) / 100,
    marketShare: 0.2,
    quiet: false,
    share: Math.max(1, Math.round((SHARE_MOST * pace) / STEPS_PER_SECOND.most)),
    ...(isDated ? { deliveryAt: DELIVERY_MS } : {}),
  };
}
