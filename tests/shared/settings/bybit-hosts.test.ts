import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { networkOfHost } from '../../../shared/settings/bybit-hosts.ts';

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
