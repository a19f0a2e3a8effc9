/** When the runner's flight recorder writes, what it tells the connector, and what it says of a half that is missing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { FlightDesk } from '../../../runner/flight/flight-desk.ts';
import { FlightLog } from '../../../runner/flight/flight-log.ts';
import type { Command } from '../../../shared/commands.ts';
import { fail, ok, type Result } from '../../../shared/errors.ts';
import type { TowlineEvent } from '../../../shared/events/event.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { unixMicros } from '../../../shared/time.ts';
import { deathOf } from '../../helpers/deaths.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

function world() {
  const clock = new VirtualClock();
  const files = new Map<string, string>();
  const asked: Command[] = [];
  const alarms = new Set<() => void>();
  const state = { takes: true, disk: ok(undefined) as Result<undefined> };
  const desk = new FlightDesk({
    clock,
    log: pino({ enabled: false }),
    policy: { ...scaledPolicy(1).flight, runnerEntries: 50 },
    pid: 7,
    write: async (name, lines) => {
      if (!state.disk.ok) return state.disk;
      files.set(name, lines.join(''));
      return ok({ file: `/data/dumps/${name}` });
    },
    censor: (text) => text.replaceAll('secret', '***'),
    ask: (command) => {
      asked.push(command);
      return state.takes;
    },
    alarm: (_ms, ring) => {
      alarms.add(ring);
      return () => alarms.delete(ring);
    },
  });
  const reply = (fields: object): void => {
    const command = asked.at(-1);
    const id = command === undefined ? '' : String(command.id);
    desk.heard({ type: 'reply', id, ok: true, ...fields });
  };
  return { clock, files, asked, alarms, state, desk, reply };
}

const files = ({ files }: ReturnType<typeof world>): readonly string[] =>
  [...files.keys()].map((name) => name.replace(/^.*_7-\d+_/, ''));
const silent = (id: string): TowlineEvent => ({
  type: 'gap',
  gap_id: id,
  state: 'open',
  channel: 'trades',
  category: 'linear',
  symbol: 'BTCUSDT',
  cause: 'data_silent',
  from: null,
  to: null,
  at: 1,
});

test('who asks gets both halves: the connector is told first', async () => {
  const all = world();
  const dumping = all.desk.dump('for the secret Mr X');
  assert.deepEqual(all.asked, [{ command: 'dump', reason: 'for the *** Mr X', id: 'dump-1' }]);
  all.reply({ data: { file: '/data/dumps/other' } });
  const { runner, connector, problems, reason } = await dumping;
  assert.match(runner ?? '', /_runner_7-1_for-the-mr-x\.jsonl$/);
  assert.deepEqual([connector, problems, reason], ['/data/dumps/other', [], 'for the *** Mr X']);
  assert.equal(all.alarms.size, 0);
});

test('a half that is missing is told, whatever keeps it', async () => {
  const all = world();
  all.state.takes = false;
  assert.deepEqual((await all.desk.dump('a')).problems, ['there is no connector that takes the command']);
  all.state.takes = true;
  const refused = all.desk.dump('b');
  all.reply({ ok: false, error: 'the disk has no room' });
  assert.deepEqual((await refused).problems, ['the disk has no room']);
  const mute = all.desk.dump('c');
  for (const ring of [...all.alarms]) ring();
  assert.deepEqual((await mute).problems, ['the connector did not answer within 10 s']);
  const died = all.desk.dump('d');
  all.desk.childEnded({ ...deathOf('stopped'), asked: true });
  assert.deepEqual((await died).problems, ['the connector ended before it answered']);
  all.state.disk = fail('dump_failed', 'no room');
  const nothing = all.desk.dump('e');
  all.reply({ ok: false });
  assert.deepEqual(await nothing.then(({ runner, connector }) => [runner, connector]), [null, null]);
});

test('faults write by themselves, at most one a minute; the others are remembered and counted', async () => {
  const all = world();
  all.state.takes = false;
  all.desk.heard(silent('g1'));
  all.desk.heard(silent('g2'));
  all.desk.fault('line_number_jump', { expected: 5, got: 7 });
  assert.equal(all.desk.budget.suppressed, 2);
  all.clock.advance(61_000);
  all.desk.childEnded(deathOf('exit_1'));
  await all.desk.settled();
  assert.deepEqual(files(all), ['data-silent.jsonl', 'child-exit-1.jsonl']);
  const lines = [...all.files.values()]
    .at(-1)
    ?.trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { t: string; reason?: string });
  const faults = lines?.filter(({ t }) => t === 'fault').map(({ reason }) => reason);
  assert.deepEqual(faults, ['data_silent', 'data_silent', 'line_number_jump', 'child_exit_1']);
});

test('health that turns bad is a fault, not the one at the start, and nothing is when we stop', async () => {
  const all = world();
  all.state.takes = false;
  const health = (status: 'Healthy' | 'Unhealthy' | 'Degraded') =>
    all.desk.health({ status, websocketConnected: true, checks: [] });
  health('Unhealthy');
  health('Healthy');
  assert.equal(all.files.size, 0);
  health('Unhealthy');
  health('Unhealthy');
  await all.desk.settled();
  assert.deepEqual(files(all), ['unhealthy.jsonl']);
  all.clock.advance(100_000);
  all.desk.stopping();
  health('Healthy');
  health('Unhealthy');
  all.desk.childEnded(deathOf('exit_1'));
  all.desk.beforeTermination();
  await all.desk.settled();
  assert.deepEqual([all.files.size, all.asked.filter(({ id }) => id === undefined)], [1, []]);
});

test('a child that is stopped for a fault is asked for its memory first; one that is told to end is no fault', async () => {
  const all = world();
  all.desk.beforeTermination();
  assert.deepEqual(all.asked, [{ command: 'dump', reason: 'terminated' }]);
  all.clock.advance(100_000);
  all.desk.childEnded({ ...deathOf('stopped'), asked: true });
  await all.desk.settled();
  assert.equal(all.files.size, 0);
});

test('the log is bounded, keeps no market data, and makes a line of anything', () => {
  const log = new FlightLog(3);
  for (let index = 0; index < 5; index += 1) log.note('changed', unixMicros(index), { index });
  assert.deepEqual(
    [...log.lines()].map((line) => Object(JSON.parse(line)).index as number),
    [2, 3, 4],
  );
  assert.deepEqual([log.length, log.forgotten], [3, 2]);
  log.note('command', unixMicros(9), { text: '"'.repeat(10_000) });
  for (const line of log.lines()) {
    assert.ok(line.length < 10_000);
    JSON.parse(line);
  }
  const all = world();
  const beat = {
    type: 'status',
    status: 'heartbeat',
    topics: [],
    sockets: [],
    queue_lines: 4,
  } as TowlineEvent;
  all.desk.heard(beat);
  all.desk.heard({ type: 'trade' } as TowlineEvent);
  all.desk.heard({ type: 'kline' } as TowlineEvent);
  const [line, ...more] = [...all.desk.log.lines()].map((text) => Object(JSON.parse(text)).event as object);
  assert.deepEqual([line, more], [{ type: 'status', status: 'heartbeat', queue_lines: 4 }, []]);
});
