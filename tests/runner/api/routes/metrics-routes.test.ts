import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsSchema } from '../../../../runner/api/metrics-payloads.ts';
import { fakeConnector, fakeGap } from '../fake-ports.ts';
import { assertPayload, openApi } from '../open-api.ts';

const PROMETHEUS_ACCEPT =
  'application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

test('metrics are JSON for curl and for clients that name JSON', async (t) => {
  const { ask, world } = await openApi(t);
  world.gaps = [fakeGap(1), fakeGap(2, 'healed')];
  for (const accept of ['*/*', 'application/json, text/plain, */*']) {
    const answer = await ask('/metrics', { headers: { accept } });
    const metrics = assertPayload(metricsSchema, answer.body);
    assert.deepEqual(metrics.trades, {
      per_minute_count: 60,
      per_second_rate: 1,
      queue_size: 0,
      total_count: 250,
    });
    assert.equal(metrics.depth.queue_size, 2);
    assert.equal(metrics.connector.clock_offset_ms, -12.5);
    assert.deepEqual(metrics.gaps, { open: 1, healed: 1, lost: 0 });
    assert.deepEqual(
      [metrics.ledger, metrics.dumps, metrics.audit.different, metrics.disk_free_bytes],
      [{ waiting: 0, dropped: 0 }, { written: 1, suppressed: 2 }, 0, 5e9],
    );
    assert.deepEqual(metrics.counts, { duplicate_trade: 3, unknown_type: 0 });
  }
});

test('Prometheus text follows the conventions and is read anew at each scrape', async (t) => {
  const { ask, world } = await openApi(t);
  const scrape = () => ask('/metrics', { headers: { accept: 'text/plain' } });
  const first = await scrape();
  assert.equal(first.status, 200);
  assert.match(first.headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
  assert.ok(first.text.includes('towline_events_total{channel="trades"} 250\n'), first.text);
  assert.ok(first.text.includes('towline_connector_restarts_total{connector="bybit"} 1\n'));
  assert.ok(first.text.includes('towline_connector_clock_offset_seconds{connector="bybit"} -0.0125\n'));
  assert.ok(
    first.text.includes('towline_connector_deaths_total{connector="bybit",code="signal_sigkill"} 1\n'),
  );
  assert.ok(first.text.includes('towline_topic_age_seconds{topic="trades:linear:BTCUSDT"} 0.125\n'));
  assert.ok(first.text.includes('towline_health_status{status="Healthy"} 1\n'));
  assert.ok(first.text.includes('towline_book_valid{instrument="spot:ETHUSDT"} 0\n'));
  world.counts = { duplicate_trade: 4 };
  world.connectors = [{ ...fakeConnector(), clockOffsetMs: null }];
  const second = (await scrape()).text;
  assert.ok(
    second.includes('towline_counted_total{what="duplicate_trade"} 4\n'),
    'counters do not add up scrapes',
  );
  assert.ok(!second.includes('unknown_type'));
  assert.ok(!second.includes('towline_connector_clock_offset_seconds{'), 'unknown is no number');
  for (const line of second.split('\n').filter((text) => text !== '' && !text.startsWith('#'))) {
    assert.match(
      line,
      /^towline_[a-z0-9_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?\d+(\.\d+)?(e[-+]?\d+)?$/,
    );
  }
});

test('a scrape reads each port once, since judging the health takes time on the way of the feed', async (t) => {
  const asked = new Map<string, number>();
  const { ask } = await openApi(t, {
    ports: (ports) =>
      new Proxy(ports, {
        get: (target, name, receiver) => {
          asked.set(String(name), (asked.get(String(name)) ?? 0) + 1);
          return Reflect.get(target, name, receiver);
        },
      }),
  });
  for (const accept of ['text/plain', 'application/json']) {
    asked.clear();
    assert.equal((await ask('/metrics', { headers: { accept } })).status, 200);
    // One look at the book of each of the two instruments.
    const { book = 0, ...others } = Object.fromEntries(asked);
    assert.ok(Object.keys(others).length >= 3, accept);
    assert.deepEqual(
      Object.entries(others).filter(([, times]) => times !== 1),
      [],
      accept,
    );
    assert.ok(book <= 2, accept);
  }
});

test('OpenMetrics is given when it is preferred, and ends as it must', async (t) => {
  const { ask } = await openApi(t);
  const answer = await ask('/metrics', { headers: { accept: PROMETHEUS_ACCEPT } });
  assert.match(answer.headers['content-type'] ?? '', /^application\/openmetrics-text; version=1\.0\.0/);
  assert.ok(answer.text.endsWith('# EOF\n'));
  assert.ok(answer.text.includes('# TYPE towline_events counter\n'), answer.text);
});
