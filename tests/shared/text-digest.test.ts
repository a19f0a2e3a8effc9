import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { digestOfBytes, digestOfText } from '../../shared/text-digest.ts';

describe('the digest of a text', () => {
  it('is the same of its bytes, wherever they lie, and a whole number that a double holds', () => {
    const ascii = fc.string({ unit: 'binary-ascii', maxLength: 70 });
    fc.assert(
      fc.property(ascii, ascii, ascii, (before, text, after) => {
        const bytes = Buffer.from(before + text + after);
        const digest = digestOfBytes(bytes, before.length, before.length + text.length);
        assert.equal(digest, digestOfText(text));
        assert.ok(Number.isSafeInteger(digest) && digest >= 0, String(digest));
      }),
      { numRuns: 1_000 },
    );
  });

  it('tells ids apart that differ in one place only, and those that are counted', () => {
    const ids: string[] = [];
    for (let count = 0; count < 100_000; count += 1)
      ids.push(String(2_290_000_000_068_683_776n + BigInt(count)));
    const uuid = '20f43950-d8dd-5b31-9112-a178eb6023af';
    for (let place = 0; place < uuid.length; place += 1)
      for (const other of '0123456789abcdef')
        if (uuid[place] !== other) ids.push(`${uuid.slice(0, place)}${other}${uuid.slice(place + 1)}`);
    assert.equal(new Set(ids.map(digestOfText)).size, ids.length);
  });
});
