/** The decoder against ndjson as the oracle, and against everything a broken child can print. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import ndjson from 'ndjson';
import { readLines } from '../../shared/io/lines.ts';
import { LineDecoder } from '../../shared/line-decoder.ts';
import { scaleOf } from '../fuzz/scale.ts';

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

/** Longest line of the property below, characters. */
const LIMIT = 300;
const words = fc.string({
  unit: fc.constantFrom('a', '"', '\\', '\r', '\n', '\u2028', 'é', '€', '𝒳', '\u0000'),
  maxLength: 30,
});
const line = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .dictionary(words, fc.oneof(words, fc.nat(), fc.constant(null)))
      .map((row) => JSON.stringify(row)),
  },
  { weight: 1, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.nat(2).map((over) => JSON.stringify({ x: 'é'.repeat(LIMIT - 8 + over) })) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 3_000 }).map((more) => `{"long":"${'€'.repeat(LIMIT + more)}"}`),
  },
);
const written = fc.tuple(line, fc.constantFrom('\n', '\n', '\r\n'));

test('bytes cut anywhere, also inside a character, give what ndjson gives of the lines that are not too long', async (t) => {
  const reached = { lines: 0, tooLong: 0, cutInside: 0 };
  const holds = fc.property(
    fc.array(written, { maxLength: 25, size: 'max' }),
    fc.array(fc.nat(), { maxLength: 40, size: 'max' }),
    fc.constantFrom('', '{"half":', 'é'),
    (rows, places, half) => {
      const bytes = Buffer.from(rows.map(([text, end]) => text + end).join('') + half);
      const chunks = cutBytes(bytes, places);
      const lines: string[] = [];
      let ended = 0;
      const stream = new PassThrough();
      const counts = readLines(
        stream,
        LIMIT,
        (text) => lines.push(text),
        () => {
          ended += 1;
        },
      );
      for (const chunk of chunks) if (chunk.length > 0) stream.write(chunk);
      stream.end();
      // Read at once: the stream is in memory.
      while (stream.read() !== null);
      stream.emit('end');
      const fits = rows.filter(([text, end]) => text.length + (end === '\r\n' ? 1 : 0) <= LIMIT);
      assert.deepEqual(
        lines.map((text): unknown => JSON.parse(text)),
        throughNdjson(fits.map(([text]) => text)),
      );
      assert.equal(counts.lines, lines.length);
      assert.equal(counts.tooLong, rows.length - fits.length);
      assert.equal(counts.halfLines, half === '' ? 0 : 1);
      assert.equal(ended, 1, 'the end is told once');
      reached.lines += lines.length;
      reached.tooLong += counts.tooLong;
      reached.cutInside += chunks.filter((chunk) => ((chunk[0] ?? 0) & 0xc0) === 0x80).length;
    },
  );
  fc.assert(holds, scaleOf(t, { sample: 500, proof: 50_000 }));
  t.diagnostic(JSON.stringify(reached));
  assert.ok(Math.min(reached.lines, reached.tooLong, reached.cutInside) > 200, JSON.stringify(reached));
});

/** What ndjson makes of some lines, at once. */
function throughNdjson(lines: readonly string[]): readonly unknown[] {
  const values: unknown[] = [];
  const parser = ndjson.parse();
  parser.on('data', (value: unknown) => values.push(value));
  for (const text of lines) if (text !== '') parser.write(`${text}\n`);
  while (parser.read() !== null);
  return values;
}

function cutBytes(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const marks = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...marks].map((mark, index) => bytes.subarray(mark, marks[index] ?? bytes.length));
}
