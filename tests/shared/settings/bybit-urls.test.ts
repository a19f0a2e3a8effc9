import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Category, environments } from '../../../shared/market.ts';
import { networkOfHost, networksFor } from '../../../shared/settings/bybit-hosts.ts';
import { categoryAtEnd, publicSocketUrl, restBaseUrl } from '../../../shared/settings/bybit-urls.ts';

describe('the standard addresses', () => {
  it('are one socket for each network and category', () => {
    assert.equal(publicSocketUrl('mainnet', 'linear'), 'wss://stream.bybit.com/v5/public/linear');
    assert.equal(publicSocketUrl('mainnet', 'spot'), 'wss://stream.bybit.com/v5/public/spot');
    assert.equal(publicSocketUrl('testnet', 'inverse'), 'wss://stream-testnet.bybit.com/v5/public/inverse');
    assert.equal(
      publicSocketUrl('demo', 'linear'),
      'wss://stream.bybit.com/v5/public/linear',
      'demo has no public host of its own',
    );
    assert.equal(publicSocketUrl('simulated', 'spot'), 'ws://127.0.0.1:8765/v5/public/spot');
    assert.equal(restBaseUrl('testnet'), 'https://api-testnet.bybit.com');
    assert.equal(restBaseUrl('demo'), 'https://api-demo.bybit.com');
  });

  it('fit their own environment', () => {
    for (const environment of environments) {
      for (const [url, purpose] of [
        [publicSocketUrl(environment, 'linear'), 'public'],
        [restBaseUrl(environment), 'rest'],
      ] as const) {
        const network = networkOfHost(new URL(url).hostname);
        if (network !== undefined)
          assert.ok(networksFor(environment, purpose).includes(network), `${environment} ${url}`);
      }
    }
  });
});

describe('the public socket with an override', () => {
  for (const [publicUrl, category, expected] of [
    ['ws://h:9/v5/public/spot', 'spot', 'ws://h:9/v5/public/spot'],
    ['ws://h:9/v5/public/spot/', 'spot', 'ws://h:9/v5/public/spot/'],
    ['ws://h:9/v5/public/spot//', 'spot', 'ws://h:9/v5/public/spot//'],
    ['ws://h:9/v5/public/spot', 'linear', 'wss://stream.bybit.com/v5/public/linear'],
    ['ws://h:9/spot?key=1', 'spot', 'ws://h:9/spot?key=1'],
    ['ws://h:9/spot?key=1', 'linear', 'wss://stream.bybit.com/v5/public/linear'],
    ['ws://proxy:1/bybit/', 'linear', 'ws://proxy:1/bybit/linear'],
    ['ws://proxy:1', 'inverse', 'ws://proxy:1/inverse'],
    ['ws://proxy:1/x?key=/spot', 'linear', 'ws://proxy:1/x/linear?key=/spot'],
    ['ws://linear', 'linear', 'ws://linear/linear'],
    ['ws://h/nonlinear', 'linear', 'ws://h/nonlinear/linear'],
    ['', 'linear', 'wss://stream.bybit.com/v5/public/linear'],
  ] as const satisfies readonly (readonly [string, Category, string])[]) {
    it(`"${publicUrl}" leads ${category} to ${expected}`, () =>
      assert.equal(publicSocketUrl('mainnet', category, { publicUrl }), expected));
  }

  it('the one for spot wins there, and only there', () => {
    const overrides = { publicUrl: 'ws://proxy:1/x', spotUrl: 'ws://s:2/y' };
    assert.equal(publicSocketUrl('mainnet', 'spot', overrides), 'ws://s:2/y');
    assert.equal(publicSocketUrl('mainnet', 'linear', overrides), 'ws://proxy:1/x/linear');
  });

  it('is for the category that its path ends in', () => {
    assert.equal(categoryAtEnd(new URL('ws://h/v5/public/inverse/')), 'inverse');
    assert.equal(categoryAtEnd(new URL('ws://linear?x=/spot')), undefined);
  });
});

describe('the base of REST', () => {
  it('has no slash at its end, and empty is not set', () => {
    assert.equal(restBaseUrl('mainnet', 'http://127.0.0.1:1/'), 'http://127.0.0.1:1');
    assert.equal(restBaseUrl('mainnet', ''), 'https://api.bybit.com');
  });
});
