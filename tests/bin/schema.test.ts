/** docs/schema is what the code checks: not stale, and of the same opinion as zod about good and bad lines. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import { schemaFiles, schemaFolder } from '../../bin/schema.ts';
import { eventSchema } from '../../shared/events/event.ts';
import { decodeCommand, decodeEvent } from '../../shared/wire.ts';

const trade = {
  type: 'trade',
  n: 7,
  category: 'linear',
  symbol: 'BTCUSDT',
  timestamp: 1717440000000,
  sent_at: 1717440000003,
  received_at: 1717440000012345,
  price: 50000.1,
  qty: 0.25,
  side: 'buy',
  is_buyer_maker: false,
  id: '2f0b1f4e-5e1c-5a37-8d4e-2b6f0c1d9a11',
  seq: 1783284617,
};

/** The examples of the contract, one for each kind of line that is written today. */
const events = [
  '{"type":"status","n":1,"status":"ready","connector":"bybit","protocol":1,"environment":"mainnet","clock":"live","pid":4711,"at":1717440000000}',
  JSON.stringify(trade),
  '{"type":"depth","n":8,"category":"linear","symbol":"BTCUSDT","timestamp":1717440000000,"sent_at":1717440000003,"received_at":1717440000012400,"action":"snapshot","depth":50,"bids":[[50000.0,1.5]],"asks":[[50000.1,1.2]],"last_update_id":42,"seq":1783284619}',
  '{"type":"execution","n":9,"category":"linear","symbol":"BTCUSDT","timestamp":1717440000000,"received_at":1717440000013000,"execution_id":"0ab1","order_id":"9aac","client_order_id":"tl-17","side":"sell","cause":"trade","price":"95900.1","qty":"0.5","value":"47950.05","fees":[{"currency":"USDT","amount":"26.3725275"}],"is_maker":false,"leaves_qty":"0"}',
  '{"type":"error","n":10,"error":"subscribe refused: handler not found, topic orderbook.7.BTCUSDT","code":"topic_refused","retryable":false,"at":1717440000000}',
  '{"type":"gap","n":11,"gap_id":"5a88c740-linear-1","state":"open","channel":"trades","category":"linear","symbol":"BTCUSDT","cause":"socket_lost","from":{"id":"a","timestamp":1717440000000,"seq":5},"to":null,"at":1717440000001}',
  '{"type":"reply","n":12,"id":"c1","ok":true}',
  '{"type":"progress","n":13,"task":"replay","current":40,"total":40,"done":true}',
];

const commands = [
  '{"command":"subscribe","channel":"trades","symbol":"BTCUSDT","category":"linear","id":"c1"}',
  '{"command":"subscribe","channel":"trades","symbol":"BTCUSDT","resume":{"last_id":"a","timestamp":1717440000000,"seq":5}}',
  '{"command":"unsubscribe","channel":"depth","symbol":"BTCUSDT","depth":200,"id":7}',
  '{"command":"ping"}',
  '{"command":"stats","id":"c4"}',
  '{"command":"shutdown"}',
];

const depth = JSON.parse(events[2] ?? '') as object;
const badEvents = [
  { ...trade, price: 0 },
  { ...trade, qty: '0.25' },
  { ...trade, side: 'Buy' },
  { ...trade, category: 'option' },
  { ...trade, timestamp: 1.5 },
  { ...trade, id: '' },
  { ...trade, id: undefined },
  { ...depth, bids: [[50000]] },
  { ...depth, bids: [[50000, 1, 2]] },
  { ...depth, bids: [[0, 1]] },
  { ...depth, asks: [[50000, -1]] },
  { ...depth, asks: [['50000', '1']] },
  { ...depth, asks: null },
  { type: 'status', status: 'happy' },
  { type: 'gap', gap_id: 'g', state: 'open' },
  { type: 'reply', id: 'c1' },
];

const badCommands = [
  { command: 'dance' },
  { command: 'subscribe', channel: 'trades' },
  { command: 'subscribe', channel: 'trades', symbol: 'btc usdt' },
  { command: 'subscribe', channel: 'depth', symbol: 'BTCUSDT', depth: 7 },
  { command: 'ping', id: {} },
];

/** Fastify brings a validator of JSON Schema; it must judge only, not mend. */
const app: FastifyInstance = fastify({
  ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
});

async function judge(name: string, value: object): Promise<number> {
  const { statusCode } = await app.inject({ method: 'POST', url: `/${name}`, payload: value });
  return statusCode;
}

describe('docs/schema', () => {
  before(async () => {
    for (const [name, text] of schemaFiles()) {
      if (name === 'index.json') continue;
      const { $schema: _draft, ...body } = JSON.parse(text) as { readonly $schema: string };
      app.post(`/${name}`, { schema: { body } }, () => 'valid');
    }
    await app.ready();
  });
  after(() => app.close());

  it('is what the code says (print it again with: npm run schema)', () => {
    const files = schemaFiles();
    assert.deepEqual(readdirSync(schemaFolder).toSorted(), [...files.keys()].toSorted());
    for (const [name, text] of files)
      assert.equal(readFileSync(path.join(schemaFolder, name), 'utf8'), text, name);
  });

  it('leaves no field of an event without a rule', () => {
    for (const [name, text] of schemaFiles())
      for (const [, field] of text.matchAll(/"(\w+)": \{\}/g))
        assert.equal(field, 'additionalProperties', `${name}: ${field}`);
  });

  it('accepts the examples of the contract, and so do we', async () => {
    for (const line of events) {
      const value = JSON.parse(line) as { readonly type: string };
      assert.equal(decodeEvent(line, { category: 'linear' }).kind, 'event', line);
      assert.equal(await judge(`${value.type}.json`, value), 200, line);
    }
    for (const line of commands) {
      const value = JSON.parse(line) as object;
      assert.ok(decodeCommand(value).ok, line);
      assert.equal(await judge('commands.json', value), 200, line);
    }
  });

  it('refuses what we refuse', async () => {
    for (const value of badEvents) {
      const line = JSON.stringify(value);
      const { type } = value as { readonly type: string };
      assert.equal(eventSchema.safeParse(JSON.parse(line)).success, false, line);
      assert.equal(await judge(`${type}.json`, value), 400, line);
    }
    for (const value of badCommands) {
      assert.equal(decodeCommand(value).ok, false);
      assert.equal(await judge('commands.json', value), 400, JSON.stringify(value));
    }
  });

  it('fits every line that docs/stdio-protocol.md shows as JSON', async () => {
    const page = readFileSync(path.join(schemaFolder, '../stdio-protocol.md'), 'utf8');
    const lines = [...page.matchAll(/```json\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
      block.split('\n').filter((line) => line !== ''),
    );
    assert.ok(lines.length >= 15, `only ${lines.length} lines of JSON`);
    for (const line of lines) {
      const value = JSON.parse(line) as { readonly type?: string };
      assert.equal(
        await judge(value.type === undefined ? 'commands.json' : `${value.type}.json`, value),
        200,
        line,
      );
    }
  });

  it('allows fields that are not named, as every reader must', async () => {
    assert.equal(await judge('trade.json', { ...trade, note: 'of a later version' }), 200);
  });
});
