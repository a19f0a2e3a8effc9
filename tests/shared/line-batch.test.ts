/** Lines on their way out as bytes: each leaves once, whole, in order, and its memory is not touched before it has left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineBatch } from '../../shared/line-batch.ts';

const step = fc.oneof(
  fc.record({ kind: fc.constant('text'), length: fc.integer({ min: 0, max: 40_000 }) }),
  fc.record({ kind: fc.constant('bytes'), length: fc.integer({ min: 0, max: 90_000 }) }),
  fc.record({ kind: fc.constant('flush'), length: fc.constant(0) }),
  fc.record({ kind: fc.constant('left'), length: fc.constant(0) }),
);

test('what is written is what leaves, whatever the order in which batches have left', () => {
  fc.assert(
    fc.property(fc.array(step, { size: 'max', maxLength: 200 }), (steps) => {
      const waiting: (() => void)[] = [];
      let left = '';
      const batch = new LineBatch(
        () => undefined,
        (bytes, done) => {
          // Read only when it leaves: were its memory used again before, another text would stand here.
          waiting.push(() => {
            left += bytes.toString();
            done();
          });
        },
      );
      let told = '';
      steps.forEach(({ kind, length }, index) => {
        const line = `${index} ${'ü'.repeat(kind === 'text' ? length : 0)}`;
        if (kind === 'flush') batch.flush();
        else if (kind === 'left') waiting.shift()?.();
        else if (kind === 'text') {
          batch.write(line);
          told += `${line}\n`;
        } else {
          batch.reserve(length);
          batch.bytes.fill(97 + (index % 26), batch.end, batch.end + length);
          batch.commit(batch.end + length);
          told += `${String.fromCharCode(97 + (index % 26)).repeat(length)}\n`;
        }
      });
      batch.flush();
      for (const leave of waiting) leave();
      assert.ok(left === told, 'the texts differ');
    }),
    { numRuns: 60 },
  );
});

test('a batch leaves by itself when it is large, and is announced when it is not', () => {
  const sent: number[] = [];
  let announced = 0;
  const batch = new LineBatch(
    () => (announced += 1),
    (bytes, done) => {
      sent.push(bytes.length);
      done();
    },
  );
  batch.write('x'.repeat(1_000));
  assert.deepEqual([announced, sent], [1, []]);
  batch.write('x'.repeat(70_000));
  assert.deepEqual([announced, sent], [1, [1_001, 70_001]]);
});
