import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { listen } from '../../../../runner/io/http-server.ts';
import { until } from '../../../helpers/until.ts';
import { openApi } from '../open-api.ts';

type Operation = {
  readonly summary?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly schema: Readonly<Record<string, unknown>>;
  }[];
  readonly responses: Readonly<Record<string, unknown>>;
};

test('the documentation is generated from the schemas that validate', async (t) => {
  const { ask } = await openApi(t);
  const document = (await ask('/docs/json')).body as { paths: Record<string, Record<string, Operation>> };
  assert.deepEqual(Object.keys(document.paths).sort(), [
    ...['/audit', '/backfill/status', '/context', '/coverage', '/cvd', '/cvd/history', '/cvd/reset'],
    ...['/debug/dump', '/debug/dumps', '/debug/exchangeinfo', '/debug/poc', '/debug/trades', '/debug/vwap'],
    ...['/gaps', '/gaps/verifications', '/health', '/instruments', '/klines', '/levels'],
    ...['/liquidations', '/liquidations/clusters', '/liquidations/support-resistance'],
    ...['/metrics', '/orderbook', '/orderbook/stats', '/price', '/ready', '/regime'],
    ...['/signals/analyze', '/signals/current', '/signals/history'],
    ...['/strategy/analysis/diagnostics', '/strategy/candles', '/strategy/metrics', '/strategy/status'],
    ...['/stream', '/symbols', '/symbols/refresh', '/ticker', '/tickers'],
    ...['/trades', '/trades/range', '/trades/stats'],
    ...['/volume-delta', '/volume-delta/history', '/volume-delta/multi', '/ws/health', '/ws/trades'],
  ]);
  for (const [path, methods] of Object.entries(document.paths))
    for (const { summary } of Object.values(methods)) assert.ok(summary, path);
  const trades = document.paths['/trades']?.['get'];
  const limit = trades?.parameters?.find(({ name }) => name === 'limit')?.schema;
  assert.deepEqual([limit?.['minimum'], limit?.['maximum'], limit?.['default']], [1, 1000, 100]);
  assert.deepEqual(Object.keys(trades?.responses ?? {}), ['200', '400']);
});

test('the documentation page fetches nothing from elsewhere', async (t) => {
  const { ask } = await openApi(t);
  const page = await ask('/docs');
  assert.equal(page.status, 200);
  const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url);
  assert.ok(loaded.length > 3);
  for (const url of loaded) {
    assert.ok(url.startsWith('/docs/'), url);
    assert.equal((await ask(url)).status, 200, url);
  }
  assert.ok(!(await ask('/docs/static/swagger-initializer.js')).text.includes('validator.swagger.io'));
});

test('the page is three small files without inline scripts or styles', async (t) => {
  const { ask } = await openApi(t);
  const page = await ask('/');
  assert.match(page.headers['content-type'] ?? '', /^text\/html/);
  assert.ok(!/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/i.test(page.text));
  let bytes = Buffer.byteLength(page.text);
  for (const [url, type] of [
    ['/app.js', 'text/javascript'],
    ['/style.css', 'text/css'],
  ] as const) {
    assert.ok(page.text.includes(`"${url}"`));
    const file = await ask(url);
    assert.ok(file.headers['content-type']?.startsWith(type));
    bytes += Buffer.byteLength(file.text);
  }
  assert.ok(bytes < 27_000, `${bytes} bytes`);
});

test('bytes that are no HTTP are answered in the one shape and hung up on', async (t) => {
  const { app } = await openApi(t);
  const listening = await listen(app, { host: '127.0.0.1', port: 0 });
  assert.ok(listening.ok);
  const talk = async (bytes: string): Promise<string> => {
    const socket = connect(listening.value.port, '127.0.0.1');
    t.after(() => socket.destroy());
    const heard = { text: '', isClosed: false };
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      heard.text += chunk;
    });
    socket.on('close', () => {
      heard.isClosed = true;
    });
    socket.on('error', () => undefined);
    socket.write(bytes);
    await until('the server hung up', () => heard.isClosed);
    return heard.text;
  };
  const garbage = await talk('\x00\x01 nonsense\r\n\r\n');
  assert.match(garbage, /^HTTP\/1\.1 400 Bad Request\r\n/);
  assert.match(garbage, /\{"error":\{"code":"bad_request"/);
  assert.match(
    await talk(`GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`),
    /^HTTP\/1\.1 431 /,
  );
});
