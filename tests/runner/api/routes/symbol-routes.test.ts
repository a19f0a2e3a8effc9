/** /symbols and /instruments: what they take, what they tell, and how they refuse. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  instrumentSchema,
  symbolChangeSchema,
  symbolsSchema,
} from '../../../../runner/api/symbol-payloads.ts';
import { row } from '../../../helpers/desk-world.ts';
import { assertPayload, assertRefused, openApi } from '../open-api.ts';

const json = { 'content-type': 'application/json' };
const post = (body: unknown, headers: Record<string, string> = {}) =>
  ({ method: 'POST', payload: JSON.stringify(body), headers: { ...json, ...headers } }) as const;

describe('/symbols', () => {
  it('shows what is wanted, what wants it, and what is acknowledged', async (t) => {
    const { ask } = await openApi(t);
    const { status, body } = await ask('/symbols');
    assert.equal(status, 200);
    const view = assertPayload(symbolsSchema, body);
    assert.deepEqual(view.filters[0]?.filters, ['linear:USDC']);
    assert.ok(view.symbols.every(({ source }) => source === 'settings'));
  });

  it('takes a symbol: 202 when it is new, 200 when it was there', async (t) => {
    const { ask, world } = await openApi(t);
    const first = await ask('/symbols', post({ symbol: 'SOLUSDT', channels: ['trades', 'depth.1'] }));
    assert.equal(first.status, 202, first.text);
    assert.deepEqual(assertPayload(symbolChangeSchema, first.body), {
      category: 'linear',
      symbol: 'SOLUSDT',
      topics: ['trades:linear:SOLUSDT', 'depth.1:linear:SOLUSDT'],
      changed: 2,
    });
    assert.equal((await ask('/symbols', post({ symbol: 'SOLUSDT', channels: ['trades'] }))).status, 200);
    assert.ok(world.symbols.wanted.has('depth.1:linear:SOLUSDT'));
  });

  it('gives one up: 200, and 404 when it was not wanted', async (t) => {
    const { ask, world } = await openApi(t);
    const gone = await ask('/symbols?symbol=ETHUSDT&category=spot', { method: 'DELETE' });
    assert.equal(gone.status, 200, gone.text);
    assert.equal(assertPayload(symbolChangeSchema, gone.body).changed, 1);
    assert.deepEqual([...world.symbols.wanted], ['trades:linear:BTCUSDT']);
    const again = await ask('/symbols?symbol=ETHUSDT&category=spot', { method: 'DELETE' });
    assertRefused(again, 404, 'not_found', 'spot:ETHUSDT is not listened to');
  });

  it('refuses what is wrong by the name of the field', async (t) => {
    const { ask } = await openApi(t);
    for (const [body, ...words] of [
      [{ symbol: 'btcusdt' }, 'symbol: must be a symbol'],
      [{}, 'symbol: must be a symbol'],
      [{ symbol: 'BTCUSDT', category: 'option' }, 'category: must be one of linear, spot, inverse'],
      [{ symbol: 'BTCUSDT', channels: [] }, 'channels: must name a channel'],
      [{ symbol: 'BTCUSDT', channels: ['depth.7'] }, 'channels', 'depth.1'],
      [{ symbol: 'BTCUSDT', depth: 1 }, 'unknown field "depth"'],
      [{ symbol: 'BTCUSDT', category: 'spot', channels: ['liquidation'] }, 'channels: spot has none'],
    ] as const)
      assertRefused(await ask('/symbols', post(body)), 400, 'invalid_parameter', ...words);
    assertRefused(await ask('/symbols', { method: 'DELETE' }), 400, 'invalid_parameter', 'symbol');
    assert.equal((await ask('/symbols', { method: 'POST', payload: 'x' })).status, 415);
    assertRefused(await ask('/symbols', { method: 'PUT' }), 405, 'method_not_allowed', 'POST, DELETE');
  });

  it('is changed from another machine with the token only', async (t) => {
    const { ask, world } = await openApi(t);
    const elsewhere = { ...post({ symbol: 'SOLUSDT' }), remoteAddress: '192.0.2.1' };
    assertRefused(await ask('/symbols', elsewhere), 401, 'token_required', 'API_TOKEN');
    const remove = { method: 'DELETE', remoteAddress: '192.0.2.1' } as const;
    assertRefused(await ask('/symbols?symbol=BTCUSDT', remove), 401, 'token_required');
    assert.ok(world.symbols.wanted.has('trades:linear:BTCUSDT'));
  });

  it('is asked anew on demand', async (t) => {
    const { ask, world } = await openApi(t);
    world.symbols.desk.childReady();
    const { status, body } = await ask('/symbols/refresh', { method: 'POST' });
    assert.deepEqual([status, body], [202, { asked: ['linear'] }]);
  });
});

describe('/instruments', () => {
  it('are asked for when they are not known, and then told from memory', async (t) => {
    const { ask, world } = await openApi(t);
    assertRefused(await ask('/instruments'), 503, 'not_known_yet', 'not ready');
    world.symbols.desk.childReady();
    world.symbols.tell('linear', { BTCUSDT: 5, ETHUSDT: 3 });
    const all = await ask('/instruments');
    assert.equal(assertPayload(instrumentSchema.array(), all.body).length, 2);
    const one = await ask('/instruments?symbol=ETHUSDT');
    const [eth] = assertPayload(instrumentSchema.array(), one.body);
    assert.deepEqual([eth?.symbol, eth?.tick_size, eth?.turnover_24h], ['ETHUSDT', '0.1', 3]);
    assertRefused(await ask('/instruments?symbol=NOUSDT'), 404, 'not_found', 'NOUSDT');
    assertRefused(await ask('/instruments?symbol=x'), 400, 'invalid_parameter', 'symbol');
    const spot = ask('/instruments?category=spot&symbol=AUSDT');
    const asked = () =>
      world.symbols.sent.some((command) => 'category' in command && command.category === 'spot');
    while (!asked()) await new Promise(setImmediate);
    world.symbols.desk.told(row('spot', 'AUSDT', 1));
    world.symbols.answer({ ok: true });
    assert.equal((await spot).status, 200);
  });
});

it('before any symbol is known the market endpoints say what is waited for', async (t) => {
  const { ask, world } = await openApi(t);
  world.instruments = [];
  assertRefused(await ask('/orderbook'), 503, 'not_known_yet', '/ready');
  assertRefused(await ask('/stream'), 503, 'not_known_yet', '/ready');
});
