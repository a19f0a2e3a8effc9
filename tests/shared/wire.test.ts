import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeCommand, decodeEvent } from '../../shared/wire.ts';

const defaults = { category: 'linear', symbol: 'BTCUSDT' } as const;

function eventOf(line: string, given: Parameters<typeof decodeEvent>[1] = defaults) {
  const decoded = decodeEvent(line, given);
  assert.equal(decoded.kind, 'event', JSON.stringify(decoded));
  assert(decoded.kind === 'event');
  return decoded;
}

test('the lines of the contract are events', () => {
  const lines = [
    '{"type":"status","n":1,"status":"ready","connector":"bybit","protocol":1,"environment":"mainnet","clock":"live","pid":4711,"at":1717440000000}',
    '{"type":"trade","n":7,"category":"linear","symbol":"BTCUSDT","timestamp":1717440000000,"sent_at":1717440000003,"received_at":1717440000012345,"price":50000.1,"qty":0.25,"side":"buy","is_buyer_maker":false,"id":"2f0b","seq":1783284617}',
    '{"type":"depth","n":8,"category":"linear","symbol":"BTCUSDT","timestamp":1717440000000,"sent_at":1717440000003,"received_at":1717440000012400,"action":"snapshot","depth":50,"bids":[[50000.0,1.5]],"asks":[[50000.1,1.2]],"last_update_id":42,"seq":1783284619}',
    '{"type":"execution","n":9,"category":"linear","symbol":"BTCUSDT","timestamp":1717440000000,"received_at":1717440000013000,"execution_id":"0ab1","order_id":"9aac","client_order_id":"tl-17","side":"sell","cause":"trade","price":"95900.1","qty":"0.5","value":"47950.05","fees":[{"currency":"USDT","amount":"26.3725275"}],"is_maker":false,"leaves_qty":"0"}',
    '{"type":"error","n":10,"error":"subscribe refused: handler not found, topic orderbook.7.BTCUSDT","code":"topic_refused","retryable":false,"at":1717440000000}',
  ];
  for (const line of lines) assert.equal(eventOf(line).unknownFields, false, line);
});

test('the minimal lines of a ten-line connector are events, with the defaults filled in', () => {
  const trade = eventOf(
    '{"type":"trade","timestamp":1717440000000,"price":50000.0,"qty":1.0,"side":"buy","is_buyer_maker":false,"id":12345}',
  ).event;
  assert(trade.type === 'trade');
  assert.deepEqual([trade.id, trade.category, trade.symbol], ['12345', 'linear', 'BTCUSDT']);
  const depth = eventOf(
    '{"type":"depth","timestamp":1717440000000,"bids":[[50000.0,1.5]],"asks":[[50001.0,1.2]],"last_update_id":42}',
  ).event;
  assert(depth.type === 'depth');
  assert.equal(depth.action, undefined);
  assert.equal(eventOf('{"type":"status","status":"connected","connector":"bybit"}').event.type, 'status');
  assert.equal(eventOf('{"type":"error","error":"Connection failed"}').event.type, 'error');
});

test('times may be ISO 8601 with a zone; without a zone the moment is unknown and the line is bad', () => {
  const line = (time: string) =>
    `{"type":"trade","timestamp":"${time}","price":1,"qty":1,"side":"sell","is_buyer_maker":true,"id":"a"}`;
  const zoned = eventOf(line('2024-06-03T21:00:00.123+02:00')).event;
  assert(zoned.type === 'trade');
  assert.equal(zoned.timestamp, Date.UTC(2024, 5, 3, 19, 0, 0, 123));
  const unzoned = decodeEvent(line('2024-06-03T21:00:00'), defaults);
  assert.equal(unzoned.kind, 'bad');
});

test('a numeric id beyond 2^53 is refused, since digits were lost before we saw it', () => {
  const line =
    '{"type":"trade","timestamp":1717440000000,"price":1,"qty":1,"side":"buy","is_buyer_maker":false,"id":2290000001225843671}';
  const decoded = decodeEvent(line, defaults);
  assert(decoded.kind === 'bad');
  assert.match(decoded.reason, /^id:/);
});

test('without a default symbol a market line without one is bad', () => {
  const line =
    '{"type":"trade","timestamp":1717440000000,"price":1,"qty":1,"side":"buy","is_buyer_maker":false,"id":"1"}';
  const decoded = decodeEvent(line, { category: 'linear' });
  assert(decoded.kind === 'bad');
  assert.match(decoded.reason, /symbol/);
});

test('unknown types and fields are told apart from bad lines', () => {
  assert.deepEqual(decodeEvent('{"type":"weather","n":3}', defaults), {
    kind: 'unknown_type',
    type: 'weather',
  });
  assert.equal(eventOf('{"type":"error","error":"x","mood":"bad"}').unknownFields, true);
  for (const line of ['', 'null', '42', '"x"', '[1]', '{', '{"n":1}', '{"type":7}', 'garbage']) {
    assert.equal(decodeEvent(line, defaults).kind, 'bad', line);
  }
});

test('numbers that are not prices and sizes never pass', () => {
  const trade = (change: object) =>
    JSON.stringify({
      type: 'trade',
      timestamp: 1717440000000,
      price: 1,
      qty: 1,
      side: 'buy',
      is_buyer_maker: false,
      id: '1',
      ...change,
    });
  for (const change of [
    { price: 0 },
    { price: -1 },
    { price: '1' },
    { price: null },
    { qty: 0 },
    { side: 'Buy' },
    { timestamp: 0 },
    { timestamp: 1.5 },
  ]) {
    assert.equal(decodeEvent(trade(change), defaults).kind, 'bad', JSON.stringify(change));
  }
  assert.equal(decodeEvent(trade({}).replace('"price":1', '"price":1e999'), defaults).kind, 'bad');
  const depth = (bids: unknown) =>
    JSON.stringify({ type: 'depth', timestamp: 1717440000000, bids, asks: [], last_update_id: 1 });
  for (const bids of [
    [[1]],
    [[1, 2, 3]],
    [['1', 2]],
    [[0, 1]],
    [[1, -1]],
    'x',
    [[null, 1]],
    Array.from({ length: 2_001 }, () => [1, 1]),
  ]) {
    assert.equal(decodeEvent(depth(bids), defaults).kind, 'bad', JSON.stringify(bids)?.slice(0, 50));
  }
  assert.equal(decodeEvent(depth([[1, 0]]), defaults).kind, 'event');
});

test('nothing that can be printed makes the decoder throw', () => {
  fc.assert(fc.property(fc.string(), (line) => void decodeEvent(line, defaults)));
  fc.assert(fc.property(fc.jsonValue(), (value) => void decodeEvent(JSON.stringify(value), defaults)));
  fc.assert(
    fc.property(
      fc.constantFrom('trade', 'depth', 'status', 'gap'),
      fc.dictionary(fc.string(), fc.jsonValue()),
      (type, rest) => {
        void decodeEvent(JSON.stringify({ ...rest, type }), defaults);
      },
    ),
  );
});

test('a command says what is wrong with it', () => {
  assert.equal(
    decodeCommand({
      command: 'subscribe',
      channel: 'trades',
      symbol: 'BTCUSDT',
      category: 'linear',
      id: 'c1',
    }).ok,
    true,
  );
  assert.equal(decodeCommand({ command: 'ping' }).ok, true);
  const unknown = decodeCommand({ command: 'dance' });
  assert(!unknown.ok);
  assert.match(unknown.failure.message, /unknown command "dance"; known: subscribe/);
  const wrong = decodeCommand({ command: 'subscribe', channel: 'depth', symbol: 'btc usdt', depth: 7 });
  assert(!wrong.ok);
  assert.match(wrong.failure.message, /symbol: /);
  assert.match(wrong.failure.message, /depth: /);
  for (const value of [null, 1, 'x', [], undefined]) assert.equal(decodeCommand(value).ok, false);
});
