import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childOf, isAlive, startProgram, startRunner } from '../../helpers/processes.ts';
import { until } from '../../helpers/until.ts';

/** Makes the process fail at a moment of its own, thrown or rejected. */
const sabotage = (failure: string) => ({
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(
    `process.on('SIGUSR2', () => { ${failure} })`,
  )}`,
});

for (const failure of [`throw new Error('boom')`, `Promise.reject(new Error('boom'))`]) {
  test(`a bug that nobody caught is told and ends a connector with 70: ${failure}`, async () => {
    const program = startProgram(
      ['connector/main.ts', 'stream', '--url', 'ws://127.0.0.1:9'],
      sabotage(failure),
    );
    await until('it streams', () => program.stderr.some((line) => line.includes('connector_started')));
    assert.equal(await program.stop('SIGUSR2'), 70);
    assert.ok(program.stderr.some((line) => line.includes('"event":"bug"') && line.includes('boom')));
  });
}

test('a bug that nobody caught is told and ends a runner with 70, and its child with it', async () => {
  const runner = await startRunner({
    CONNECTOR_PROFILE: 'simulated',
    BYBIT_WEBSOCKET_PUBLIC_URL: 'ws://127.0.0.1:9',
    ...sabotage(`if (process.argv[1].endsWith('runner/main.ts')) throw new Error('boom')`),
  });
  const pid = await until('a child is there', async () => (await childOf(runner)).pid);
  assert.equal(await runner.stop('SIGUSR2'), 70);
  await until('the child is gone', () => !isAlive(pid));
  assert.ok(runner.stderr.some((line) => line.includes('"event":"bug"') && line.includes('boom')));
});

test('a reader of the replies that goes away does not end a runner', async () => {
  const runner = await startRunner(
    { CONNECTOR_PROFILE: 'simulated', BYBIT_WEBSOCKET_PUBLIC_URL: 'ws://127.0.0.1:9' },
    ['--stdin'],
  );
  runner.child.stdout?.destroy();
  for (let id = 0; id < 3; id += 1) {
    runner.child.stdin?.write(`${JSON.stringify({ command: 'ping', id })}\n`);
    assert.equal(await runner.status('/metrics'), 200);
  }
  assert.equal(await runner.stop(), 0);
});
