/** `since` in /health is when a check changed, although nobody asked between the start of the runner and now. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { type Runner, root, startRunner, temporaryFolder } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

type Check = { readonly name: string; readonly ok: boolean; readonly since: string };

/** When the log had this event for the nth time, ms since 1970. */
function logged(runner: Runner, event: string, nth = 1): Promise<number> {
  return until(`the log has ${event}`, () => {
    const line = runner.stderr.filter((text) => text.includes(`"event":"${event}"`))[nth - 1];
    return line === undefined ? undefined : Date.parse((JSON.parse(line) as { time: string }).time);
  });
}

/** When the check changed, asked for the first time, and so long after `moment` that the answer cannot be "now". */
async function sinceOf(runner: Runner, name: string, moment: number): Promise<Check & { at: number }> {
  await until('some time has passed', () => Date.now() > moment + 2_500);
  const { checks } = await runner.get<{ checks: readonly Check[] }>('/health');
  const check = checks.find((one) => one.name === name);
  assert.ok(check);
  return { ...check, at: Date.parse(check.since) };
}

test('the death of a child that is back before anybody looks has moved the `since` of its check', async () => {
  const fixture = path.join(root, 'tests', 'fixtures', 'children', 'claims.mjs');
  const lives = path.join(temporaryFolder(), 'lives');
  const runner = await startRunner({ CONNECTOR_COMMAND: `node ${fixture} ${lives} {} {}` });
  const back = await logged(runner, 'connector_ready', 2);
  const { ok, at } = await sinceOf(runner, 'child', back);
  assert.equal(ok, true);
  assert.ok(
    Math.abs(at - back) <= 1_000,
    `ready again ${new Date(back).toISOString()}, since ${at - back} ms later`,
  );
  assert.equal(await runner.stop(), 0);
});

test('a fault of which no event tells has its `since` within about a second', async () => {
  const said = '{"type":"status","status":"connected"}';
  const runner = await startRunner({
    CONNECTOR_COMMAND: `/bin/sh -c "echo '${said.replaceAll('"', '\\"')}'; echo x; sleep 60"`,
  });
  const connected = await logged(runner, 'ws_connected');
  const { ok, at } = await sinceOf(runner, 'lines', connected);
  assert.equal(ok, false);
  assert.ok(at - connected <= 1_500, `${at - connected} ms after the bad line`);
  assert.equal(await runner.stop(), 0);
});
