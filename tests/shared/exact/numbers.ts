/** Numbers for properties of exact sums: sizes and digits as markets have them, and worse. */
import fc from 'fast-check';

/** A number of 1 to 15 significant digits between 1e-12 and 1e15, as a market could tell it. */
export const marketNumber = fc
  .tuple(fc.integer({ min: 1, max: 15 }), fc.maxSafeNat(), fc.integer({ min: -12, max: 14 }))
  .map(([digits, seed, exponent]) => {
    const text = String(seed).padStart(15, '7').slice(0, digits);
    const mantissa = text.startsWith('0') ? `1${text.slice(1)}` : text;
    return Number(`${mantissa.slice(0, 1)}.${mantissa.slice(1)}e${exponent}`);
  });

/** The same with either sign, and zero. */
export const signedNumber = fc
  .tuple(marketNumber, fc.integer({ min: -1, max: 1 }))
  .map(([value, sign]) => (sign === 0 ? 0 : value * sign));

/** Any finite double, also of 17 digits, tiny or huge. */
export const anyDouble = fc.double({ noNaN: true, noDefaultInfinity: true });

/** Prices and quantities of one instrument: few decimals, so that sums stay on the quick way. */
export const ordinaryTrade = fc.record({
  price: fc.integer({ min: 600_000, max: 700_000 }).map((ticks) => ticks / 10),
  qty: fc.integer({ min: 1, max: 100_000 }).map((steps) => steps / 1_000),
});
