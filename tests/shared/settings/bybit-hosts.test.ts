import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { publicSocketUrl, restBaseUrl } from '../../../connector/bybit/endpoints.ts';
import { environments } from '../../../shared/market.ts';
import { networkOfHost, networksFor, standardOrigins } from '../../../shared/settings/bybit-hosts.ts';

describe('networkOfHost', () => {
  for (const [host, network] of [
    ['stream.bybit.com', 'mainnet'],
    ['STREAM.BYBIT.COM.', 'mainnet'],
    ['api.bytick.com', 'mainnet'],
    ['stream.bybit.tr', 'mainnet'],
    ['api.bybit.eu', 'mainnet'],
    ['stream.manepa.jp', 'mainnet'],
    ['quote-saver.bycsi.com', 'mainnet'],
    ['public.bybit.com', 'mainnet'],
    ['stream-testnet.bybit.com', 'testnet'],
    ['api-testnet.manepa.jp', 'testnet'],
    ['testnet.bybit.com', 'testnet'],
    ['stream-demo.bybit.com', 'demo'],
    ['api-demo.bybit.com', 'demo'],
    ['bybit.com.example.org', undefined],
    ['notbybit.com', undefined],
    ['localhost', undefined],
    ['127.0.0.1', undefined],
  ] as const) {
    it(`${host} belongs to ${network ?? 'nobody we know'}`, () => assert.equal(networkOfHost(host), network));
  }
});

describe('standardOrigins', () => {
  it('are where the connector goes, and fit their own environment', () => {
    for (const environment of environments) {
      const { socket, rest } = standardOrigins[environment];
      assert.equal(publicSocketUrl(environment, 'linear'), `${socket}/v5/public/linear`);
      assert.equal(restBaseUrl(environment), rest);
      for (const [origin, purpose] of [
        [socket, 'public'],
        [rest, 'rest'],
      ] as const) {
        const network = networkOfHost(new URL(origin).hostname);
        if (network !== undefined)
          assert.ok(networksFor(environment, purpose).includes(network), `${environment} ${origin}`);
      }
    }
  });
});
