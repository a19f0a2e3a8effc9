/** The live stream over real sockets on loopback. */
import assert from 'node:assert/strict';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { buildApi } from '../../../../runner/api/io/api-server.ts';
import { MAX_STREAM_CLIENTS } from '../../../../runner/api/live-hub.ts';
import { listen } from '../../../../runner/io/http-server.ts';
import { until } from '../../../helpers/until.ts';
import { btc, fakePorts, fakeTrade, fakeWorld } from '../fake-ports.ts';
import { localAccess } from '../open-api.ts';

const quick = { flushEveryMs: 10, healthEveryMs: 20, beatEveryMs: 15 };

async function openServer(t: TestContext, pace = quick) {
  const world = fakeWorld();
  const app = await buildApi({
    ports: fakePorts(world),
    access: localAccess,
    version: '0.0.0',
    onBug: (error) => assert.fail(String(error)),
    pace,
  });
  const listening = await listen(app, { host: '127.0.0.1', port: 0 });
  assert.ok(listening.ok);
  t.after(() => listening.value.close());
  const metrics = async () =>
    (await (await fetch(`${listening.value.url}/metrics`)).json()) as {
      stream: { clients: number; skipped_updates: number };
    };
  return { world, metrics, ...listening.value };
}

/** Reads a stream; `text` grows while it is open. */
async function readStream(t: TestContext, url: string, headers: Record<string, string> = {}) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { headers, agent: false }, resolve).on('error', reject).end();
  });
  const stream = { response, text: '', isClosed: false };
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    stream.text += chunk;
  });
  response.on('close', () => {
    stream.isClosed = true;
  });
  response.on('error', () => undefined);
  t.after(() => response.destroy());
  return stream;
}

test('the stream says how to come back, then everything, then changes, with beats between', async (t) => {
  const { world, url } = await openServer(t);
  const stream = await readStream(t, `${url}/stream?symbol=BTCUSDT`, { 'last-event-id': '999' });
  const { headers, statusCode } = stream.response;
  assert.equal(statusCode, 200);
  assert.match(headers['content-type'] ?? '', /^text\/event-stream/);
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  await until('the snapshot came', () => stream.text.includes('event: snapshot'));
  assert.ok(stream.text.startsWith('retry: 2000\n\nevent: snapshot\nid: 1\ndata: {'));
  await until('health came by itself', () =>
    stream.text.includes('"connectors"', stream.text.indexOf('event: update')),
  );
  world.trades.get('linear:BTCUSDT')?.unshift({ ...fakeTrade(251), id: 'the-new-one' });
  for (const listener of world.listeners) listener('trades', btc);
  await until('the new trade came', () => stream.text.includes('the-new-one'));
  await until('a beat came', () => stream.text.includes('\n\n: beat\n\n'));
});

test('when the last reader leaves, nothing is subscribed and no timer reads the ports any more', async (t) => {
  const { world, url } = await openServer(t);
  const stream = await readStream(t, `${url}/stream`);
  await until('it is subscribed', () => world.listeners.size === 1);
  stream.response.destroy();
  await until('it is not subscribed any more', () => world.listeners.size === 0);
  const reads = world.reads;
  await new Promise((resolve) => setTimeout(resolve, 10 * quick.healthEveryMs));
  assert.equal(world.reads, reads);
});

test('a reader that does not read gets no queue, and the latest state once it reads again', async (t) => {
  const { world, url, port, metrics } = await openServer(t);
  // The largest book makes messages big, so that the socket's buffers fill soon.
  world.life = Array.from({ length: 10 }, (_, index) => ({
    at: world.now as never,
    kind: 'note',
    text: `${index}`.repeat(200_000),
  }));
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.write('GET /stream HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
  socket.pause();
  await until('updates are skipped', async () => {
    for (const listener of world.listeners) listener('life');
    return (await metrics()).stream.skipped_updates > 20;
  });
  world.life = [{ at: world.now as never, kind: 'note', text: 'the latest' }];
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text = (text + chunk).slice(-100_000);
  });
  socket.resume();
  await until('the latest state came', () => text.includes('the latest'));
  assert.ok(text.lastIndexOf('event: snapshot') > 0, 'as a whole snapshot');
  assert.equal((await fetch(`${url}/health`)).status, 200);
});

test('readers beyond the limit are refused in shape and the others go on', async (t) => {
  const { url, metrics } = await openServer(t, {
    flushEveryMs: 1_000,
    healthEveryMs: 1_000,
    beatEveryMs: 1_000,
  });
  const streams = await Promise.all(
    Array.from({ length: MAX_STREAM_CLIENTS }, () => readStream(t, `${url}/stream`)),
  );
  const refused = await fetch(`${url}/stream`);
  assert.equal(refused.status, 503);
  const body = (await refused.json()) as { error: { code: string; message: string } };
  assert.equal(body.error.code, 'too_many_streams');
  assert.ok(body.error.message.includes('100'));
  streams[0]?.response.destroy();
  await until('one left', async () => (await metrics()).stream.clients === MAX_STREAM_CLIENTS - 1);
  const next = await readStream(t, `${url}/stream`);
  assert.equal(next.response.statusCode, 200);
});

test('closing the server ends open streams', async (t) => {
  const { url, close } = await openServer(t);
  const stream = await readStream(t, `${url}/stream`);
  await until('the snapshot came', () => stream.text.includes('event: snapshot'));
  await close();
  await until('the stream ended', () => stream.isClosed);
});
