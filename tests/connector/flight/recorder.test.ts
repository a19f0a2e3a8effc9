/** The memory of the flight recorder: what is kept, in which order, and that it never takes more than its bound. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { chunkLines } from '../../../connector/flight/chunk.ts';
import {
  FlightRecorder,
  type FlightRecorderOptions,
  type KeptChunk,
} from '../../../connector/flight/recorder.ts';
import { readRecordedLine } from '../../../connector/replay.ts';
import { type UnixMicros, unixMicros } from '../../../shared/time.ts';

const START = 1_750_000_000_000_000;
const at = (after: number): UnixMicros => unixMicros(START + after);

/** A packer that makes everything a quarter of its size when it is told to; what is packed can be read again. */
function packer() {
  const waiting: (() => void)[] = [];
  const texts: string[] = [];
  const pack: FlightRecorderOptions['pack'] = (bytes, done) => {
    waiting.push(() => {
      // Which one it is stands in its first bytes.
      const packed = Buffer.alloc(Math.ceil(bytes.length / 4));
      packed.writeUInt32BE(texts.push(chunkLines(bytes)) - 1);
      done(packed);
      packed.fill(0xff);
    });
  };
  const textOf = ({ bytes, packed }: KeptChunk): string =>
    packed ? (texts[Buffer.from(bytes).readUInt32BE()] ?? '') : chunkLines(bytes);
  return {
    pack,
    textOf,
    waiting,
    work: () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) next();
    },
    lines: (recorder: FlightRecorder): readonly string[] =>
      recorder.kept().map(textOf).join('').split('\n').slice(0, -1),
  };
}

test('a frame becomes the line of a recording, letter by letter', () => {
  const { pack, lines } = packer();
  const recorder = new FlightRecorder({ maxBytes: 1e6, chunkBytes: 10_000, pack });
  recorder.add('connect', at(1), 'spot', 3, 'simulated');
  recorder.add('send', at(2), 'linear', 0, '{"op":"subscribe"}');
  recorder.add('recv', at(3), 'inverse', 1, '{"a":"ü€😀 \\" \n"}');
  recorder.note(at(4), '{"t":"command","at":4,"value":{"command":"ping"}}');
  assert.deepEqual(
    lines(recorder).map((line) => JSON.parse(line) as unknown),
    [
      { t: 'connect', at: START + 1, category: 'spot', socket: 3, environment: 'simulated' },
      { t: 'send', at: START + 2, category: 'linear', socket: 0, frame: '{"op":"subscribe"}' },
      { t: 'recv', at: START + 3, category: 'inverse', socket: 1, frame: '{"a":"ü€😀 \\" \n"}' },
      { t: 'command', at: 4, value: { command: 'ping' } },
    ],
  );
});

test('whatever passes, the newest of it is kept whole and in order, within the bound', () => {
  const bound = { maxBytes: 20_000, chunkBytes: 2_000 };
  fc.assert(
    fc.property(
      fc.array(fc.record({ size: fc.integer({ min: 0, max: 3_000 }), packs: fc.boolean() }), {
        size: 'max',
        maxLength: 200,
      }),
      (passed) => {
        const { pack, lines, work } = packer();
        const recorder = new FlightRecorder({ ...bound, pack });
        const told: string[] = [];
        passed.forEach(({ size, packs }, index) => {
          const frame = `${index}-${'x'.repeat(size)}`;
          recorder.add('recv', at(index), 'linear', 0, frame);
          // What cannot be kept in a quarter of the memory leaves a mark in its place.
          const line =
            16 + frame.length * 3 > bound.maxBytes / 4
              ? { t: 'lost', at: START + index, category: 'linear', socket: 0, frames: 1 }
              : { t: 'recv', at: START + index, category: 'linear', socket: 0, frame };
          told.push(JSON.stringify(line));
          if (packs) work();
          // Before anything is packed the newest full chunk may be over the bound by itself.
          assert.ok(recorder.counts().bytes <= bound.maxBytes + bound.maxBytes / 4, 'within the bound');
        });
        const kept = lines(recorder);
        assert.deepEqual(kept, told.slice(told.length - kept.length));
        assert.equal(recorder.counts().records, kept.length);
        assert.ok(kept.length >= Math.min(told.length, 1), 'the newest is there');
      },
    ),
    { numRuns: 60 },
  );
});

test('packing makes the memory reach further back, and is done one chunk at a time', () => {
  const fill = (recorder: FlightRecorder, after: () => void): number => {
    for (let index = 0; index < 1_000; index += 1) {
      recorder.add('recv', at(index * 1_000), 'linear', 0, 'y'.repeat(100));
      after();
    }
    return recorder.counts().seconds;
  };
  const bound = { maxBytes: 20_000, chunkBytes: 2_000 };
  const idle = packer();
  const unpacked = fill(new FlightRecorder({ ...bound, pack: idle.pack }), () => {
    assert.ok(idle.waiting.length <= 1, 'one at a time');
  });
  const busy = packer();
  const packed = fill(new FlightRecorder({ ...bound, pack: busy.pack }), busy.work);
  assert.ok(packed > 3 * unpacked, `${packed} s, ${unpacked} s unpacked`);
});

test('a chunk that cannot be packed is kept as it is', () => {
  const recorder = new FlightRecorder({
    maxBytes: 20_000,
    chunkBytes: 1_000,
    pack: (_bytes, done) => done(undefined),
  });
  for (let index = 0; index < 20; index += 1) recorder.add('recv', at(index), 'linear', 0, String(index));
  const text = recorder
    .kept()
    .map(({ bytes }) => chunkLines(bytes))
    .join('');
  assert.equal(text.split('\n').length - 1, 20);
});

test('what was taken out does not change when more passes', () => {
  const { pack, work, textOf } = packer();
  const recorder = new FlightRecorder({ maxBytes: 8_000, chunkBytes: 1_000, pack });
  for (let index = 0; index < 30; index += 1) recorder.add('recv', at(index), 'linear', 0, `first ${index}`);
  work();
  for (let index = 0; index < 30; index += 1) recorder.add('recv', at(index), 'linear', 0, `later ${index}`);
  const kept = recorder.kept();
  const before = kept.map(textOf).join('');
  for (let index = 0; index < 300; index += 1) {
    recorder.add('recv', at(index), 'linear', 0, `second ${index}`);
    work();
  }
  assert.equal(kept.map(textOf).join(''), before);
  assert.match(before, /first 29/);
  assert.match(before, /later 29/);
});

test('the lines that are no frames are passed over by a replay, with the environment that the head names', () => {
  const read = (line: object) => readRecordedLine(JSON.stringify({ at: START, ...line }));
  for (const t of ['command', 'told', 'closed', 'asked']) assert.equal(Object(read({ t })).t, 'note', t);
  const head = Object(read({ t: 'dump', environment: 'testnet', reason: 'asked' }));
  assert.deepEqual([head.t, head.environment], ['note', 'testnet']);
  assert.equal(read({ t: 'other' }), 't is not connect, send, recv or lost');
});
