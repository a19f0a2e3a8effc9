/** Real HTTP on loopback: against the simulated exchange, and against servers that misbehave. */
import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { marketRest } from '../../../connector/bybit/rest-market.ts';
import { openRest } from '../../../connector/io/rest.ts';
import { openHttp } from '../../../connector/io/rest-http.ts';
import type { Result } from '../../../shared/errors.ts';
import { systemClock } from '../../../shared/io/clock.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { startProxy } from '../../helpers/tls-proxy.ts';
import { until } from '../../helpers/until.ts';
import { run } from '../exchange/io/running.ts';

const policy = { ...scaledPolicy(0.05).rest, timeoutMs: 5_000 };
const clock = systemClock(2_000, () => undefined);

/** A client of this base; closed when the file ends. */
function open(baseUrl: string, changed: Partial<typeof policy> = {}, proxyUrl?: string) {
  const all = { ...policy, ...changed };
  const http = openHttp({ ...all, baseUrl, proxyUrl, connections: all.concurrency, clock });
  const client = openRest(all, { clock, random: Math.random, get: http.get });
  after(async () => {
    client.close();
    await http.close();
  });
  return { client, rest: marketRest(client.ask, all) };
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function value<T>(result: Result<T>): T {
  assert.ok(result.ok, result.ok ? '' : `${result.failure.code}: ${result.failure.message}`);
  return result.value;
}

function failure(result: Result<unknown>): string {
  return result.ok ? 'no failure' : `${result.failure.code}: ${result.failure.message}`;
}

const bitcoin = { category: 'linear', symbol: 'BTCUSDT' } as const;

describe('the simulated exchange', async () => {
  const exchange = await run({ rate: 200 });
  after(() => exchange.stop());
  const { client, rest } = open(exchange.url);

  it('tells its newest trades, in the order of its execution log', async () => {
    const { rows, bad } = await until('there are trades', async () => {
      const read = value(await rest.recentTrades(bitcoin));
      return read.rows.length > 0 && read;
    });
    const log = exchange.exchange.feed('linear', 'BTCUSDT')?.executions.newest(2_000) ?? [];
    const ids = log.map((execution) => execution.id);
    const from = ids.indexOf(rows[0]?.id ?? '');
    assert.ok(rows.length > 0 && from >= 0 && bad === 0);
    assert.deepEqual(
      rows.map((trade) => trade.id),
      ids.slice(from, from + rows.length),
    );
  });

  it('tells a book, instruments of every market, and its time', async () => {
    const book = value(await rest.book({ category: 'spot', symbol: 'BTCUSDT' }, 50));
    assert.equal(book.bids.length, 50);
    assert.ok(Number(book.bids[0]?.[0]) < Number(book.asks[0]?.[0]));
    for (const category of ['linear', 'spot', 'inverse'] as const) {
      const { rows, bad } = value(await rest.instruments(category));
      assert.ok(rows.length > 0 && bad === 0, category);
    }
    value(await rest.clock());
    const { offsetMs, errorMs } = value(await rest.clock());
    assert.ok(Math.abs(offsetMs) <= errorMs + 2, `${offsetMs} within ${errorMs}`);
  });

  it('refuses a symbol that it does not know', async () => {
    const answer = await rest.recentTrades({ category: 'linear', symbol: 'NOPEUSDT' });
    assert.match(failure(answer), /^request_refused: retCode 10001: /);
  });

  it('says "too many visits", and is asked again when it said', async () => {
    const before = client.counts().sent;
    await exchange.post('/sim/faults', { kind: 'rate_limit', calls: 1 });
    value(await rest.turnovers('linear'));
    assert.equal(client.counts().sent, before + 2);
  });
});

it('an address that is shut out stops asking', async () => {
  const exchange = await run();
  after(() => exchange.stop());
  const { client, rest } = open(exchange.url, { shutOutMs: 60_000 });
  await exchange.post('/sim/faults', { kind: 'ban', ms: 1_000 });
  assert.match(failure(await rest.book(bitcoin, 1)), /^ip_banned: HTTP 403/);
  assert.match(failure(await rest.recentTrades(bitcoin)), /^ip_banned: .*another 60 s$/);
  assert.equal(client.counts().sent, 1);
});

describe('servers that are none of the exchange', () => {
  const once = { tries: 1 };

  it('may be nobody at all', async () => {
    const { rest } = open('http://127.0.0.1:1', once);
    assert.match(
      failure(await rest.book(bitcoin, 1)),
      /^request_failed: connect ECONNREFUSED .*nobody listens/,
    );
  });

  it('may never answer', async () => {
    const { rest } = open(await serve(() => undefined), { ...once, timeoutMs: 150 });
    assert.equal(failure(await rest.book(bitcoin, 1)), 'request_failed: no answer within 150 ms');
  });

  it('may begin an answer and never end it', async () => {
    const url = await serve((_, response) => response.writeHead(200).write('{"retCode":'));
    const { rest } = open(url, { ...once, timeoutMs: 150 });
    assert.equal(failure(await rest.book(bitcoin, 1)), 'request_failed: no answer within 150 ms');
  });

  it('may answer without an end', async () => {
    const url = await serve((_, response) => response.end('x'.repeat(100_000)));
    const { rest } = open(url, { ...once, maxBodyBytes: 50_000 });
    assert.equal(
      failure(await rest.book(bitcoin, 1)),
      'request_failed: the answer is longer than 50000 bytes',
    );
  });

  it('may cut the connection', async () => {
    const { rest } = open(await serve((request) => request.destroy()), once);
    assert.match(failure(await rest.book(bitcoin, 1)), /^request_failed: /);
  });

  it('may be a login page', async () => {
    const { rest } = open(
      await serve((_, response) => response.end('<html>Welcome to the hotel</html>')),
      once,
    );
    assert.equal(
      failure(await rest.book(bitcoin, 1)),
      "answer_bad: the answer is not the exchange's: Welcome to the hotel",
    );
  });
});

it('a proxy is gone through, with its login; one that refuses is named', async () => {
  const exchange = await run();
  after(() => exchange.stop());
  const proxy = await startProxy(1);
  const { rest } = open(exchange.url, { tries: 1 }, `http://me:word@127.0.0.1:${proxy.port}`);
  assert.match(failure(await rest.book(bitcoin, 1)), /^request_failed: HTTP 407: the proxy wants/);
  value(await rest.book(bitcoin, 1));
  assert.deepEqual(proxy.connects.at(-1), { target: new URL(exchange.url).host, credentials: 'me:word' });
});
