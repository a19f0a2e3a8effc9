import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { startProgram, temporaryFolder } from '../../helpers/processes.ts';
import { until } from '../../helpers/until.ts';

type Line = Readonly<Record<string, unknown>>;

const connect = { t: 'connect', at: 1_750_000_000_000_000, category: 'linear', environment: 'simulated' };

function startReplay(env: Readonly<Record<string, string>>) {
  const file = path.join(temporaryFolder(), 'frames.jsonl');
  writeFileSync(file, `${JSON.stringify(connect)}\n`);
  const program = startProgram(['connector/main.ts', 'replay', '--file', file], env);
  return { ...program, lines: () => program.stdout.map((line) => JSON.parse(line) as Line) };
}

/** Under a runner it waits for commands, so it can be asked. */
const supervised = { TOWLINE_PARENT_PID: String(process.pid) };

test('each command with an id gets exactly one reply, a bad one too', async () => {
  const replay = startReplay(supervised);
  const bitcoin = { channel: 'trades', symbol: 'BTCUSDT' };
  for (const command of [
    { command: 'subscribe', channel: 'nope', id: 'q1' },
    { command: 'subscribe', ...bitcoin, depth: 50, id: 'q2' },
    { command: 'dance', id: 3 },
    { command: 'subscribe', ...bitcoin, id: 'q4' },
    { command: 'unsubscribe', ...bitcoin, id: 'q5' },
    { command: 'subscribe', channel: 'liquidation', category: 'spot', symbol: 'BTCUSDT' },
    { command: 'ping', id: 'q6' },
    { command: 'stats', id: 'q7' },
    { command: 'shutdown', id: 'q8' },
  ])
    replay.child.stdin?.write(`${JSON.stringify(command)}\n`);
  assert.equal(await replay.ended, 0);
  assert.deepEqual(
    replay
      .lines()
      .filter(({ type }) => type === 'reply')
      .map(({ id, ok, code, data }) => [id, ok, code ?? data]),
    [
      ['q1', false, 'bad_command'],
      ['q2', false, 'bad_command'],
      ['3', false, 'unknown_command'],
      ['q4', true, undefined],
      ['q5', true, undefined],
      ['q6', true, undefined],
      ['q7', true, { frames: 0, badFrames: 0, trades: 0, depth: 0 }],
      ['q8', true, undefined],
    ],
  );
  const told = replay.lines().filter(({ type, scope }) => type === 'error' || scope === 'topic');
  assert.deepEqual(
    told.map(({ status, code }) => status ?? code),
    ['subscribed', 'unsubscribed', 'bad_command'],
  );
  assert.partialDeepStrictEqual(replay.lines().at(-1), { status: 'stopping', reason: 'told to shut down' });
});

test('the last word says why it stops', async () => {
  const alone = startReplay({});
  assert.equal(await alone.ended, 0);
  assert.partialDeepStrictEqual(alone.lines().at(-1), {
    status: 'stopping',
    reason: 'the recording has ended',
  });
  const stopped = startReplay(supervised);
  await until('it is ready', () => stopped.lines().some(({ status }) => status === 'ready'));
  assert.equal(await stopped.stop(), 0);
  assert.partialDeepStrictEqual(stopped.lines().at(-1), { status: 'stopping', reason: 'SIGTERM' });
});

test('a wrong TIME_SCALE is refused before anything is written', async () => {
  const replay = startReplay({ TIME_SCALE: 'abc' });
  assert.equal(await replay.ended, 78);
  assert.deepEqual(replay.lines(), []);
  assert.match(replay.stderr.join('\n'), /TIME_SCALE="abc" .* a number from 0\.0001 to 10/);
});

test("a recording without a frame, as the runner's half of a dump is, is not passed over in silence", async () => {
  const replay = startReplay({});
  assert.equal(await replay.ended, 0);
  const [warning] = replay.stderr.filter((line) => line.includes('"event":"replay_empty"'));
  assert.match(warning ?? '', /replay the connector's half/);
});
