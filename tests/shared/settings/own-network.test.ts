import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { networkOfSettings } from '../../../shared/settings/own-network.ts';

function told(env: Readonly<Record<string, string>>): readonly [string | undefined, string] {
  const problems: string[] = [];
  return [networkOfSettings(env, problems), problems.join('\n')];
}

describe('the network that the settings choose', () => {
  it('is that of the profile, of the flag, of the source, in this order', () => {
    assert.deepEqual(told({}), [undefined, '']);
    assert.deepEqual(told({ DATA_SOURCE: 'hft_connector' }), ['simulated', '']);
    assert.deepEqual(told({ DATA_SOURCE: 'hft_connector', BYBIT_CONNECTOR_TESTNET: 'yes' }), ['testnet', '']);
    assert.deepEqual(told({ BYBIT_CONNECTOR_TESTNET: 'false', CONNECTOR_PROFILE: ' ' }), [undefined, '']);
    assert.deepEqual(told({ CONNECTOR_PROFILE: 'Demo', BYBIT_CONNECTOR_TESTNET: '0' }), ['demo', '']);
    assert.deepEqual(told({ CONNECTOR_PROFILE: 'replay' }), [undefined, '']);
  });

  it('is not guessed where they contradict each other, or name none', () => {
    assert.match(told({ CONNECTOR_PROFILE: 'tesnet' })[1], /CONNECTOR_PROFILE="tesnet" is not allowed/);
    const flag = told({ CONNECTOR_PROFILE: 'mainnet', BYBIT_CONNECTOR_TESTNET: '1' });
    assert.match(flag[1], /CONNECTOR_PROFILE="mainnet", but BYBIT_CONNECTOR_TESTNET="1" says otherwise/);
    const source = told({ CONNECTOR_PROFILE: 'mainnet', DATA_SOURCE: 'hft_connector' });
    assert.match(source[1], /DATA_SOURCE="hft_connector" means the simulated exchange/);
  });
});
