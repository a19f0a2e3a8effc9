/** Each way in which a connector can be bad, seen through /ws/health of the whole runner: state, cause, restarts, nothing left. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { childOf, processesOf, type Runner, root, startRunner } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const fixtures = path.join(root, 'tests', 'fixtures', 'children');
type Child = Awaited<ReturnType<typeof childOf>>;

const fixture = (file: string): string => `node ${fixtures}/${file}`;
/** Durations that a bad child is given, in a fraction of the time. */
const quick = { TIME_SCALE: '0.05' };
/** The same for a child that has to say ready first: on a busy machine Node needs a second for that. */
const lessQuick = { TIME_SCALE: '0.15' };

/** Children that end, or are ended, again and again: after the second time they are tried slowly. */
const dying: readonly {
  readonly title: string;
  readonly command: string;
  /** The code of each end. */
  readonly code: string;
  readonly cause: RegExp;
  readonly exit: number | string | null;
  /** It must come to its own end before it is given up as not ready. */
  readonly endsItself?: boolean;
  readonly badLines?: number;
}[] = [
  {
    title: 'cannot be spawned',
    command: '/nowhere/connector',
    code: 'spawn_failed',
    cause: /cannot be started: there is no program \/nowhere\/connector/,
    exit: null,
  },
  {
    title: 'may not be executed',
    command: path.join(fixtures, 'not-executable.sh'),
    code: 'spawn_failed',
    cause: /cannot be started: no permission to execute .*not-executable\.sh/,
    exit: null,
  },
  {
    title: 'dies at once',
    command: fixture('dies-at-once.mjs'),
    code: 'exit_1',
    cause: /exit code 1/,
    exit: 1,
    endsItself: true,
  },
  {
    title: 'never says ready',
    command: fixture('never-ready.mjs'),
    code: 'not_ready',
    cause: /ready/,
    exit: 'SIGTERM',
  },
  {
    title: 'prints garbage',
    command: fixture('garbage.mjs'),
    code: 'not_ready',
    cause: /ready/,
    exit: 'SIGTERM',
  },
  {
    title: 'falls silent',
    command: fixture('silent.mjs'),
    code: 'silent',
    cause: /nothing|silent/,
    exit: 'SIGTERM',
    endsItself: true,
  },
  {
    title: 'closes its stdout',
    command: fixture('closes-stdout.mjs'),
    code: 'protocol',
    cause: /output|stdout/,
    exit: 'SIGTERM',
    endsItself: true,
  },
  {
    title: 'dies in the middle of a line',
    command: fixture('half-line.mjs'),
    code: 'signal_sigkill',
    cause: /killed by SIGKILL/,
    exit: 'SIGKILL',
    endsItself: true,
    badLines: 2,
  },
];

/** Children that are bad but do their work: they are left alone. */
const rude: readonly {
  readonly title: string;
  readonly command: string;
  /** True when it has done what it is here for. */
  readonly seen: (child: Child) => boolean;
  readonly badLines?: number;
  /** What the log says of its end. */
  readonly end?: RegExp;
}[] = [
  {
    title: 'prints 10 MiB without a newline',
    command: fixture('endless-line.mjs'),
    seen: ({ lines }) => lines >= 10,
    badLines: 1,
  },
  {
    title: 'prints null lines',
    command: fixture('null-lines.mjs'),
    seen: ({ bad_lines }) => bad_lines >= 30,
  },
  {
    title: 'fills stderr',
    command: fixture('fills-stderr.mjs'),
    seen: ({ lines }) => lines >= 10,
    badLines: 0,
  },
  {
    title: 'stops reading stdin',
    command: fixture('deaf.mjs'),
    seen: ({ lines }) => lines >= 10,
    badLines: 0,
  },
  {
    title: 'floods',
    command: fixture('floods.mjs'),
    seen: ({ lines }) => lines >= 20_000,
    badLines: 0,
  },
  {
    title: 'ignores SIGTERM',
    command: fixture('ignores-sigterm.mjs'),
    seen: ({ lines }) => lines >= 10,
    badLines: 0,
    end: /it did not stop when asked and was killed/,
  },
];

for (const code of [64, 77, 78]) {
  test(`a connector that exits with ${code} is held: no retry, the cause is shown, the API stays up`, async () => {
    const runner = await startRunner({
      CONNECTOR_COMMAND: fixture(`exits-with.mjs ${code}`),
      ...quick,
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

for (const { title, command, code, cause, exit, endsItself, badLines } of dying) {
  test(`a connector that ${title} is tried again, then slowly, and the cause is told`, async () => {
    const timeScale = endsItself ? lessQuick : quick;
    const runner = await startRunner({ CONNECTOR_COMMAND: command, CONNECTOR_MAX_DEATHS: '1', ...timeScale });
    const child = await untilCooling(runner);
    assert.deepEqual(
      { restarts: child.restarts, deaths: child.deaths, code: child.last_exit?.code, pid: child.pid },
      { restarts: 1, deaths: { [code]: 2 }, code, pid: null },
    );
    assert.match(child.last_exit?.cause ?? '', cause);
    assert.equal(child.last_exit?.signal ?? child.last_exit?.exit_code, exit);
    if (badLines !== undefined) assert.equal(child.bad_lines, badLines);
    await stopsWithNothingLeft(runner);
  });
}

test('a connector that dies more than five times in five minutes is tried slowly', async () => {
  const runner = await startRunner({ CONNECTOR_COMMAND: fixture('dies-at-once.mjs'), ...lessQuick });
  const { restarts, deaths, last_exit } = await untilCooling(runner);
  assert.deepEqual([restarts, deaths, last_exit?.code], [5, { exit_1: 6 }, 'exit_1']);
  await stopsWithNothingLeft(runner);
});

for (const { title, command, seen, badLines, end } of rude) {
  test(`a connector that ${title} stays the same child`, async () => {
    const runner = await startRunner({ CONNECTOR_COMMAND: command, TIME_SCALE: '0.5' });
    const child = await until(`it is seen that it ${title}`, async () => {
      const now = await childOf(runner);
      return seen(now) ? now : undefined;
    });
    const { state, restarts, deaths, last_exit, process_alive } = child;
    assert.deepEqual(
      { state, restarts, deaths, last_exit, process_alive },
      { state: 'ready', restarts: 0, deaths: {}, last_exit: null, process_alive: true },
    );
    if (badLines !== undefined) assert.equal(child.bad_lines, badLines);
    await stopsWithNothingLeft(runner);
    const told = runner.stderr.find((line) => line.includes('"event":"child_ended"'));
    assert.match(told ?? '', /"cause":"stopped"/);
    if (end !== undefined) assert.match(told ?? '', end);
  });
}

function untilCooling(runner: Runner): Promise<Child> {
  return until('it is cooling', async () => {
    const now = await childOf(runner);
    return now.state === 'cooling' ? now : undefined;
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
