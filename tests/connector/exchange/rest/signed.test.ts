/** The one signed request: whose key, when, and whether the signature fits what was sent. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { RestClientV5 } from 'bybit-api';
import type { Running } from '../io/running.ts';
import { run } from '../io/running.ts';

const PATH = '/v5/user/query-api';
const KEY = 'XXXXXXXXXX';
const SECRET = 'a secret that is none';

let server: Running;
before(async () => {
  server = await run({ apiKey: { key: KEY, secret: SECRET }, seed: 'signed' });
});
after(() => server.stop());

type Changes = {
  key?: string;
  secret?: string;
  at?: number | string;
  window?: string;
  query?: string;
  signed?: string;
};

async function ask({
  key = KEY,
  secret = SECRET,
  at = Date.now(),
  window,
  query = '',
  signed = query,
}: Changes = {}) {
  const sign = createHmac('sha256', secret)
    .update(`${at}${key}${window ?? '5000'}${signed}`)
    .digest('hex');
  const response = await fetch(`${server.url}${PATH}${query === '' ? '' : `?${query}`}`, {
    headers: {
      'X-BAPI-API-KEY': key,
      'X-BAPI-TIMESTAMP': String(at),
      'X-BAPI-SIGN': sign,
      ...(window === undefined ? {} : { 'X-BAPI-RECV-WINDOW': window }),
    },
  });
  const body = (await response.json()) as {
    retCode: number;
    retMsg: string;
    result: Record<string, unknown>;
  };
  return { response, body };
}

test('a request in order learns what its key may do, with the quota of the endpoint in its headers', async () => {
  const { response, body } = await ask();
  assert.equal(body.retCode, 0, body.retMsg);
  assert.deepEqual([body.result['apiKey'], body.result['readOnly'], body.result['secret']], [KEY, 1, '']);
  assert.deepEqual((body.result['permissions'] as Record<string, unknown>)['Wallet'], []);
  assert.equal(response.headers.get('x-bapi-limit'), '10');
  assert.ok(Math.abs(Number(response.headers.get('x-bapi-limit-reset-timestamp')) - Date.now()) < 60_000);
});

test("somebody else's client for the real Bybit signs so that it is understood", async () => {
  const client = new RestClientV5({ key: KEY, secret: SECRET, baseUrl: server.url });
  const { retCode, result } = await client.getQueryApiKey();
  assert.deepEqual([retCode, result.readOnly, result.ips], [0, 1, ['*']]);
});

test('the signature is over the characters that were sent, in their order and encoding', async () => {
  assert.equal((await ask({ query: 'b=2&a=%7B1%7D&cursor=x%3D1' })).body.retCode, 0);
  assert.equal((await ask({ query: 'b=2&a=1', signed: 'a=1&b=2' })).body.retCode, 10_004);
});

test('a wrong key is 10003, a wrong time 10002, a wrong signature 10004', async () => {
  assert.equal((await ask({ key: 'another' })).body.retCode, 10_003);
  const { body } = await ask({ secret: 'another' });
  assert.deepEqual([body.retCode, body.retMsg.startsWith('error sign!'), body.result], [10_004, true, {}]);
  const now = Date.now();
  const times: readonly [Changes, number][] = [
    [{ at: now - 4000 }, 0],
    [{ at: now - 6000 }, 10_002],
    [{ at: now - 6000, window: '20000' }, 0],
    [{ at: now + 600 }, 0],
    [{ at: now + 10_000 }, 10_002],
    [{ at: now + 10_000, window: '60000' }, 10_002],
    [{ at: Math.floor(now / 1000) }, 10_002],
    [{ at: 'soon' }, 10_002],
  ];
  for (const [changes, code] of times)
    assert.equal((await ask(changes)).body.retCode, code, JSON.stringify(changes));
});

test('without the headers of a key the gateway refuses; an exchange without a key knows none', async () => {
  const response = await fetch(`${server.url}${PATH}`);
  assert.equal(response.status, 401);
  assert.doesNotMatch(await response.text(), /^\{/);
  const other = await run({ seed: 'no key' });
  try {
    const client = new RestClientV5({ key: KEY, secret: SECRET, baseUrl: other.url });
    assert.equal((await client.getQueryApiKey()).retCode, 10_003);
  } finally {
    await other.stop();
  }
});

test('what the key may do is changed on command, and wrong orders say what is wrong', async () => {
  const permissions = { Wallet: ['Withdraw'], Spot: ['SpotTrade'] };
  await server.post('/sim/key', { readOnly: 0, permissions, ips: ['10.0.0.1'] });
  const { result } = (await ask()).body;
  assert.deepEqual(
    [result['readOnly'], result['permissions'], result['ips']],
    [0, permissions, ['10.0.0.1']],
  );
  assert.equal(result['expiredAt'], '1970-01-01T00:00:00Z');
  for (const wrong of [{ readOnly: 2 }, { ips: 'all' }, { permissions: { Spot: 'all' } }, { more: 1 }, []])
    assert.match(String((await server.post('/sim/key', wrong))['error']), /the body may have/);
  assert.deepEqual((await ask()).body.result['ips'], ['10.0.0.1']);
});

test('rest_error makes the signed request fail in other ways', async () => {
  for (const ret_code of [10_005, 10_010, 33_004, 10_018]) {
    await server.post('/sim/faults', { kind: 'rest_error', path: PATH, ret_code });
    const { body } = await ask();
    assert.equal(body.retCode, ret_code);
    assert.notEqual(body.retMsg, 'Server error');
  }
  assert.equal((await ask()).body.retCode, 0);
});
