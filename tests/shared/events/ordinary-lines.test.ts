/** Reading bytes and parsing must agree: the slow way (wire.ts) is the oracle for whatever the fast one reads. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { DepthShape } from '../../../connector/bybit/depth-splice.ts';
import { lineStart } from '../../../connector/bybit/spliced-line.ts';
import { TradeShape } from '../../../connector/bybit/trade-splice.ts';
import { type LineRest, textOfRest } from '../../../connector/outbox/line-bytes.ts';
import { type OrdinaryEvent, OrdinaryLines } from '../../../shared/events/ordinary-lines.ts';
import { readEventLines } from '../../../shared/io/lines.ts';
import { LineDecoder } from '../../../shared/line-decoder.ts';
import { unixMicros } from '../../../shared/time.ts';
import { decodeEvent } from '../../../shared/wire.ts';
import { scaleOf } from '../../fuzz/scale.ts';

const defaults = { category: 'linear', symbol: undefined } as const;

/** A number as an exchange writes it: also with zeros at its end, which JSON.stringify would cut off. */
const decimal = fc
  .tuple(fc.nat(9_999_999), fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 12 }))
  .map(([whole, places]) => (places === '' ? `${whole}` : `${whole}.${places}`));
const positive = decimal.filter((text) => Number(text) > 0);
const ms = fc.integer({ min: 1_500_000_000_000, max: 1_900_000_000_000 });
const micros = fc.integer({ min: 1_500_000_000_000_000, max: 1_900_000_000_000_000 });
const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const category = fc.constantFrom('linear', 'spot', 'inverse');
const symbol = fc.constantFrom('BTCUSDT', 'ETHUSDT', '1INCHUSDT', 'BTC-27MAR26', 'X');
const id = fc.oneof(
  fc.uuid(),
  fc.bigInt(1n, 10n ** 19n).map(String),
  fc.stringMatching(/^[a-zA-Z0-9-]{1,64}$/),
);
const seq = fc.oneof(fc.nat(), number);
const common = fc
  .tuple(number, category, symbol, ms, ms, micros)
  .map(
    ([n, of, name, at, sent, received]) =>
      `"n":${n},"category":"${of}","symbol":"${name}","timestamp":${at},"sent_at":${sent},"received_at":${received}`,
  );
const rest = fc
  .tuple(positive, positive, fc.boolean(), id, seq, fc.boolean())
  .map(
    ([price, qty, buys, text, place, rpi]) =>
      `,"price":${price},"qty":${qty},"side":"${buys ? 'buy' : 'sell'}","is_buyer_maker":${!buys},` +
      `"id":"${text}","seq":${place}${rpi ? ',"rpi":true' : ''}}`,
  );
/** The trades of one frame: their heads differ in the number alone. */
const frame = fc
  .tuple(common, fc.array(rest, { minLength: 1, maxLength: 4 }))
  .map(([head, rows]) => rows.map((row) => `{"type":"trade",${head}${row}`));
const levels = fc
  .array(fc.tuple(positive, decimal), { maxLength: 5 })
  .map((rows) => `[${rows.map(([price, qty]) => `[${price},${qty}]`).join(',')}]`);
const book = fc
  .tuple(
    common,
    fc.constantFrom('delta', 'snapshot'),
    fc.constantFrom(1, 50, 1_000),
    levels,
    levels,
    seq,
    seq,
  )
  .map(
    ([head, action, depth, bids, asks, update, place]) =>
      `{"type":"depth",${head},"action":"${action}","depth":${depth},"bids":${bids},"asks":${asks},` +
      `"last_update_id":${update},"seq":${place}}`,
  );
const ordinary = fc.oneof(
  frame,
  book.map((line) => [line]),
);
const ordinaryLines = fc.array(ordinary, { maxLength: 6, size: 'max' }).map((parts) => parts.flat());

/** What the slow way makes of a line; undefined when it is no ordinary event. */
function parsed(line: string): OrdinaryEvent | undefined {
  const decoded = decodeEvent(line, defaults);
  if (decoded.kind !== 'event' || decoded.unknownFields) return undefined;
  return decoded.event.type === 'trade' || decoded.event.type === 'depth' ? decoded.event : undefined;
}

/** The event that the fast way reads at the beginning of some bytes, and how many of them it took. */
function read(lines: OrdinaryLines, text: string): { event: OrdinaryEvent; end: number } | undefined {
  lines.open(Buffer.from(text));
  const event = lines.read(0);
  return event === undefined ? undefined : { event, end: lines.end };
}

test('every line as our connector writes it is read, and says what parsing says', (t) => {
  const holds = fc.property(ordinaryLines, (rows) => {
    const lines = new OrdinaryLines();
    lines.open(Buffer.from(rows.map((row) => `${row}\n`).join('')));
    let at = 0;
    for (const row of rows) {
      const event = lines.read(at);
      assert.ok(event !== undefined, `not read: ${row}`);
      assert.deepEqual(event, parsed(row));
      at = lines.end;
    }
  });
  fc.assert(holds, scaleOf(t, { sample: 500, proof: 50_000 }));
});

const edits = fc.array(
  fc.tuple(
    fc.nat(),
    fc.constantFrom('replace', 'insert', 'delete'),
    fc.constantFrom(...'0123456789.-+eE"\\,:[]{} \n\rtnfasub/é\u0000'),
  ),
  { minLength: 1, maxLength: 3 },
);

test('whatever a few wrong characters make of lines, what is read is what parsing says', (t) => {
  const reached = { read: 0, refused: 0 };
  const holds = fc.property(ordinaryLines, edits, (rows, changes) => {
    let text = rows.map((row) => `${row}\n`).join('');
    for (const [where, how, character] of changes) {
      const at = where % (text.length + 1);
      text =
        text.slice(0, at) + (how === 'delete' ? '' : character) + text.slice(how === 'insert' ? at : at + 1);
    }
    const lines = new OrdinaryLines();
    const bytes = Buffer.from(text);
    lines.open(bytes);
    for (let at = 0; at < bytes.length; ) {
      const event = lines.read(at);
      const newline = bytes.indexOf(10, at);
      const end = newline === -1 ? bytes.length : newline + 1;
      if (event === undefined) reached.refused += 1;
      else {
        reached.read += 1;
        assert.equal(lines.end, end, 'it ends behind its newline');
        assert.deepEqual(event, parsed(bytes.toString('utf8', at, end - 1)));
      }
      at = end;
    }
  });
  fc.assert(holds, scaleOf(t, { sample: 3_000, proof: 300_000 }));
  t.diagnostic(JSON.stringify(reached));
  assert.ok(Math.min(reached.read, reached.refused) > 100, JSON.stringify(reached));
});

const plain =
  '{"type":"trade","n":1,"category":"linear","symbol":"BTCUSDT","timestamp":1717440000000,"sent_at":1717440000003,' +
  '"received_at":1717440000012345,"price":50000.1,"qty":0.25,"side":"buy","is_buyer_maker":false,"id":"2f0b","seq":7}';

test('numbers that JSON does not know, and those that are no trade, are left to the parser', () => {
  const lines = new OrdinaryLines();
  assert.ok(read(lines, `${plain}\n`) !== undefined);
  for (const price of ['050000', '.5', '5.', '0', '0.0', '-1', '1e3', '+1', '', '0x1', `${'9'.repeat(400)}`])
    assert.equal(read(lines, `${plain.replace('50000.1', price)}\n`), undefined, price);
  for (const n of ['0', '01', '1.0', String(2 ** 53), '99999999999999999'])
    assert.equal(read(lines, `${plain.replace('"n":1', `"n":${n}`)}\n`), undefined, n);
  for (const name of ['', 'x'.repeat(41), 'É', '\\u0041'])
    assert.equal(read(lines, `${plain.replace('BTCUSDT', name)}\n`), undefined, name);
  for (const text of ['', 'x'.repeat(65), 'a\\"b'])
    assert.equal(read(lines, `${plain.replace('2f0b', text)}\n`), undefined, text);
  assert.equal(read(lines, plain), undefined, 'without its newline it may go on');
  assert.equal(read(lines, plain.replace('"is_buyer_maker":false', '"is_buyer_maker":true')), undefined);
});

test('digits beyond what a quotient can tell are read as JSON.parse reads them', () => {
  for (const price of [
    '0.1234567890123456789',
    '123456789012345.6',
    '9007199254740993',
    '0.00000000000000012',
  ]) {
    const found = read(new OrdinaryLines(), `${plain.replace('50000.1', price)}\n`);
    assert.equal(found?.event.type === 'trade' && found.event.price, JSON.parse(price), price);
  }
});

test('a list of levels is bounded as the schema bounds it', () => {
  const line = (count: number): string =>
    `{"type":"depth","n":1,"category":"spot","symbol":"A","timestamp":1,"sent_at":1,"received_at":1,"action":"delta",` +
    `"depth":50,"bids":[${Array.from({ length: count }, () => '[1,0]').join(',')}],"asks":[],"last_update_id":0,"seq":0}\n`;
  assert.ok(read(new OrdinaryLines(), line(2_000)) !== undefined);
  assert.equal(read(new OrdinaryLines(), line(2_001)), undefined);
});

/** Longest line of the property below, characters: longer than all trades, shorter than some books. */
const LIMIT = 360;
const others = fc.constantFrom(
  '',
  '{"type":"status","status":"heartbeat"}',
  'noise é € 𝒳',
  `{"long":"${'€'.repeat(LIMIT)}"}`,
  `${'é'.repeat(LIMIT)}`,
  plain.replace('"n":1,', ''),
  plain.replace('2f0b', 'é'),
);

test('bytes cut anywhere give the lines that the decoder of texts gives, in the same order', (t) => {
  const reached = { ordinary: 0, texts: 0, tooLong: 0 };
  const holds = fc.property(
    fc.array(
      fc.oneof(
        ordinary,
        others.map((line) => [line]),
      ),
      { maxLength: 12, size: 'max' },
    ),
    fc.array(fc.nat(), { maxLength: 20, size: 'max' }),
    fc.constantFrom('\n', '\n', '\r\n'),
    fc.constantFrom('', '{"half":', 'é'),
    (rows, places, newline, half) => {
      const text =
        rows
          .flat()
          .map((row) => row + newline)
          .join('') + half;
      const expected: unknown[] = [];
      const oracle = new LineDecoder(LIMIT, (line) => expected.push(parsed(line) ?? line));
      oracle.push(text);
      oracle.end();
      const got: unknown[] = [];
      const stream = new PassThrough();
      const counts = readEventLines(stream, LIMIT, {
        onLine: (line) => {
          reached.texts += 1;
          got.push(parsed(line) ?? line);
        },
        onOrdinary: (events) => {
          reached.ordinary += events.length;
          got.push(...events);
        },
        onEnd: () => undefined,
      });
      const bytes = Buffer.from(text);
      const marks = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
      for (const [index, mark] of [0, ...marks].entries()) {
        const chunk = bytes.subarray(mark, marks[index] ?? bytes.length);
        if (chunk.length > 0) stream.write(chunk);
      }
      stream.end();
      while (stream.read() !== null);
      stream.emit('end');
      assert.deepEqual(got, expected);
      assert.deepEqual(counts, oracle.counts);
      reached.tooLong += counts.tooLong;
    },
  );
  fc.assert(holds, scaleOf(t, { sample: 500, proof: 50_000 }));
  t.diagnostic(JSON.stringify(reached));
  assert.ok(Math.min(reached.ordinary, reached.texts, reached.tooLong) > 100, JSON.stringify(reached));
});

test('what our own connector cuts out of frames is read, so that no change of its lines makes the runner slow unseen', () => {
  const bitcoin = { category: 'linear', symbol: 'BTCUSDT' } as const;
  const at = unixMicros(1_750_000_000_123_456);
  const row = { T: 1_750_000_000_000, s: 'BTCUSDT', S: 'Buy', v: '0.001', p: '65114.70', L: 'PlusTick' };
  const rows = [
    { ...row, i: '2290000000061666327', BT: false, RPI: false, seq: 4 },
    { ...row, S: 'Sell', i: '0b7e3d5c-3e1c-5c2f-a3d4-7f0c4d5d6e7f', BT: false, RPI: true, seq: 5 },
  ];
  const trades = JSON.stringify({
    topic: 'publicTrade.BTCUSDT',
    type: 'snapshot',
    ts: 1_750_000_000_004,
    data: rows,
  });
  const data = { s: 'BTCUSDT', b: [['65114.60', '0']], a: [['65114.70', '1.250']], u: 8, seq: 9 };
  const times = { ts: 1_750_000_000_004, cts: 1_750_000_000_000 };
  const book = JSON.stringify({
    topic: 'orderbook.50.BTCUSDT',
    type: 'delta',
    ts: times.ts,
    data,
    cts: times.cts,
  });
  const start = lineStart(bitcoin);
  const told = [
    ...(TradeShape.of(trades)?.splice(Buffer.from(trades), trades.indexOf('","type"'), start, at)?.trades ??
      []),
    DepthShape.of(book)?.splice(Buffer.from(book), book.indexOf('","type"'), start, 50, at)?.event,
  ];
  assert.equal(told.length, 3);
  for (const event of told) {
    assert.ok(event !== undefined && isLineRest(event));
    const rest = textOfRest(event);
    const found = read(new OrdinaryLines(), `{"type":"${event.type}","n":7${rest}\n`);
    assert.ok(found !== undefined, rest);
    assert.equal(found.event.timestamp, event.timestamp);
  }
});

function isLineRest(event: object): event is LineRest {
  return 'writeTo' in event && 'room' in event;
}

test('the rest of a line is no line, whatever it looks like', () => {
  const [stream, got] = [new PassThrough(), [] as unknown[]];
  const take = (what: unknown): unknown => got.push(what);
  readEventLines(stream, LIMIT, { onLine: take, onOrdinary: take, onEnd: () => undefined });
  for (const part of ['noise ', `${plain}\n`]) stream.emit('data', Buffer.from(part));
  assert.deepEqual(got, [`noise ${plain}`]);
});
