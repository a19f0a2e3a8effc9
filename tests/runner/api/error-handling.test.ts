import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertRefused, openApi } from './open-api.ts';

const paths = [
  '/trades',
  '/trades/stats',
  '/trades/range',
  '/ws/trades',
  '/orderbook',
  '/health',
  '/ready',
  '/ws/health',
  '/metrics',
  '/gaps',
  '/price',
  '/strategy/status',
  '/strategy/candles',
  '/signals/current',
  '/signals/history',
  '/docs/json',
  '/',
] as const;

test('an unknown path is a 404 in the one shape', async (t) => {
  const { ask } = await openApi(t);
  assertRefused(await ask('/nope?x=1'), 404, 'not_found', '"/nope"', '/docs');
  assertRefused(await ask('/nope', { method: 'POST', payload: '{' }), 404, 'not_found');
  assertRefused(await ask('/trades/'), 404, 'not_found');
  assertRefused(await ask('/app.js/../../package.json'), 404, 'not_found');
});

test('a wrong method is a 405 that names the right ones, whatever the body', async (t) => {
  const { ask } = await openApi(t);
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const) {
    for (const path of [...paths.filter((one) => one !== '/docs/json'), '/stream']) {
      const answer = await ask(path, {
        method,
        ...(method === 'OPTIONS' ? {} : { payload: '{', headers: { 'content-type': 'application/json' } }),
      });
      assertRefused(answer, 405, 'method_not_allowed', path, method);
      assert.equal(answer.headers['allow'], 'GET, HEAD');
    }
  }
});

test('HEAD answers like GET without a body, and never opens a stream', async (t) => {
  const { ask } = await openApi(t);
  for (const path of ['/trades', '/health', '/']) {
    const answer = await ask(path, { method: 'HEAD' });
    assert.equal(answer.status, 200);
    assert.equal(answer.text, '');
  }
  assert.equal((await ask('/stream', { method: 'HEAD' })).status, 405);
});

test('a URL that cannot be decoded is a 400 in the one shape', async (t) => {
  const { ask } = await openApi(t);
  assertRefused(await ask('/%zz'), 400, 'bad_request');
});

test('a bug is a 500 that tells nothing of the inside, and its listener hears of it', async (t) => {
  const { ask, bugs } = await openApi(t, {
    ports: (ports) => ({
      ...ports,
      health: () => {
        throw new Error('secret inside');
      },
    }),
  });
  const answer = await ask('/health');
  assertRefused(answer, 500, 'bug');
  assert.ok(!answer.text.includes('secret'));
  assert.equal((bugs.splice(0)[0] as Error).message, 'secret inside');
});

test('every answer carries the security headers', async (t) => {
  const { ask } = await openApi(t);
  for (const path of [...paths, '/nope', '/%zz', '/trades?limit=0', '/docs', '/app.js']) {
    const { headers } = await ask(path);
    const policy = headers['content-security-policy'] ?? '';
    assert.ok(
      policy.includes("default-src 'none'") && policy.includes("script-src 'self';"),
      `${path}: ${policy}`,
    );
    assert.ok(!policy.includes('unsafe'), policy);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
  }
});

test('no query string makes a 5xx (but a book that is not valid)', async (t) => {
  const { ask } = await openApi(t);
  const name = fc.constantFrom(
    ...['limit', 'levels', 'count', 'symbol', 'category', 'side', 'cursor', 'state', 'timeframe'],
    ...['start_time', 'end_time', 'min_qty', 'max_price', '__proto__', 'constructor', 'toString'],
  );
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.double().map(String),
    fc.constantFrom(
      'BTCUSDT',
      'spot',
      'Buy',
      '5',
      '1m',
      'open',
      '2024-06-03',
      '2024-06-04T00:00:00Z',
      '[]',
      'null',
    ),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  );
  const encoded = fc
    .array(fc.tuple(fc.oneof({ weight: 4, arbitrary: name }, { weight: 1, arbitrary: value }), value), {
      maxLength: 5,
    })
    .map((pairs) => pairs.map(([key, text]) => `${safely(key)}=${safely(text)}`).join('&'));
  const raw = fc.string({ unit: 'grapheme-ascii', maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), fc.oneof(encoded, raw), async (path, query) => {
      const answer = await ask(`${path}?${query}`);
      const isAllowed = answer.status < 500 || (path === '/orderbook' && answer.status === 503);
      assert.ok(isAllowed, `${answer.status} ${path}?${query}: ${answer.text}`);
      if (answer.status >= 400 && answer.status < 500) {
        const { error } = answer.body as { error: { code: string; message: string } };
        assert.ok(error.code !== '' && error.message !== '');
      }
    }),
    { numRuns: 600 },
  );
});

/** Lone halves of surrogate pairs cannot be encoded. */
function safely(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

test('a body that cannot be taken is refused with what would be', async (t) => {
  const { ask } = await openApi(t);
  const json = 'application/json';
  const post = (payload: string, type: string) =>
    ask('/symbols', { method: 'POST', headers: { 'content-type': type }, payload });
  const wanted = ['the body must be a JSON object, for example {"symbol":"SOLUSDT"}', json];
  assertRefused(await post('[]', json), 400, 'invalid_parameter', ...wanted);
  assertRefused(await post('{"symbol":"SOLUSDT"}', 'text/plain'), 400, 'invalid_parameter', ...wanted);
  assertRefused(await ask('/symbols', { method: 'POST' }), 400, 'invalid_parameter', ...wanted);
  const misspelt = await post('{"symbol":"SOLUSDT","chanels":[]}', json);
  assertRefused(
    misspelt,
    400,
    'invalid_parameter',
    'unknown field "chanels"; known: symbol, category, channels',
  );
  assertRefused(await post('{"symbol":"top20"}', json), 400, 'invalid_parameter', 'filters go into SYMBOLS');
  assertRefused(await post('a=b', 'application/x-www-form-urlencoded'), 415, 'bad_request', 'JSON', json);
  assertRefused(await post(`{"symbol":"${'X'.repeat(70_000)}"}`, json), 413, 'bad_request', '64 KiB');
});
