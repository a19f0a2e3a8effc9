import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../../../runner/api/api-error.ts';
import { decodeCursor, encodeCursor, MAX_CURSOR_LENGTH } from '../../../runner/api/cursor.ts';

const position = fc.record(
  {
    timestamp: fc.integer({ min: 1, max: 2_000_000_000_000 }),
    seq: fc.option(fc.maxSafeInteger()),
    id: fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 64 }),
    told: fc.integer({ min: 1, max: 100_000 }),
  },
  { noNullPrototype: true, requiredKeys: ['timestamp', 'seq', 'id'] },
);

test('a cursor comes back as it was given, for its own range only', () => {
  fc.assert(
    fc.property(position, fc.string(), fc.string(), (place, range, other) => {
      const cursor = encodeCursor(place, range);
      assert.ok(cursor.length <= MAX_CURSOR_LENGTH);
      assert.deepEqual(decodeCursor(cursor, range), place);
      if (other !== range) assert.throws(() => decodeCursor(cursor, other), ApiError);
    }),
  );
});

test('a cursor with one changed character is refused', () => {
  fc.assert(
    fc.property(position, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (place, at, character) => {
      const cursor = encodeCursor(place, 'range');
      const index = at % cursor.length;
      const changed = cursor.slice(0, index) + character + cursor.slice(index + 1);
      fc.pre(changed !== cursor);
      assert.throws(() => decodeCursor(changed, 'range'), ApiError);
    }),
  );
});

test('any text at all is a cursor or refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.throws(() => decodeCursor(text, 'range'), ApiError);
    }),
  );
});
