/** The supervisor over real misbehaving children: the state, the cause, the restarts, and that no process is left. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isGroupAlive } from '../../../runner/io/process-group.ts';
import { processesOf } from '../../helpers/processes.ts';
import { until } from '../../helpers/until.ts';
import { fixtureCommand, fixturePath, openWorld, type World, type WorldOptions } from './world.ts';

/** Starts, hands over, stops, and checks that nothing of any group is left. */
async function withWorld(
  command: readonly string[],
  options: WorldOptions,
  use: (world: World) => Promise<void>,
): Promise<void> {
  const world = openWorld(command, options);
  world.supervisor.start();
  try {
    await use(world);
  } finally {
    await world.supervisor.stop();
  }
  for (const pid of world.pids) assert.equal(await isGroupAlive(pid), false, `group ${pid} is still alive`);
  assert.equal(world.supervisor.report().process_alive, false);
}

/** Fixtures that go on living: what the report says once `when` holds. */
const slow = { backoff: { baseMs: 100, capMs: 100, floorMs: 50 } } as const;

describe('A connector that cannot be spawned', () => {
  const cases = [
    { name: 'because it does not exist', command: ['/no/such/connector'], message: /there is no program/ },
    {
      name: 'because its name is not on the PATH',
      command: ['no-such-connector'],
      message: /there is no program/,
    },
    {
      name: 'because it may not be executed',
      command: [fixturePath('not-executable.sh')],
      message: /no permission to execute/,
    },
    {
      name: 'because its interpreter is missing',
      command: [fixturePath('no-interpreter.sh')],
      message: /the interpreter that .* names in its first line is missing/,
    },
    { name: 'because its command is empty', command: [], message: /its command is empty/ },
    {
      name: 'because its folder is missing',
      command: ['node', '--version'],
      cwd: '/no/such/folder',
      message: /there is no folder \/no\/such\/folder/,
    },
    { name: 'because an argument is impossible', command: ['node', 'a\0b'], message: /cannot be started/ },
  ];
  for (const { name, command, cwd, message } of cases) {
    test(`${name} is a death with a plain message, tried again`, async () => {
      await withWorld(
        command,
        { ...(cwd === undefined ? {} : { cwd }) },
        async ({ supervisor, deaths, started }) => {
          await until('it was tried three times', () => deaths.length >= 3);
          const { last_exit, restarts, state, pid } = supervisor.report();
          assert.equal(last_exit?.cause, 'spawn_failed');
          assert.match(last_exit?.message ?? '', message);
          assert.ok(restarts >= 2 && pid === null && state !== 'ready', state);
          assert.equal(started.length, 0);
        },
      );
    });
  }
});

describe('A connector that ends', () => {
  test('at once, again and again, leads to cooling', async () => {
    await withWorld(fixtureCommand('dies-at-once.mjs'), {}, async ({ supervisor, deaths }) => {
      await until('it is cooling', () => supervisor.report().state === 'cooling');
      const report = supervisor.report();
      assert.deepEqual([deaths.length, report.restarts, report.deaths], [6, 5, { exit_1: 6 }]);
      assert.equal(report.last_exit?.code, 1);
    });
  });

  for (const code of [64, 77, 78]) {
    test(`with exit code ${code} is held and not tried again`, async () => {
      const command = fixtureCommand('exits-with.mjs', String(code));
      await withWorld(command, {}, async ({ supervisor }) => {
        await until('it is held', () => supervisor.report().state === 'held');
        const { last_exit, restarts, deaths } = supervisor.report();
        assert.deepEqual([last_exit?.code, restarts, deaths], [code, 0, { [`exit_${code}`]: 1 }]);
      });
    });
  }

  test('in the middle of a line: the half line is counted, never delivered', async () => {
    const lines: string[] = [];
    const command = fixtureCommand('half-line.mjs');
    await withWorld(command, { onLine: (line) => lines.push(line) }, async ({ supervisor, deaths }) => {
      await until('it died', () => deaths.length > 0);
      assert.equal(deaths[0]?.cause, 'signal_sigkill');
      assert.ok(supervisor.report().half_lines >= 1);
      assert.deepEqual(new Set(lines), new Set(['{"type":"status","status":"ready","connector":"fixture"}']));
    });
  });
});

describe('A descendant that left the group', () => {
  test('and keeps our pipe open does not hide the end of the connector', async () => {
    await withWorld(fixtureCommand('escapes.sh'), {}, async ({ deaths }) => {
      await until('the end was told', () => deaths.length > 0, 3_000);
      assert.equal(deaths[0]?.cause, 'exit_1');
    });
  });
});

describe('A connector that lives on but does not work', () => {
  test('because it never says ready is stopped and started again', async () => {
    const policy = { ...slow, readyWithinMs: 300 };
    await withWorld(fixtureCommand('never-ready.mjs'), { policy }, async ({ supervisor, deaths }) => {
      await until('it was given up', () => deaths.length > 0);
      assert.equal(deaths[0]?.cause, 'not_ready');
      await until('it is started again', () => supervisor.report().restarts >= 1);
    });
  });

  test('because it prints only garbage is never ready, and its lines are counted', async () => {
    const policy = { ...slow, readyWithinMs: 500 };
    await withWorld(fixtureCommand('garbage.mjs'), { policy }, async ({ supervisor, deaths }) => {
      await until('it was given up', () => deaths.length > 0);
      assert.deepEqual([deaths[0]?.cause, supervisor.report().ready], ['not_ready', false]);
      assert.ok(supervisor.report().lines > 0);
    });
  });

  test('because it falls silent is stopped for its silence', async () => {
    await withWorld(fixtureCommand('silent.mjs'), { policy: slow }, async ({ deaths }) => {
      await until('it was stopped', () => deaths.length > 0);
      assert.equal(deaths[0]?.cause, 'silent');
    });
  });

  test('because it closed its stdout is stopped for breaking the protocol', async () => {
    await withWorld(fixtureCommand('closes-stdout.mjs'), { policy: slow }, async ({ deaths }) => {
      await until('it was stopped', () => deaths.length > 0);
      assert.equal(deaths[0]?.cause, 'protocol');
    });
  });
});

describe('A connector that is merely rude', () => {
  const polite = [
    { file: 'well-behaved.mjs', what: 'not at all' },
    { file: 'foreign-minimal.sh', what: 'written in another language' },
    { file: 'null-lines.mjs', what: 'printing null' },
    { file: 'fills-stderr.mjs', what: 'filling stderr' },
    { file: 'deaf.mjs', what: 'not reading its stdin' },
    { file: 'floods.mjs', what: 'flooding stdout' },
  ];
  for (const { file, what } of polite) {
    test(`(${what}) stays ready and is the same child all the time`, async () => {
      await withWorld(fixtureCommand(file), {}, async ({ supervisor, lines }) => {
        await until('it is ready', () => supervisor.report().ready);
        const before = lines();
        await until('more lines came', () => lines() > before + 15);
        const { state, restarts, deaths, stalled } = supervisor.report();
        assert.deepEqual(
          { state, restarts, deaths, stalled },
          { state: 'ready', restarts: 0, deaths: {}, stalled: 0 },
        );
      });
    });
  }

  test('(10 MiB without a newline) stays ready; the line is discarded and counted', async () => {
    await withWorld(fixtureCommand('endless-line.mjs'), {}, async ({ supervisor, lines }) => {
      await until('it speaks again', () => lines() > 5);
      const { state, too_long, restarts } = supervisor.report();
      assert.deepEqual({ state, too_long, restarts }, { state: 'ready', too_long: 1, restarts: 0 });
    });
  });

  test('(ignoring SIGTERM) is killed when it is stopped', async () => {
    const world = openWorld(fixtureCommand('ignores-sigterm.mjs'));
    world.supervisor.start();
    await until('it is ready', () => world.supervisor.report().ready);
    await world.supervisor.stop();
    assert.deepEqual([world.ended[0]?.signal, world.ended[0]?.cause], ['SIGKILL', 'stopped']);
    for (const pid of world.pids) assert.equal(await isGroupAlive(pid), false);
  });

  test('(leaving a stubborn helper in its group) leaves nothing', async () => {
    // It was ready for longer than a child may be silent when the rest of its group is gone: the cause is still the kill.
    const policy = { ...slow, killAfterMs: 1_000, silentAfterMs: 800 };
    await withWorld(fixtureCommand('stubborn-group.sh'), { policy }, async ({ supervisor, deaths, pids }) => {
      await until('it is ready', () => supervisor.report().ready);
      process.kill(supervisor.report().pid ?? 0, 'SIGKILL');
      await until('its end was told', () => deaths.length > 0);
      const [pid] = pids;
      assert.ok(pid !== undefined);
      assert.deepEqual(processesOf(pid), [], 'told by /proc alone, not by our own code');
      assert.equal(deaths[0]?.cause, 'signal_sigkill');
    });
  });
});

test('A connector gets the environment of its spec and nothing of the runner', async () => {
  process.env['TOWLINE_OF_THE_RUNNER'] = 'not for children';
  const lines: string[] = [];
  const world = openWorld(['sh', '-c', 'env; sleep 100'], { onLine: (line) => lines.push(line) });
  world.supervisor.start();
  try {
    await until('it has told its environment', () => lines.some((line) => line.startsWith('PATH=')));
    await until('all of it', () => lines.some((line) => line.startsWith('TOWLINE_STOP_ON_EOF=')));
  } finally {
    delete process.env['TOWLINE_OF_THE_RUNNER'];
    await world.supervisor.stop();
  }
  assert.equal(
    lines.some((line) => line.includes('not for children')),
    false,
  );
});

describe('Commands', () => {
  test('reach a child that reads them, in order', async () => {
    const replies: string[] = [];
    const onLine = (line: string): void => {
      if (line.includes('"reply"')) replies.push(line);
    };
    await withWorld(fixtureCommand('well-behaved.mjs'), { onLine }, async ({ supervisor }) => {
      await until('it is ready', () => supervisor.report().ready);
      for (let id = 0; id < 500; id += 1)
        assert.equal(supervisor.send({ command: 'ping', id: `c${id}` }), true);
      await until('all were answered', () => replies.length === 500);
      const ids = replies.map((reply) => (JSON.parse(reply) as { readonly id: string }).id);
      assert.deepEqual(
        ids,
        ids.map((_, index) => `c${index}`),
      );
    });
  });

  test('to a child that does not read are refused past a megabyte, and counted', async () => {
    await withWorld(fixtureCommand('deaf.mjs'), {}, async ({ supervisor }) => {
      await until('it is ready', () => supervisor.report().ready);
      const command = { command: 'ping', id: 'x'.repeat(200) } as const;
      let accepted = 0;
      await until('one is refused', async () => {
        for (let count = 0; count < 500; count += 1) if (supervisor.send(command)) accepted += 1;
        return supervisor.report().commands_refused > 0;
      });
      const bytes = accepted * JSON.stringify(command).length;
      assert.ok(bytes > 1024 * 1024 && bytes < 2 * 1024 * 1024, `${bytes} bytes were accepted`);
      assert.equal(supervisor.report().state, 'ready');
    });
  });

  test('are taken again, and that is told once, when a child reads that had not', async () => {
    let readsAgain = 0;
    let answered = 0;
    const options = {
      onReadsAgain: () => {
        readsAgain += 1;
      },
      onLine: (line: string) => {
        if (line.includes('"reply"')) answered += 1;
      },
    };
    await withWorld(fixtureCommand('reads-late.mjs'), options, async ({ supervisor }) => {
      await until('it is ready', () => supervisor.report().ready);
      const command = { command: 'ping', id: 'x'.repeat(10_000) } as const;
      let accepted = 0;
      await until('one is refused', () => {
        while (supervisor.send(command)) accepted += 1;
        return supervisor.report().commands_refused > 0;
      });
      assert.equal(readsAgain, 0);
      process.kill(supervisor.report().pid ?? 0, 'SIGUSR2');
      await until('everything that was accepted was answered', () => answered === accepted);
      await until('it was told', () => readsAgain > 0);
      for (let count = 0; count < 50; count += 1) assert.equal(supervisor.send(command), true);
      await until('the next ones were answered', () => answered === accepted + 50);
      assert.equal(readsAgain, 1);
    });
  });

  test('that meet a broken pipe do no harm', async () => {
    await withWorld(fixtureCommand('exits-with.mjs', '1'), {}, async ({ supervisor, deaths }) => {
      await until('it died some times while being spoken to', () => {
        for (let count = 0; count < 50; count += 1) supervisor.send({ command: 'ping', id: 'x'.repeat(200) });
        return deaths.length >= 3;
      });
    });
  });
});

describe('Logs of a child', () => {
  test('pass unchanged when they are log lines, are text otherwise, and are limited', async () => {
    await withWorld(fixtureCommand('fills-stderr.mjs'), {}, async ({ supervisor, logs }) => {
      await until('it complained a lot', () => supervisor.report().stderr_bytes > 20_000_000);
      assert.ok(logs.includes('{"level":"warn","event":"complaint"}'));
      const texts = logs.filter((line) => line.includes('"text":"something is wrong"'));
      assert.ok(texts.length > 0 && texts.length <= 200, `${texts.length} texts`);
    });
  });
});

describe('One hundred kills in a row', () => {
  test('each is followed by a ready child; no orphan, no lost generation', async () => {
    const backoff = { baseMs: 1, capMs: 1, floorMs: 1 };
    // A busy machine may need seconds for one of a hundred starts: that would be another death.
    // ... and a second between the end of its output and its own.
    const policy = { deathsInWindow: 1_000, readyWithinMs: 15_000, killAfterMs: 10_000, backoff };
    await withWorld(fixtureCommand('foreign-minimal.sh'), { policy }, async (world) => {
      const { supervisor, pids, ended } = world;
      for (let kill = 1; kill <= 100; kill += 1) {
        await until(
          `child ${kill} is ready`,
          () => supervisor.report().ready && supervisor.report().generation === kill,
        );
        process.kill(supervisor.report().pid ?? 0, 'SIGKILL');
      }
      await until(
        'the last one is ready',
        () => supervisor.report().generation === 101 && supervisor.report().ready,
      );
      assert.deepEqual(
        ended.map(({ generation }) => generation),
        Array.from({ length: 100 }, (_, index) => index + 1),
      );
      assert.deepEqual([pids.size, supervisor.report().deaths], [101, { signal_sigkill: 100 }]);
      const alive = [];
      for (const pid of pids) if (await isGroupAlive(pid)) alive.push(pid);
      assert.deepEqual(alive, [supervisor.report().pid]);
    });
  });
});
