import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  fixedText,
  INSTRUMENTS,
  priceText,
  sizeText,
} from '../../../../connector/exchange/market/instruments.ts';

function listed(category: string, symbol: string) {
  const found = INSTRUMENTS.find((one) => one.category === category && one.symbol === symbol);
  assert.ok(found);
  return found;
}

test('contract prices and sizes are padded with zeros, spot ones are not', () => {
  const linear = listed('linear', 'BTCUSDT');
  assert.equal(priceText(linear, 651_142), '65114.20');
  assert.equal(sizeText(linear, 270), '0.270');
  const spot = listed('spot', 'BTCUSDT');
  assert.equal(priceText(spot, 787_150), '78715');
  assert.equal(priceText(spot, 787_153), '78715.3');
  assert.equal(sizeText(spot, 11_650), '0.01165');
  assert.equal(sizeText(listed('linear', '1000PEPEUSDT'), 3), '300');
  assert.equal(priceText(listed('linear', '1000PEPEUSDT'), 123_450), '0.0123450');
});

test('a deleted level has size "0" everywhere', () => {
  for (const instrument of INSTRUMENTS) assert.equal(sizeText(instrument, 0), '0');
});

test('fixed texts are exact: they read back as the integer they came from', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 50 }),
      fc.integer({ min: 0, max: 9 }),
      fc.boolean(),
      (units, digits, padded) => {
        const text = fixedText(units, digits, padded);
        const [whole = '', fraction = ''] = text.split('.');
        assert.equal(BigInt(whole + fraction.padEnd(digits, '0')), BigInt(units));
        if (padded && digits > 0) assert.equal(fraction.length, digits);
        if (!padded) assert.doesNotMatch(text, /\.\d*0$|\.$/);
      },
    ),
  );
});
