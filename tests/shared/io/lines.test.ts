/** The line codec on real streams: back-pressure obeyed, garbage survived and counted, commands through ndjson. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { batchingLineWriter, commandWriter, readCommands, readLines } from '../../../shared/io/lines.ts';

const MAX = 1_000;

/** A stream whose reader takes a chunk only when told to. */
function slowStream(): { stream: Writable; chunks: string[]; take: () => void } {
  const chunks: string[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    highWaterMark: 10,
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString());
      waiting.push(done);
    },
  });
  return { stream, chunks, take: () => waiting.shift()?.() };
}

test('lines of one turn leave as one write', async () => {
  const stream = new PassThrough();
  const writer = batchingLineWriter(stream, () => undefined);
  for (let count = 0; count < 100; count += 1) writer.write(`{"n":${count}}`);
  const [chunk] = (await once(stream, 'data')) as [Buffer];
  assert.equal(chunk.toString().split('\n').length, 101);
});

test('when the stream asks to wait, the writer says so until it has drained', async () => {
  const { stream, chunks, take } = slowStream();
  let drains = 0;
  const writer = batchingLineWriter(stream, () => {
    drains += 1;
  });
  assert.equal(writer.isBlocked(), false);
  writer.write('x'.repeat(2_000_000));
  assert.equal(writer.isBlocked(), false, 'four megabytes may wait in the stream');
  take();
  writer.write('x'.repeat(4_200_000));
  assert.equal(writer.isBlocked(), true);
  assert.equal(chunks.length, 2);
  const drained = once(stream, 'drain');
  take();
  await drained;
  assert.equal(writer.isBlocked(), false);
  assert.ok(drains >= 1);
});

test('a large batch is written at once, without waiting for the end of the turn', () => {
  const { stream, chunks } = slowStream();
  const writer = batchingLineWriter(stream, () => undefined);
  writer.write('y'.repeat(70_000));
  assert.equal(chunks.length, 1);
});

test('a stream that was destroyed takes nothing and throws nothing', () => {
  const stream = new PassThrough();
  stream.destroy();
  const writer = batchingLineWriter(stream, () => undefined);
  writer.write('z');
  writer.flush();
});

test('characters of several bytes survive a cut in their middle', async () => {
  const stream = new PassThrough();
  const lines: string[] = [];
  const ended = new Promise<void>((resolve) => readLines(stream, MAX, (line) => lines.push(line), resolve));
  for (const byte of Buffer.from('{"name":"žluťoučký 🚢"}\n')) stream.write(Buffer.from([byte]));
  stream.end();
  await ended;
  assert.deepEqual(lines, ['{"name":"žluťoučký 🚢"}']);
});

test('the end is told once, also when the stream breaks, and a half line is counted', async () => {
  const stream = new PassThrough();
  let ends = 0;
  const counts = readLines(
    stream,
    MAX,
    () => undefined,
    () => {
      ends += 1;
    },
  );
  stream.write('{"a":1}\n{"b"');
  await new Promise((resolve) => setImmediate(resolve));
  const closed = new Promise((resolve) => stream.on('close', resolve));
  stream.destroy(new Error('broken'));
  await closed;
  assert.deepEqual([ends, counts.lines, counts.halfLines], [1, 1, 1]);
});

test('commands: bad, huge and null lines are told, and what follows them is read', async () => {
  const stream = new PassThrough();
  const values: unknown[] = [];
  const bad: string[] = [];
  const ended = new Promise<void>((resolve) => {
    readCommands(stream, MAX, {
      onValue: (value) => values.push(value),
      onBad: (reason) => bad.push(reason),
      onEnd: resolve,
    });
  });
  stream.end(
    `{"command":"ping","id":"1"}\nnull\n{"command":\n"text"\n${'x'.repeat(5_000)}\n{"command":"ping","id":"2"}\n`,
  );
  await ended;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(values, [{ command: 'ping', id: '1' }, 'text', { command: 'ping', id: '2' }]);
  assert.equal(bad.length, 3, bad.join('; '));
});

test('a command line is written as one JSON object, and a full stream is told', () => {
  const stream = new PassThrough({ highWaterMark: 20 });
  const send = commandWriter(stream);
  assert.equal(send({ command: 'ping' }), true);
  assert.equal(String(stream.read()), '{"command":"ping"}\n');
  let refused = false;
  for (let count = 0; count < 1_000 && !refused; count += 1)
    refused = !send({ command: 'ping', id: String(count) });
  assert.equal(refused, true);
});
