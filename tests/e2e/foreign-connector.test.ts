/** A connector of ten lines in shell, that only ever says `connected` and trades, is a full citizen. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { root, startRunner, type WsHealth } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

test('a minimal foreign connector counts as ready, its trades are served, and its word fills the gaps of its lines', async () => {
  const runner = await startRunner({
    CONNECTOR_COMMAND: path.join(root, 'tests', 'fixtures', 'children', 'foreign-minimal.sh'),
    SYMBOL: 'BTCUSDT',
    SUBSCRIPTIONS: 'trades',
  });
  const trades = await until('trades are served', async () => {
    const rows = await runner.get<{ symbol: string; side: string; trade_id: string }[]>('/trades?limit=5');
    return rows.length > 0 ? rows : undefined;
  });
  assert.equal(trades[0]?.symbol, 'BTCUSDT');
  assert.match(trades[0]?.side ?? '', /^(Buy|Sell)$/);
  const { connector, trades: channel } = await runner.get<WsHealth>('/ws/health');
  assert.equal(connector.connector_health.state, 'ready');
  assert.equal(channel.connected, true);
  assert.equal(await runner.stop(), 0);
});
