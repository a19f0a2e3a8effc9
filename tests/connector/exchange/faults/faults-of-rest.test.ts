/** REST that is slow, broken, late or cut: on command, for one endpoint or for all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Harness } from '../harness.ts';
import { run } from '../io/running.ts';

const TIME = '/v5/market/time';
const KLINE = '/v5/market/kline';

test('rest_error answers with an HTTP status and a page, or with a retCode, as often as ordered and only on its path', () => {
  const harness = new Harness();
  harness.fault({ kind: 'rest_error', http_status: 502, path: TIME, calls: 2 });
  const symbols = `${KLINE}?symbol=BTCUSDT&interval=1`;
  assert.equal(harness.get(symbols).answer.status, 200);
  for (const wanted of [502, 502, 200]) assert.equal(harness.get(TIME).answer.status, wanted);
  harness.fault({ kind: 'rest_error', http_status: 503 });
  assert.throws(() => harness.get(TIME).json(), SyntaxError, 'a gateway does not speak JSON');
  for (const code of [10006, 10016]) {
    harness.fault({ kind: 'rest_error', ret_code: code });
    const { answer, json } = harness.get(TIME);
    assert.deepEqual([answer.status, json()['retCode'], json()['result']], [200, code, {}]);
    assert.equal(answer.headers['X-Bapi-Limit-Status'], code === 10006 ? '0' : undefined);
  }
});

test('who asks too often learns when more is allowed: 10006 and 10429 with a header, 10018 and 429 without', () => {
  const harness = new Harness();
  const reset = (answer: { headers: Readonly<Record<string, string>> }) =>
    answer.headers['X-Bapi-Limit-Reset-Timestamp'];
  harness.fault({ kind: 'rate_limit', calls: 1, reset_ms: 7000 });
  assert.equal(reset(harness.get(TIME).answer), String(harness.now.unix + 7000));
  for (const [ret_code, reset_ms] of [
    [10006, 2500],
    [10429, undefined],
  ]) {
    harness.fault({ kind: 'rest_error', ret_code, ...(reset_ms === undefined ? {} : { reset_ms }) });
    const { answer, json } = harness.get(TIME);
    assert.equal(json()['retCode'], ret_code);
    assert.equal(reset(answer), String(harness.now.unix + (reset_ms ?? 1000)));
  }
  harness.fault({ kind: 'rest_error', ret_code: 10018 });
  const banned = harness.get(TIME);
  assert.deepEqual([banned.json()['retCode'], reset(banned.answer)], [10018, undefined]);
  harness.fault({ kind: 'rest_error', http_status: 429 });
  assert.equal(harness.get(TIME).answer.status, 429);
});

test('a path that ends with "/" means all below it', () => {
  const harness = new Harness();
  harness.fault({ kind: 'rest_error', http_status: 503, path: '/v5/market/', calls: 2 });
  assert.equal(harness.get(`${KLINE}?symbol=BTCUSDT&interval=1`).answer.status, 503);
  assert.equal(harness.get(TIME).answer.status, 503);
});

test('rest_stale: recent-trade knows only what is older than the lag', () => {
  const harness = new Harness();
  harness.pass(10_000);
  const newest = () =>
    Number(
      (
        harness.get('/v5/market/recent-trade?category=linear&symbol=BTCUSDT&limit=1').json()['result'] as {
          list: { time: string }[];
        }
      ).list[0]?.time,
    );
  assert.ok(newest() > harness.now.unix - 1000);
  harness.fault({ kind: 'rest_stale', lag_ms: 3000 });
  assert.ok(newest() <= harness.now.unix - 3000 && newest() > harness.now.unix - 4000);
});

test('rest_truncated cuts a body in two, and rest_delay holds an answer back', () => {
  const harness = new Harness();
  const whole = harness.get(TIME).answer.body;
  harness.fault({ kind: 'rest_truncated' });
  assert.equal(harness.get(TIME).answer.body, whole.slice(0, Math.floor(whole.length / 2)));
  assert.equal(harness.get(TIME).answer.body, whole);
  harness.fault({ kind: 'rest_delay', delay_ms: 700, path: TIME });
  assert.equal(harness.get(TIME).answer.delayMs, 700);
  assert.equal(harness.get(`${KLINE}?symbol=BTCUSDT&interval=1`).answer.delayMs, undefined);
});

test('on a real socket a cut answer ends the connection, and a slow one is slow', async () => {
  const server = await run();
  try {
    await server.post('/sim/faults', { kind: 'rest_truncated', cut: true });
    await assert.rejects(server.get(TIME), /terminated|fetch failed/);
    await server.post('/sim/faults', { kind: 'rest_delay', delay_ms: 150 });
    const before = performance.now();
    await server.get(TIME);
    assert.ok(performance.now() - before >= 145);
  } finally {
    await server.stop();
  }
});

test('orders for new faults are read as strictly as the others', () => {
  const harness = new Harness();
  const wrong: readonly [Record<string, unknown>, RegExp][] = [
    [{ kind: 'rest_error' }, /either http_status or ret_code/],
    [{ kind: 'rest_error', http_status: 500, ret_code: 10006 }, /either http_status or ret_code/],
    [{ kind: 'rest_error', http_status: 200 }, /http_status must be a whole number from 400 to 599/],
    [{ kind: 'rest_delay', delay_ms: 5, path: '/sim/stats' }, /path must be a path below \/v5\//],
    [{ kind: 'rest_stale' }, /lag_ms is missing/],
    [{ kind: 'close_code', code: 1006 }, /code must be a close code that can be sent/],
    [{ kind: 'close_code', reason: 'x'.repeat(41) }, /reason must be a text of 40/],
    [{ kind: 'clock_skew', offset_ms: 0.5 }, /offset_ms must be a whole number/],
    [{ kind: 'slow_drip' }, /ms is missing/],
    [{ kind: 'cross_book', topic: 'tickers.BTCUSDT' }, /is not an orderbook topic/],
    [{ kind: 'reorder_frames' }, /topic is missing/],
    [{ kind: 'dead_on_arrival', topic: 'x' }, /topic is not a field of dead_on_arrival/],
  ];
  for (const [order, problem] of wrong) {
    const { status, json } = harness.control('POST', '/sim/faults', order);
    assert.equal(status, 400, JSON.stringify(order));
    assert.match(String(json['error']), problem);
  }
});
