/** The decoder against ndjson as the oracle, and against everything a broken child can print. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import ndjson from 'ndjson';
import { LineDecoder } from '../../shared/line-decoder.ts';

function decode(chunks: readonly string[], maxLength = 1_000): { lines: string[]; decoder: LineDecoder } {
  const lines: string[] = [];
  const decoder = new LineDecoder(maxLength, (line) => lines.push(line));
  for (const chunk of chunks) decoder.push(chunk);
  decoder.end();
  return { lines, decoder };
}

/** Cuts a text at the given places. */
function cut(text: string, places: readonly number[]): string[] {
  const marks = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...marks].map((mark, index) => text.slice(mark, marks[index] ?? text.length));
}

test('lines come out whole however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.json()), fc.array(fc.nat()), (values, places) => {
      const wanted = values.map((value) => JSON.stringify(JSON.parse(value)));
      const { lines, decoder } = decode(cut(wanted.map((line) => `${line}\n`).join(''), places), 100_000);
      assert.deepEqual(lines, wanted);
      assert.equal(decoder.counts.halfLines, 0);
    }),
  );
});

test('what it delivers is what ndjson parses, for objects', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 10 }),
      fc.array(fc.nat(), { maxLength: 5 }),
      async (rows, places) => {
        const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
        const expected: unknown[] = [];
        const parser = ndjson.parse();
        parser.on('data', (row: unknown) => expected.push(row));
        const ended = new Promise((resolve) => parser.on('end', resolve));
        parser.end(text);
        await ended;
        const { lines } = decode(cut(text, places), 1_000_000);
        assert.deepEqual(
          lines.map((line): unknown => JSON.parse(line)),
          expected,
        );
      },
    ),
    { numRuns: 50 },
  );
});

test('a line that is too long is discarded and counted, and the next one is read', () => {
  const long = 'x'.repeat(5_000);
  const { lines, decoder } = decode(
    ['{"a":1}\n', ...cut(`${long}\n{"b":2}\n`, [10, 1_500, 3_000, 5_005]), '{"c":3}\n'],
    1_000,
  );
  assert.deepEqual(lines, ['{"a":1}', '{"b":2}', '{"c":3}']);
  assert.equal(decoder.counts.tooLong, 1);
});

test('a line of exactly the limit passes, one more character does not', () => {
  assert.deepEqual(decode([`${'y'.repeat(10)}\n`], 10).lines, ['y'.repeat(10)]);
  const over = decode([`${'y'.repeat(11)}\n`], 10);
  assert.deepEqual(over.lines, []);
  assert.equal(over.decoder.counts.tooLong, 1);
});

test('megabytes without a newline keep no more than the limit in memory', () => {
  const lines: string[] = [];
  const decoder = new LineDecoder(1_000, (line) => lines.push(line));
  for (let count = 0; count < 10_000; count += 1) decoder.push('z'.repeat(1_024));
  assert.equal(decoder.counts.tooLong, 1, 'it is given up long before its end comes');
  decoder.push('\n{"ok":true}\n');
  assert.deepEqual(lines, ['{"ok":true}']);
  assert.equal(decoder.counts.tooLong, 1);
});

test('what a child left without a newline is counted as a half line and not delivered', () => {
  const { lines, decoder } = decode(['{"a":1}\n{"b":'], 1_000);
  assert.deepEqual(lines, ['{"a":1}']);
  assert.equal(decoder.counts.halfLines, 1);
});

test('Windows line ends and empty lines do no harm', () => {
  assert.deepEqual(decode(['{"a":1}\r\n\r\n\n{"b":2}\n']).lines, ['{"a":1}', '{"b":2}']);
});
