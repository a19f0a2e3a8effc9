/** A connector that stops reading its stdin for so long that commands are refused: what is wanted is told to it afterwards. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { childOf, root, startRunner } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

type Ready = { readonly ready: boolean; readonly missing: readonly string[] };

test('a subscription that was refused is missing in /ready, and comes when the connector reads again', async () => {
  const fixture = path.join(root, 'tests', 'fixtures', 'children', 'reads-late.mjs');
  const runner = await startRunner(
    { CONNECTOR_COMMAND: `node ${fixture}`, SYMBOLS: 'BTCUSDT', SUBSCRIPTIONS: 'trades' },
    ['--stdin'],
  );
  const tell = (command: string, symbol: string): void => {
    runner.child.stdin?.write(`${JSON.stringify({ command, channel: 'trades', symbol })}\n`);
  };
  const { pid } = await until('the connector is ready', async () => {
    const child = await childOf(runner);
    return child.state === 'ready' ? child : undefined;
  });
  // Everything that may wait for a connector is full after this; a word more is refused.
  await until(
    'commands are refused',
    async () => {
      for (let count = 0; count < 2_000; count += 1) tell('subscribe', 'ETHUSDT');
      const { counts } = await runner.get<{ counts: Record<string, number> }>('/metrics');
      return (counts['commands_refused'] ?? 0) > 0;
    },
    30_000,
  );
  tell('subscribe', 'SOLUSDT');
  const waiting = await until('the wish is known', async () => {
    const { missing } = await runner.get<Ready>('/ready');
    return missing.some((what) => what.includes('SOLUSDT')) ? missing : undefined;
  });
  assert.ok(waiting.includes('acknowledgement of trades:linear:SOLUSDT'), waiting.join('; '));

  process.kill(pid ?? 0, 'SIGUSR2');
  await until('everything is granted', async () => (await runner.get<Ready>('/ready')).ready);
  const after = await childOf(runner);
  assert.deepEqual([after.pid, after.restarts], [pid, 0], 'the same child');
  assert.equal(await runner.stop(), 0);
});
