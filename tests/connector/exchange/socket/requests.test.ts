import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Category } from '../../../../connector/exchange/market/instruments.ts';
import { Harness } from '../harness.ts';

type Case = {
  readonly name: string;
  readonly category: Category;
  readonly request: unknown;
  readonly want: string;
};

/** CONN stands for the opaque connection id. */
const cases: readonly Case[] = [
  {
    name: 'linear ping',
    category: 'linear',
    request: { op: 'ping' },
    want: '{"success":true,"ret_msg":"pong","conn_id":"CONN","req_id":"","op":"ping"}',
  },
  {
    name: 'linear ping with an id',
    category: 'linear',
    request: { req_id: '7', op: 'ping' },
    want: '{"success":true,"ret_msg":"pong","conn_id":"CONN","req_id":"7","op":"ping"}',
  },
  {
    name: 'inverse ping',
    category: 'inverse',
    request: { op: 'ping' },
    want: '{"success":true,"ret_msg":"pong","conn_id":"CONN","req_id":"","op":"ping"}',
  },
  {
    name: 'spot ping',
    category: 'spot',
    request: { op: 'ping' },
    want: '{"success":true,"ret_msg":"pong","conn_id":"CONN","op":"ping"}',
  },
  {
    name: 'spot ping with an id',
    category: 'spot',
    request: { req_id: '7', op: 'ping' },
    want: '{"success":true,"ret_msg":"pong","conn_id":"CONN","req_id":"7","op":"ping"}',
  },
  {
    name: 'spot subscribe',
    category: 'spot',
    request: { op: 'subscribe', args: ['publicTrade.BTCUSDT'] },
    want: '{"success":true,"ret_msg":"subscribe","conn_id":"CONN","op":"subscribe"}',
  },
  {
    name: 'linear subscribe',
    category: 'linear',
    request: { req_id: 'a', op: 'subscribe', args: ['publicTrade.BTCUSDT'] },
    want: '{"success":true,"ret_msg":"","conn_id":"CONN","req_id":"a","op":"subscribe"}',
  },
  {
    name: 'linear unsubscribe',
    category: 'linear',
    request: { req_id: '3', op: 'unsubscribe', args: ['publicTrade.BTCUSDT'] },
    want: '{"success":true,"ret_msg":"","conn_id":"CONN","req_id":"3","op":"unsubscribe"}',
  },
  {
    name: 'spot unsubscribe',
    category: 'spot',
    request: { op: 'unsubscribe', args: ['publicTrade.BTCUSDT'] },
    want: '{"success":true,"ret_msg":"unsubscribe","conn_id":"CONN","op":"unsubscribe"}',
  },
  {
    name: 'linear unknown symbol',
    category: 'linear',
    request: { req_id: 'a', op: 'subscribe', args: ['orderbook.50.NOPEUSDT'] },
    want: '{"success":false,"ret_msg":"error:handler not found,topic:orderbook.50.NOPEUSDT","conn_id":"CONN","req_id":"a","op":"subscribe"}',
  },
  {
    name: 'linear lower-case symbol',
    category: 'linear',
    request: { op: 'subscribe', args: ['publicTrade.btcusdt'] },
    want: '{"success":false,"ret_msg":"error:handler not found,topic:publicTrade.btcusdt","conn_id":"CONN","req_id":"","op":"subscribe"}',
  },
  {
    name: 'linear withdrawn depth',
    category: 'linear',
    request: { op: 'subscribe', args: ['orderbook.500.BTCUSDT'] },
    want: '{"success":false,"ret_msg":"error:handler not found,topic:orderbook.500.BTCUSDT","conn_id":"CONN","req_id":"","op":"subscribe"}',
  },
  {
    name: 'linear topic of spot only',
    category: 'inverse',
    request: { op: 'subscribe', args: ['publicTrade.BTCUSDT'] },
    want: '{"success":false,"ret_msg":"error:handler not found,topic:publicTrade.BTCUSDT","conn_id":"CONN","req_id":"","op":"subscribe"}',
  },
  {
    name: 'spot unknown symbol, which forgets the id',
    category: 'spot',
    request: { req_id: 'a', op: 'subscribe', args: ['publicTrade.NOPEUSDT'] },
    want: '{"success":false,"ret_msg":"Invalid symbol :[publicTrade.NOPEUSDT]","conn_id":"CONN","op":"subscribe"}',
  },
  {
    name: 'spot with eleven topics',
    category: 'spot',
    request: { op: 'subscribe', args: Array.from({ length: 11 }, () => 'publicTrade.BTCUSDT') },
    want: '{"success":false,"ret_msg":"args size \\u003e10","conn_id":"CONN","op":"subscribe"}',
  },
  {
    name: 'unknown operation',
    category: 'linear',
    request: { op: 'dance' },
    want: '{"success":false,"ret_msg":"error:invalid op","conn_id":"CONN","req_id":"","op":"dance"}',
  },
  {
    name: 'a text that is not JSON',
    category: 'linear',
    request: 'hello',
    want: '{"success":false,"ret_msg":"Failed to decode incoming data:readObjectStart: expect { or n, but found h, error found in #1 byte of ...|hello|..., bigger context ...|hello|...","conn_id":"CONN","req_id":"","op":""}',
  },
];

for (const { name, category, request, want } of cases) {
  test(`the answer to ${name} is the market's own`, () => {
    const harness = new Harness();
    const client = harness.connect(category);
    client.send(request);
    harness.pass(20);
    const reply = client.texts.find((text) => text.includes('"conn_id"'));
    assert.equal(reply, want.replace('CONN', client.connection.connId));
  });
}

test('a bad topic refuses the whole linear batch, and only the first bad one is named', () => {
  const harness = new Harness();
  const client = harness.connect('linear', 'publicTrade.BTCUSDT', 'publicTrade.NOPE', 'orderbook.7.BTCUSDT');
  harness.pass(500);
  assert.equal(client.texts.length, 1);
  assert.match(client.texts[0] ?? '', /handler not found,topic:publicTrade\.NOPE"/);
  assert.equal(client.connection.topics.size, 0);
});

test('a topic that is already subscribed is refused and goes on delivering', () => {
  const harness = new Harness({ rate: 200 });
  const client = harness.connect('linear', 'orderbook.50.BTCUSDT');
  harness.pass(50);
  client.send({ op: 'subscribe', args: ['orderbook.50.BTCUSDT'] });
  assert.match(
    client.texts.at(-1) ?? '',
    /"success":false,"ret_msg":"error:already subscribed,topic:orderbook\.50\.BTCUSDT"/,
  );
  const before = client.frames('orderbook.50.BTCUSDT').length;
  harness.pass(500);
  assert.ok(client.frames('orderbook.50.BTCUSDT').length > before);
});

test('the topics of one connection may have 21,000 characters, and unsubscribing gives them back', () => {
  const harness = new Harness();
  const client = harness.connect('linear', 'orderbook.50.BTCUSDT');
  harness.pass(20);
  assert.equal(client.connection.argsCharacters, 20);
  client.connection.argsCharacters = 20_985;
  client.send({ op: 'subscribe', args: ['orderbook.50.ETHUSDT'] });
  assert.match(client.texts.at(-1) ?? '', /"success":false,"ret_msg":"error:args length exceeds 21000"/);
  client.send({ op: 'unsubscribe', args: ['orderbook.50.BTCUSDT'] });
  client.send({ op: 'subscribe', args: ['orderbook.50.ETHUSDT'] });
  harness.pass(20);
  assert.match(client.texts.at(-1) ?? '', /"success":true/);
});

test('JSON that is no object is answered like garbage, and the socket lives on', () => {
  const harness = new Harness();
  const client = harness.connect('spot');
  for (const text of ['[]', 'null', '7', '{"op":', '']) client.send(text);
  assert.equal(client.texts.filter((text) => text.includes('Failed to decode incoming data')).length, 5);
  client.send({ op: 'ping' });
  assert.match(client.texts.at(-1) ?? '', /pong/);
});
