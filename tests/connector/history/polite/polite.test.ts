/** History's whole way of asking, against the simulated exchange on loopback: key, candles, trades, files, refusals, and what is seen of it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openPolite, type Polite } from '../../../../connector/history/polite/io/polite.ts';
import { historySettings } from '../../../../connector/history/polite/settings.ts';
import { systemClock } from '../../../../shared/io/clock.ts';
import { unixMs } from '../../../../shared/time.ts';
import { until } from '../../../helpers/until.ts';
import { type Running, run } from '../../exchange/io/running.ts';

const clock = systemClock(2_000, () => undefined);
const folder = mkdtempSync(path.join(tmpdir(), 'towline-polite-'));
after(() => rmSync(folder, { recursive: true }));

const bitcoin = { category: 'linear', symbol: 'BTCUSDT' } as const;
const day = 86_400_000;
/** The exchange's clock is months away from ours. */
const born = Date.UTC(2026, 7, 1, 14, 3, 21);
const key = { BYBIT_API_KEY: 'towline', BYBIT_API_SECRET: 'rope' };
const exchangeKey = { key: 'towline', secret: 'rope' };

type Warning = { readonly event: string; readonly code: string; readonly message: string };

function open(
  restUrl: string,
  env: Readonly<Record<string, string>> = {},
): Polite & { readonly warnings: Warning[] } {
  const { settings, problems } = historySettings(
    { TIME_SCALE: '0.02', BYBIT_REST_BASE_URL: restUrl, ...env },
    'simulated',
  );
  assert.deepEqual(problems, []);
  const warnings: Warning[] = [];
  const warn = (fields: Omit<Warning, 'message'>, message: string): void => {
    warnings.push({ ...fields, message });
  };
  const polite = openPolite(settings, { clock, env: {}, warn });
  after(() => polite.close());
  return { ...polite, warnings };
}

let exchange: Running;
before(async () => {
  exchange = await run({
    seed: 'polite',
    historyTrades: 400,
    startAt: born,
    rate: 200,
    apiKey: exchangeKey,
  });
});
after(() => exchange.stop());

function value<T, F>(result: { ok: true; value: T } | { ok: false; failure: F }): T {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

describe('a key', () => {
  it('that is taken allows eight at a time, though our clock is months away', async () => {
    const polite = open(exchange.url, key);
    assert.deepEqual([polite.snapshot().access, polite.snapshot().key], ['public', 'unchecked']);
    const check = await polite.checkKey();
    assert.ok(check.kind === 'taken', JSON.stringify(check));
    assert.deepEqual([check.rights.readOnly, check.rights.canWithdraw, check.rights.ips], [true, false, []]);
    const { access, rest } = polite.snapshot();
    assert.deepEqual([access, rest.concurrency, rest.delay_ms], ['keyed', 8, 0]);
    assert.deepEqual(polite.warnings, []);
  });

  it('that is refused costs one warning, however much is asked, and everything goes on without it', async () => {
    const polite = open(exchange.url, { ...key, BYBIT_API_SECRET: 'robe' });
    const all = await Promise.all([
      ...Array.from({ length: 5 }, () => polite.rest.book(bitcoin, 1)),
      polite.recent(bitcoin),
    ]);
    assert.ok(all.every(({ ok }) => ok));
    assert.equal((await polite.checkKey()).kind, 'refused');
    const { access, key: state, rest } = polite.snapshot();
    assert.deepEqual([access, state, rest.concurrency], ['public', 'refused', 4]);
    assert.equal(polite.warnings.length, 1);
    assert.equal(polite.warnings[0]?.code, 'auth_rejected');
    assert.match(
      polite.warnings[0]?.message ?? '',
      /^the exchange refuses the key \(retCode 10004: error sign!/,
    );
    assert.doesNotMatch(JSON.stringify(polite.warnings), /rope|robe/);
  });

  it('that nobody could be asked about is not used either, and none is asked about where there is none', async () => {
    const polite = open('http://127.0.0.1:1', { ...key, BYBIT_BACKFILL_MAX_RETRIES: '1' });
    assert.equal((await polite.checkKey()).kind, 'unknown');
    assert.match(polite.warnings[0]?.message ?? '', /^the key could not be checked \(connect ECONNREFUSED/);
    const without = open(exchange.url);
    assert.deepEqual(await without.checkKey(), { kind: 'none' });
    assert.equal(without.snapshot().rest.sent, 0);
  });
});

describe('what the exchange still has', () => {
  it('candles of a whole day, without a hole', async () => {
    const from = unixMs(Math.floor(born / day) * day - day);
    const { rows, holes, bad } = value(
      await open(exchange.url).candles(bitcoin, { interval: '1', from, to: unixMs(from + day) }),
    );
    assert.deepEqual([rows.length, holes, bad], [1_440, [], 0]);
    assert.ok(rows.every(({ start, closed }, index) => start === from + index * 60_000 && closed));
  });

  it('its newest trades, and the time of which they are complete', async () => {
    const polite = open(exchange.url);
    /** What was executed while we looked; the list also has what was made up of the time before. */
    const lived = () => exchange.exchange.feed('linear', 'BTCUSDT')?.executions.newest(5_000) ?? [];
    const since = await until('something was executed', () => lived().at(-1)?.at);
    const { told, span } = await until('there are some', async () => {
      const tail = value(await polite.recent(bitcoin));
      const { from = 0, to = 0 } = tail.span ?? {};
      const isInside = (at: number) => at > since && at >= from && at < to;
      const inside = tail.rows.filter(({ timestamp: at }) => isInside(at));
      return inside.length > 20 && { told: inside, span: isInside };
    });
    assert.deepEqual(
      told.map(({ id }) => id),
      lived()
        .filter(({ at }) => span(at))
        .map(({ id }) => id),
    );
  });

  it('the file of a finished day, whole also when the line breaks; of today there is none yet', async () => {
    const polite = open(exchange.url);
    const file = path.join(folder, 'day.csv.gz');
    const date = '2026-07-30';
    const [url, today] = [polite.urlOfDay(bitcoin, date), polite.urlOfDay(bitcoin, '2026-08-01')];
    assert.equal(url, `${exchange.url}/trading/BTCUSDT/BTCUSDT2026-07-30.csv.gz`);
    assert.ok(today !== undefined);
    await exchange.post('/sim/faults', { kind: 'rest_truncated', calls: 2, cut: true, path: '/trading/' });
    const { bytes, sha256 } = value(await polite.fetchDay({ instrument: bitcoin, date, file }));
    const direct = Buffer.from(await (await fetch(url ?? '')).arrayBuffer());
    assert.ok(readFileSync(file).equals(direct));
    assert.deepEqual([bytes, sha256], [direct.length, createHash('sha256').update(direct).digest('hex')]);
    const missing = await polite.fetchDay({ instrument: bitcoin, date: '2026-08-01', file });
    assert.equal(missing.ok ? 'ok' : missing.failure.code, 'not_found');
    assert.ok(readFileSync(file).equals(direct), 'what is not replaced is left alone');
    assert.equal(polite.snapshot().archive.files, 1);
    assert.ok(polite.snapshot().archive.sent >= 3);
  });

  it('no file under the name of another market, and none where no archive is known', async () => {
    const wish = { instrument: { ...bitcoin, category: 'inverse' } as const, date: '2026-07-30', file: '' };
    const other = await open(exchange.url).fetchDay(wish);
    assert.match(other.ok ? '' : other.failure.message, /^BTCUSDT is no name of inverse/);
    const { settings } = historySettings({ BYBIT_WEBSOCKET_PUBLIC_URL: 'ws://127.0.0.1:9' }, 'mainnet');
    const polite = openPolite(settings, { clock, env: {}, warn: () => undefined });
    const none = await polite.fetchDay({ ...wish, instrument: bitcoin });
    assert.match(none.ok ? '' : none.failure.message, /name it in BYBIT_ARCHIVE_BASE_URL$/);
    const rest = await polite.recent(bitcoin);
    assert.match(rest.ok ? '' : rest.failure.message, /name it in BYBIT_REST_BASE_URL$/);
    await polite.close();
  });
});

describe('refusals', () => {
  it('are seen: the breaker, the factor, and how many are asked at a time', async () => {
    const polite = open(exchange.url, {
      BYBIT_BACKFILL_MAX_RETRIES: '1',
      BYBIT_BACKFILL_COOLDOWN_SECONDS: '25',
    });
    await exchange.post('/sim/faults', { kind: 'rate_limit', calls: 3, reset_ms: 20 });
    for (let count = 0; count < 3; count += 1) {
      const answer = await polite.rest.turnovers('linear');
      assert.equal(answer.ok ? '' : answer.failure.code, 'rate_limited');
    }
    const { rest } = polite.snapshot();
    assert.deepEqual([rest.sent, rest.failed, rest.refusals, rest.concurrency], [3, 3, 3, 1]);
    assert.ok(rest.throttle_factor > 3, String(rest.throttle_factor));
    const [breaker] = rest.breakers;
    assert.deepEqual([breaker?.endpoint, breaker?.state], ['/v5/market/tickers', 'open']);
    assert.ok((breaker?.until ?? 0) > Date.now());
    assert.equal((await polite.recent(bitcoin)).ok, true);
    // The next question waits by itself until the breaker lets it look.
    assert.equal((await polite.rest.turnovers('linear')).ok, true);
    assert.equal(polite.snapshot().rest.breakers[0]?.state, 'closed');
  });

  it('of the whole address stop files as well as questions, and say until when', async () => {
    const polite = open(exchange.url);
    await exchange.post('/sim/faults', { kind: 'ban', ms: 300 });
    assert.equal((await polite.recent(bitcoin)).ok, false);
    const file = path.join(folder, 'banned.csv.gz');
    const banned = await polite.fetchDay({ instrument: bitcoin, date: '2026-07-30', file });
    assert.match(banned.ok ? '' : banned.failure.message, /shut out; nothing is asked for another \d+ s$/);
    const { rest, archive } = polite.snapshot();
    assert.deepEqual([rest.sent, archive.sent], [1, 0]);
    for (const lane of [rest, archive]) {
      assert.match(lane.banned_because ?? '', /access too frequent/);
      // Ten and a half minutes, as the test scales them.
      const left = (lane.banned_until ?? 0) - Date.now();
      assert.ok(left > 10_000 && left <= 12_600, String(left));
    }
  });
});
