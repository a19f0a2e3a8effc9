/** Each way in which a connector can be bad, seen through /ws/health of the whole runner: state, cause, restarts, nothing left. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { childOf, processesOf, type Runner, root, startRunner } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const fixtures = path.join(root, 'tests', 'fixtures', 'children');
type Child = Awaited<ReturnType<typeof childOf>>;
type Case = {
  readonly title: string;
  readonly command: string;
  /** True when the child is known for what it is. */
  readonly seen: (child: Child) => boolean;
  readonly cause?: RegExp;
  readonly health?: string;
};

const cases: readonly Case[] = [
  {
    title: 'cannot be spawned',
    command: '/nowhere/connector',
    seen: ({ restarts }) => restarts >= 2,
    cause: /cannot be started: there is no program/,
  },
  {
    title: 'may not be executed',
    command: path.join(fixtures, 'not-executable.sh'),
    seen: ({ restarts }) => restarts >= 1,
    cause: /permission/,
  },
  {
    title: 'dies at once',
    command: `node ${fixtures}/dies-at-once.mjs`,
    seen: ({ restarts }) => restarts >= 2,
    cause: /exit code/,
  },
  {
    title: 'dies too often',
    command: `node ${fixtures}/dies-at-once.mjs`,
    seen: ({ state }) => state === 'cooling',
    cause: /exit code/,
  },
  {
    title: 'never says ready',
    command: `node ${fixtures}/never-ready.mjs`,
    seen: ({ restarts }) => restarts >= 1,
    cause: /ready/,
  },
  {
    title: 'falls silent',
    command: `node ${fixtures}/silent.mjs`,
    seen: ({ restarts }) => restarts >= 1,
    cause: /nothing|silent/,
  },
  {
    title: 'prints garbage',
    command: `node ${fixtures}/garbage.mjs`,
    seen: ({ bad_lines }) => bad_lines >= 3,
  },
  {
    title: 'prints 10 MiB without a newline',
    command: `node ${fixtures}/endless-line.mjs`,
    seen: ({ bad_lines }) => bad_lines >= 1,
  },
  {
    title: 'prints null lines',
    command: `node ${fixtures}/null-lines.mjs`,
    seen: ({ bad_lines }) => bad_lines >= 1,
  },
  {
    title: 'dies in the middle of a line',
    command: `node ${fixtures}/half-line.mjs`,
    seen: ({ restarts, bad_lines }) => restarts >= 1 && bad_lines >= 1,
  },
  {
    title: 'fills stderr',
    command: `node ${fixtures}/fills-stderr.mjs`,
    seen: ({ state, process_alive }) => state === 'ready' && process_alive,
  },
  {
    title: 'stops reading stdin',
    command: `node ${fixtures}/deaf.mjs`,
    seen: ({ state, process_alive }) => state === 'ready' && process_alive,
  },
  {
    title: 'ignores SIGTERM',
    command: `node ${fixtures}/ignores-sigterm.mjs`,
    seen: ({ process_alive }) => process_alive,
  },
  { title: 'floods', command: `node ${fixtures}/floods.mjs`, seen: ({ lines }) => lines > 100_000 },
];

for (const code of [64, 77, 78]) {
  test(`a connector that exits with ${code} is held: no retry, the cause is shown, the API stays up`, async () => {
    const runner = await startRunner({
      CONNECTOR_COMMAND: `node ${fixtures}/exits-with.mjs ${code}`,
      TIME_SCALE: '0.05',
    });
    const child = await until('it is held', async () => {
      const now = await childOf(runner);
      return now.state === 'held' ? now : undefined;
    });
    assert.equal(child.last_exit?.exit_code, code);
    assert.equal(child.last_exit?.code, `exit_${code}`);
    assert.equal(child.restarts, 0);
    assert.equal(await runner.status('/health'), 503);
    assert.equal(await runner.stop(), 0);
  });
}

for (const { title, command, seen, cause } of cases) {
  test(`a connector that ${title}`, async () => {
    const runner = await startRunner({ CONNECTOR_COMMAND: command, TIME_SCALE: '0.05', LOG_LEVEL: 'info' });
    const child = await until(`it is seen that the connector ${title}`, async () => {
      const now = await childOf(runner);
      return seen(now) && (cause === undefined || cause.test(now.last_exit?.cause ?? '')) ? now : undefined;
    });
    assert.ok(['starting', 'ready', 'stopping', 'backoff', 'cooling'].includes(child.state), child.state);
    await stopsWithNothingLeft(runner);
  });
}

async function stopsWithNothingLeft(runner: Runner): Promise<void> {
  const before = processesOf(runner.pid);
  assert.equal(await runner.stop(), 0);
  await until(
    'nothing is left',
    () => before.every((pid) => processesOf(pid).length === 0) && processesOf(runner.pid).length === 0,
    6_000,
  );
}
