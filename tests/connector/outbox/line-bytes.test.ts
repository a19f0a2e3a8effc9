/** Lines that are bytes say the same as lines that are strings, on the way to a fast reader and to a slow one. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { DepthShape } from '../../../connector/bybit/depth-splice.ts';
import { lineStart } from '../../../connector/bybit/spliced-line.ts';
import { TradeShape } from '../../../connector/bybit/trade-splice.ts';
import { putNumber } from '../../../connector/outbox/line-bytes.ts';
import { Outbox } from '../../../connector/outbox.ts';
import type { UnnumberedEvent } from '../../../shared/events/event.ts';
import { LineBatch } from '../../../shared/line-batch.ts';
import { unixMicros } from '../../../shared/time.ts';
import { bookFrame, tradeFrame } from '../../helpers/bybit-frames.ts';

const start = lineStart({ category: 'linear', symbol: 'BTCUSDT' });
const TOPIC = '{"topic":"'.length;

/** The events of a frame, cut out of its bytes. */
function eventsOf(text: string, at: number): readonly UnnumberedEvent[] {
  const bytes = Buffer.from(text);
  const topicEnd = text.indexOf('"', TOPIC);
  const receivedAt = unixMicros(1_750_000_000_000_000 + at);
  const trades = TradeShape.of(text)?.splice(bytes, topicEnd, start, receivedAt)?.trades;
  if (trades !== undefined) return trades;
  const book = DepthShape.of(text)?.splice(bytes, topicEnd, start, 50, receivedAt);
  assert.ok(book !== undefined, text);
  return [book.event];
}

type Reader = { readonly outbox: Outbox; readonly text: () => string };

function reader(isBlocked: () => boolean, withBytes: boolean): Reader {
  let text = '';
  const lineRoom = new LineBatch(
    () => undefined,
    (bytes, done) => {
      text += bytes.toString();
      done();
    },
  );
  const outbox = new Outbox('n', 20_000, {
    write: (line) => {
      if (withBytes) lineRoom.write(line);
      else text += `${line}\n`;
    },
    lineRoom: withBytes ? lineRoom : undefined,
    isBlocked,
    refetch: () => undefined,
    nowMs: () => 1_750_000_000_000,
  });
  return {
    outbox,
    text: () => {
      lineRoom.flush();
      return text;
    },
  };
}

test('the same lines leave, and the same wait and are given up', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('trade', 'trades', 'book', 'block', 'read'), { size: 'max', maxLength: 400 }),
      (steps) => {
        let isBlocked = false;
        const one = reader(() => isBlocked, true);
        const other = reader(() => isBlocked, false);
        steps.forEach((step, index) => {
          if (step === 'block' || step === 'read') {
            isBlocked = step === 'block';
            if (!isBlocked) for (const { outbox } of [one, other]) outbox.drained();
            return;
          }
          const text =
            step === 'book'
              ? bookFrame({ type: index === 0 ? 'snapshot' : 'delta', u: index + 1 })
              : tradeFrame(step === 'trade' ? [`t${index}`] : [`t${index}`, `u${index}`], { seq: index });
          for (const { outbox } of [one, other])
            for (const event of eventsOf(text, index)) outbox.offer(event);
          assert.deepEqual([one.outbox.lines, one.outbox.bytes], [other.outbox.lines, other.outbox.bytes]);
        });
        isBlocked = false;
        for (const { outbox } of [one, other]) outbox.drained();
        assert.equal(one.text(), other.text());
      },
    ),
    { numRuns: 60 },
  );
});

test('numbers are written as JSON writes them', () => {
  const out = Buffer.alloc(32);
  fc.assert(
    fc.property(
      fc.oneof(fc.maxSafeNat(), fc.nat(100_000_010), fc.constantFrom(0, 1e8, 1e15, 2 ** 53 - 1)),
      (value) => {
        assert.equal(out.toString('latin1', 3, putNumber(out, 3, value)), JSON.stringify(value));
      },
    ),
  );
});
