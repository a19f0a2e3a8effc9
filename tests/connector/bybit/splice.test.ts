/** Lines spliced from a frame's text say exactly what parsing the frame says; the parser is the oracle. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DepthShape } from '../../../connector/bybit/depth-splice.ts';
import { parseFrame } from '../../../connector/bybit/frames.ts';
import { LearntShapes } from '../../../connector/bybit/learnt-shapes.ts';
import { readDepth, readTrades } from '../../../connector/bybit/market-data.ts';
import { lineStart } from '../../../connector/bybit/spliced-line.ts';
import { TradeShape } from '../../../connector/bybit/trade-splice.ts';
import { digestOfText } from '../../../shared/text-digest.ts';
import { unixMicros } from '../../../shared/time.ts';

const instrument = { category: 'linear', symbol: 'BTCUSDT' } as const;
const start = lineStart(instrument);
const receivedAt = unixMicros(1_750_000_000_123_456);

const decimalText = fc
  .tuple(fc.nat(99_999), fc.option(fc.stringMatching(/^\d{1,9}$/), { nil: undefined }))
  .map(([whole, part]) => (part === undefined ? `${whole}` : `${whole}.${part}`));
const positiveText = decimalText.filter((text) => Number(text) > 0);
const time = fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 });

/** The same members in another order. */
function shuffled(members: Record<string, unknown>): fc.Arbitrary<Record<string, unknown>> {
  const entries = Object.entries(members);
  return fc
    .shuffledSubarray(entries, { minLength: entries.length, maxLength: entries.length })
    .map((chosen) => Object.fromEntries(chosen));
}

const row = fc.record(
  {
    T: time,
    s: fc.constant('BTCUSDT'),
    S: fc.constantFrom('Buy', 'Sell'),
    v: positiveText,
    p: positiveText,
    i: fc.oneof(fc.uuid(), fc.stringMatching(/^\d{1,20}$/)),
    L: fc.constantFrom('PlusTick', 'ZeroMinusTick'),
    BT: fc.boolean(),
    RPI: fc.boolean(),
    seq: fc.nat(),
    later: fc.constantFrom('x', 1.5, null, true),
  },
  { requiredKeys: ['T', 's', 'S', 'v', 'p', 'i'] },
);
const tradeText = row.chain((first) =>
  shuffled(first).chain((ordered) =>
    fc.array(row, { maxLength: 5 }).chain((others) =>
      time.map((ts) => {
        const data = [ordered, ...others.map((other) => inOrderOf(ordered, other))];
        return JSON.stringify({ topic: 'publicTrade.BTCUSDT', type: 'snapshot', ts, data });
      }),
    ),
  ),
);

/** The other row with exactly the keys of the first, in their order. */
function inOrderOf(first: Record<string, unknown>, other: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.keys(first).map((key) => [key, other[key] ?? first[key]]));
}

const levels = fc.array(fc.tuple(positiveText, decimalText), { maxLength: 30 });
const depthText = fc
  .record({ ts: time, cts: time, b: levels, a: levels, u: fc.nat(), seq: fc.nat() })
  .chain(({ ts, cts, b, a, u, seq }) =>
    fc
      .tuple(
        shuffled({ s: 'BTCUSDT', b, a, u, seq }),
        fc.constantFrom('snapshot', 'delta'),
        fc.boolean(),
        fc.boolean(),
      )
      .map(([data, type, tsFirst, hasCts]) =>
        JSON.stringify({
          topic: 'orderbook.50.BTCUSDT',
          ...(tsFirst ? { ts, type } : { type, ts }),
          data,
          ...(hasCts ? { cts } : {}),
        }),
      ),
  );

/** Some characters behind the topic are left out, put in or replaced: up to there the caller has compared all bytes (topic-feeds.ts). */
function mutated(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const edit = fc.tuple(
    fc.nat(),
    fc.nat(2),
    fc.constantFrom('0', '-', '"', ',', '}', ']', '[', 'e', '.', ' ', '1', '\\', 'x'),
  );
  return fc.tuple(texts, fc.array(edit, { minLength: 1, maxLength: 3 })).map(([text, edits]) => {
    const known = topicEnd(text);
    let changed = text;
    for (const [place, kind, character] of edits) {
      const at = known + (place % (changed.length - known + 1));
      changed =
        changed.slice(0, at) + (kind === 0 ? '' : character) + changed.slice(kind === 1 ? at : at + 1);
    }
    return changed;
  });
}

function topicEnd(text: string): number {
  return text.indexOf('"', '{"topic":"'.length);
}

/** What parsing says about a text, if it has nothing to complain of. */
function parsedTrades(text: string): readonly unknown[] | undefined {
  const frame = parseFrame(text);
  if (frame.kind !== 'data') return undefined;
  const { rows, bad } = readTrades(frame, instrument, receivedAt);
  return bad === undefined ? rows : undefined;
}

function parsedDepth(text: string): unknown {
  const frame = parseFrame(text);
  if (frame.kind !== 'data') return undefined;
  const event = readDepth(frame, instrument, 50, receivedAt);
  return typeof event === 'string' ? undefined : event;
}

describe('trades spliced from text', () => {
  it('say what parsing says, whatever the order of the keys', () => {
    fc.assert(
      fc.property(tradeText, (text) => {
        const spliced = TradeShape.of(text)?.splice(Buffer.from(text), topicEnd(text), start, receivedAt);
        assert.ok(spliced);
        const oracle = readTrades(parseFrame(text) as never, instrument, receivedAt).rows;
        assert.deepEqual(
          spliced.trades.map((trade) => JSON.parse(JSON.stringify(trade))),
          oracle,
        );
        for (const [index, trade] of spliced.trades.entries()) {
          assert.equal('idDigest' in trade && trade.idDigest, digestOfText(trade.id));
          const { id, timestamp, seq, price, qty, side, is_buyer_maker, sent_at, block, rpi } = trade;
          const expected = oracle[index];
          assert.deepEqual(
            { id, timestamp, seq, price, qty, side, is_buyer_maker, sent_at, block, rpi },
            {
              id: expected?.id,
              timestamp: expected?.timestamp,
              seq: expected?.seq,
              price: expected?.price,
              qty: expected?.qty,
              side: expected?.side,
              is_buyer_maker: expected?.is_buyer_maker,
              sent_at: expected?.sent_at,
              block: expected?.block,
              rpi: expected?.rpi,
            },
          );
        }
      }),
    );
  });

  it('are never told from a text that parsing refuses', () => {
    fc.assert(
      fc.property(tradeText, mutated(tradeText), (lesson, text) => {
        for (const shape of [TradeShape.of(lesson), TradeShape.of(text)]) {
          const spliced = shape?.splice(Buffer.from(text), topicEnd(text), start, receivedAt);
          if (spliced === undefined) continue;
          assert.deepEqual(
            spliced.trades.map((trade) => JSON.parse(JSON.stringify(trade))),
            parsedTrades(text),
          );
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('are refused where one of them is of another symbol', () => {
    const text = frameOf([{ s: 'BTCUSDT' }, { s: 'ETHUSDT' }]);
    assert.equal(
      TradeShape.of(text)?.splice(Buffer.from(text), topicEnd(text), start, receivedAt),
      undefined,
    );
  });

  it('are refused where a number is not written plainly', () => {
    for (const odd of [
      { p: '0.00' },
      { p: '1e5' },
      { v: '-1' },
      { v: '' },
      { p: 'NaN' },
      { T: 0 },
      { seq: -1 },
      { p: '01.5' },
    ]) {
      const text = frameOf([{}, odd]);
      assert.equal(
        TradeShape.of(text)?.splice(Buffer.from(text), topicEnd(text), start, receivedAt),
        undefined,
        JSON.stringify(odd),
      );
    }
  });
});

describe('books spliced from text', () => {
  it('say what parsing says, whatever the order of the keys', () => {
    fc.assert(
      fc.property(depthText, (text) => {
        const spliced = DepthShape.of(text)?.splice(Buffer.from(text), topicEnd(text), start, 50, receivedAt);
        assert.ok(spliced);
        const oracle = readDepth(parseFrame(text) as never, instrument, 50, receivedAt);
        assert.ok(typeof oracle !== 'string');
        const { event } = spliced;
        assert.deepEqual(JSON.parse(JSON.stringify(event)), oracle);
        const { bids, asks, seq, timestamp, sent_at, last_update_id, action } = event;
        assert.deepEqual(
          { bids, asks, seq, timestamp, sent_at, last_update_id, action },
          {
            bids: oracle.bids,
            asks: oracle.asks,
            seq: oracle.seq,
            timestamp: oracle.timestamp,
            sent_at: oracle.sent_at,
            last_update_id: oracle.last_update_id,
            action: oracle.action,
          },
        );
      }),
    );
  });

  it('are never told from a text that parsing refuses', () => {
    fc.assert(
      fc.property(depthText, mutated(depthText), (lesson, text) => {
        for (const shape of [DepthShape.of(lesson), DepthShape.of(text)]) {
          const spliced = shape?.splice(Buffer.from(text), topicEnd(text), start, 50, receivedAt);
          if (spliced !== undefined)
            assert.deepEqual(JSON.parse(JSON.stringify(spliced.event)), parsedDepth(text));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('learnt shapes', () => {
  it('come from frames that were parsed, newest first, and at most four', () => {
    const shapes = new LearntShapes<string>();
    for (const shape of ['a', 'b', 'c', 'd', 'e']) shapes.parsed(() => shape);
    assert.deepEqual(shapes.all, ['e', 'd', 'c', 'b']);
  });

  it('are sought ever more seldom in frames that teach nothing', () => {
    let lessons = 0;
    const shapes = new LearntShapes<string>();
    for (let count = 0; count < 1_000; count += 1)
      shapes.parsed(() => {
        lessons += 1;
        return undefined;
      });
    assert.equal(lessons, 10);
  });
});

/** A frame of trades with these values instead of the usual ones. */
function frameOf(rows: readonly Record<string, unknown>[]): string {
  const usual = {
    T: 1_750_000_000_000,
    s: 'BTCUSDT',
    S: 'Buy',
    v: '0.010',
    p: '50000.10',
    i: 'a-1',
    BT: false,
    seq: 7,
  };
  const data = rows.map((changes) => ({ ...usual, ...changes }));
  return JSON.stringify({ topic: 'publicTrade.BTCUSDT', type: 'snapshot', ts: 1_750_000_000_001, data });
}
