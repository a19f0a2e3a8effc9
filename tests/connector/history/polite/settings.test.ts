/** What the environment says to history, and what is refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { historySettings } from '../../../../connector/history/polite/settings.ts';
import { environments } from '../../../../shared/market.ts';

const read = (env: Readonly<Record<string, string>>, chosen?: (typeof environments)[number]) =>
  historySettings(env, chosen);
const problems = (env: Readonly<Record<string, string>>, chosen?: (typeof environments)[number]) =>
  read(env, chosen).problems;

it('nothing is needed: the standard is what the documents say', () => {
  const { settings, problems: none } = read({});
  assert.deepEqual(none, []);
  const { environment, restUrl, archiveUrl, key, cache, rest, policy } = settings;
  assert.deepEqual(
    { environment, restUrl, archiveUrl, key, cache },
    {
      environment: 'mainnet',
      restUrl: 'https://api.bybit.com',
      archiveUrl: 'https://public.bybit.com',
      key: undefined,
      cache: { isEnabled: true, folder: './data/history' },
    },
  );
  assert.deepEqual(
    [rest.tries, rest.backoff.baseMs, rest.timeoutMs, rest.requestsInWindow],
    [5, 500, 10_000, 80],
  );
  const { concurrencyKeyed, concurrencyPublic, delayMs, breaker } = policy.manners;
  assert.deepEqual([concurrencyKeyed, concurrencyPublic, delayMs], [8, 4, 50]);
  assert.deepEqual(breaker, { threshold: 3, cooldownMs: 60_000 });
});

it('each variable has its effect', () => {
  const { settings, problems: none } = read({
    BYBIT_API_TIMEOUT: '3',
    BYBIT_BACKFILL_MAX_RETRIES: '7',
    BYBIT_BACKFILL_RETRY_BASE: '20',
    BYBIT_BACKFILL_RATE_LIMIT_THRESHOLD: '2',
    BYBIT_BACKFILL_COOLDOWN_SECONDS: '90',
    BYBIT_BACKFILL_PUBLIC_DELAY_MS: '120',
    BYBIT_BACKFILL_MAX_CONCURRENT_CHUNKS: '3',
    BACKFILL_CACHE_ENABLED: 'no',
    BACKFILL_CACHE_DIR: ' /srv/past ',
    BYBIT_API_KEY: 'k',
    BYBIT_API_SECRET: 's',
  });
  assert.deepEqual(none, []);
  const { rest, policy, cache, key } = settings;
  assert.deepEqual(
    [rest.timeoutMs, rest.tries, rest.backoff.baseMs, rest.backoff.capMs],
    [3_000, 7, 20_000, 20_000],
  );
  const { concurrencyKeyed, concurrencyPublic, delayMs, breaker } = policy.manners;
  assert.deepEqual([concurrencyKeyed, concurrencyPublic, delayMs], [3, 3, 120]);
  assert.deepEqual(breaker, { threshold: 2, cooldownMs: 90_000 });
  assert.deepEqual(cache, { isEnabled: false, folder: '/srv/past' });
  assert.deepEqual(key, { key: 'k', secret: 's' });
});

it('tests shrink durations, but not what the exchange needs to publish a file', () => {
  const { policy, rest } = read({ TIME_SCALE: '0.1' }).settings;
  assert.deepEqual([policy.manners.delayMs, policy.manners.breaker.cooldownMs], [5, 6_000]);
  assert.equal(rest.backoff.baseMs, 50);
  assert.equal(policy.plan.publishedWithinMs, 3 * 86_400_000);
});

it('no retries means one try', () => {
  assert.equal(read({ BYBIT_BACKFILL_MAX_RETRIES: '0' }).settings.rest.tries, 1);
});

it('all problems are told at once, and no secret is shown', () => {
  const told = problems({
    BYBIT_BACKFILL_MAX_RETRIES: 'many',
    BYBIT_BACKFILL_COOLDOWN_SECONDS: '0',
    BACKFILL_CACHE_ENABLED: 'perhaps',
    BYBIT_REST_BASE_URL: 'ftp://x',
    HTTPS_PROXY: 'proxy:3128',
    BYBIT_API_KEY: 'hush hush',
    BYBIT_API_SECRET: 'secret',
  });
  assert.equal(told.length, 6, told.join('\n'));
  assert.doesNotMatch(told.join(), /hush|secret/);
  assert.deepEqual(problems({ BYBIT_API_KEY: 'k' }), [
    'BYBIT_API_KEY is set without BYBIT_API_SECRET: set both, or none',
  ]);
});

describe('the archive', () => {
  const url = (env: Readonly<Record<string, string>>, chosen?: (typeof environments)[number]) =>
    read(env, chosen).settings.archiveUrl;

  it('is the exchange of the mainnet for those that listen to it; testnet has none', () => {
    assert.deepEqual(
      environments.map((environment) => url({}, environment)),
      [
        'https://public.bybit.com',
        undefined,
        'https://public.bybit.com',
        'https://public.bybit.com',
        'http://127.0.0.1:8765',
      ],
    );
    assert.equal(url({ BYBIT_CONNECTOR_TESTNET: 'true' }), undefined);
  });

  it('is none where the sockets or REST are a stranger, whose market nobody knows, unless it is named', () => {
    const socket = { BYBIT_WEBSOCKET_PUBLIC_URL: 'ws://127.0.0.1:9/v5/public' };
    const rest = { BYBIT_REST_BASE_URL: 'http://127.0.0.1:9' };
    const named = { BYBIT_ARCHIVE_BASE_URL: 'http://127.0.0.1:9/files/' };
    assert.equal(url(socket), undefined);
    assert.equal(url(rest), undefined);
    assert.equal(url({ ...socket, ...named }), 'http://127.0.0.1:9/files');
    assert.equal(url(socket, 'simulated'), 'http://127.0.0.1:9');
  });

  it('of another network, or of one that has none, is refused', () => {
    const testnet = { BYBIT_ARCHIVE_BASE_URL: 'https://public-testnet.bybit.com' };
    assert.match(problems(testnet).join(), /is a host of Bybit's testnet, but the environment is mainnet/);
    assert.match(problems(testnet, 'testnet').join(), /testnet has no archive: remove it/);
    const mainnet = { BYBIT_ARCHIVE_BASE_URL: 'https://public.bybit.com' };
    assert.deepEqual(problems(mainnet, 'demo'), []);
    assert.match(problems(mainnet, 'simulated').join(), /needs no host of Bybit/);
  });
});
