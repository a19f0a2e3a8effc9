import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { settingNames as tableNames } from '../../../runner/config/settings-table.ts';
import { settingNames } from '../../../shared/settings/known-names.ts';
import { editDistance, nearestName } from '../../../shared/settings/near-miss.ts';

describe('nearestName', () => {
  for (const [written, meant] of [
    ['SYMBOL_S', 'SYMBOLS'],
    ['bybit_symbol', 'BYBIT_SYMBOL'],
    ['BYBIT-SYMBOL', 'BYBIT_SYMBOL'],
    ['WEBSOCKET_BUFER_SIZE', 'WEBSOCKET_BUFFER_SIZE'],
    ['BYBIT_APi_KEYS', 'BYBIT_API_KEY'],
    ['PROT', 'PORT'],
    ['TOWLINE_PORT', 'PORT'],
    ['BINANCE_API_TIMEOUT', 'BYBIT_API_TIMEOUT'],
    ['BACKFILL_PUBLIC_DELAY_MS', 'BYBIT_BACKFILL_PUBLIC_DELAY_MS'],
    ['CONNECTOR_TESTNET', 'BYBIT_CONNECTOR_TESTNET'],
  ] as const) {
    it(`${written} means ${meant}`, () => assert.equal(nearestName(written, settingNames), meant));
  }

  it('does not guess at what resembles nothing', () => {
    for (const name of ['PATH', 'HOME', 'LANG', 'EDITOR', 'NODE_OPTIONS', 'npm_config_cache', 'SHELL']) {
      assert.equal(nearestName(name, settingNames), undefined, name);
    }
  });
});

it('the names that are known are those of the table of settings', () => {
  assert.deepEqual(settingNames.toSorted(), tableNames.toSorted());
});

describe('editDistance', () => {
  it('counts changes, additions, removals and swaps', () => {
    assert.equal(editDistance('abc', 'abc'), 0);
    assert.equal(editDistance('abc', 'acb'), 1);
    assert.equal(editDistance('abc', 'abcd'), 1);
    assert.equal(editDistance('kitten', 'sitting'), 3);
  });

  it('is symmetric, and zero only for equal texts', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
        assert.equal(editDistance(a, b), editDistance(b, a));
        assert.equal(editDistance(a, b) === 0, a === b);
      }),
    );
  });
});
