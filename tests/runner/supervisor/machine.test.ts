import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wakeAt } from '../../../runner/supervisor/deadlines.ts';
import { step } from '../../../runner/supervisor/machine.ts';
import {
  initialMachine,
  type SupervisorEvent,
  type SupervisorMachine,
  type SupervisorPolicy,
  type SupervisorStateKind,
  supervisorTable,
} from '../../../runner/supervisor/states.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { assertLegal } from '../../../shared/state-table.ts';
import { monoMs, type Random } from '../../../shared/time.ts';

/** Few deaths suffice, so that the walks come to `cooling` often. */
const policy: SupervisorPolicy = { ...scaledPolicy().supervisor, deathsInWindow: 2 };
const exits = [
  { code: 0, signal: null, spawnError: null },
  { code: 1, signal: null, spawnError: null },
  { code: 78, signal: null, spawnError: null },
  { code: null, signal: 'SIGKILL', spawnError: null },
  { code: null, signal: null, spawnError: 'no such program' },
] as const;

/** What the world may do next: a child speaks and ends only while there is one; time and the operator do as they like. */
function anyEvent(hasChild: boolean, now: number, random: Random): SupervisorEvent {
  const common: SupervisorEvent[] = [
    { kind: 'start' },
    { kind: 'stop' },
    { kind: 'restart', reason: 'the walk' },
    { kind: 'stalled' },
    { kind: 'tick' },
    { kind: 'tick' },
    { kind: 'tick' },
  ];
  const exit = pick(exits, random);
  const child: SupervisorEvent[] = [
    { kind: 'announced_ready' },
    { kind: 'announced_ready' },
    { kind: 'heard', at: monoMs(now) },
    { kind: 'output_ended' },
    { kind: 'refused', refusal: { cause: 'wrong_environment', message: 'the walk' } },
    { kind: 'fruitless', message: 'the walk' },
    { kind: 'tick', leaderGone: true },
    { kind: 'exited', exit, mayFinish: random() < 0.2 },
    { kind: 'exited', exit, mayFinish: false },
  ];
  return pick(hasChild ? [...common, ...child] : common, random);
}

test('1,000 random walks of 300 events stay inside the table, never have two children, and reach every state', () => {
  const reached = new Set<SupervisorStateKind>();
  const moves = new Set<string>();
  for (let seed = 1; seed <= 1_000; seed += 1) {
    try {
      walk(seed, reached, moves);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  assert.deepEqual([...reached].sort(), Object.keys(supervisorTable).sort());
  assert.deepEqual(movesNotSeen(moves), []);
});

function walk(seed: number, reached: Set<SupervisorStateKind>, moves: Set<string>): void {
  const random = mulberry32(seed);
  let machine: SupervisorMachine = initialMachine;
  let children = 0;
  let now = 0;
  for (let count = 0; count < 300; count += 1) {
    now += pick([0, 10, 600, 5_000, 20_000, 61_000], random);
    const event = anyEvent(children === 1, now, random);
    const before = machine.state.kind;
    if (event.kind === 'exited') children -= 1;
    const { next, effects } = step(machine, event, monoMs(now), policy, random);
    assertLegal(supervisorTable, before, event.kind, next.state.kind);
    moves.add(`${before} ${event.kind} ${next.state.kind}`);
    for (const effect of effects) {
      if (effect.kind === 'spawn') children += 1;
      if (effect.kind === 'terminate' || effect.kind === 'kill') assert.equal(children, 1);
    }
    assert.ok(children <= 1, 'two children');
    const lives = ['starting', 'ready', 'stopping'].includes(next.state.kind);
    assert.equal(children, lives ? 1 : 0, `${next.state.kind} with ${children} children`);
    assert.ok(next.health.deaths.length <= policy.deathsInWindow + 1, 'the memory of deaths is bounded');
    assertWakes(next);
    machine = next;
    reached.add(next.state.kind);
  }
}

/** A state that waits always has an end of its wait. */
function assertWakes({ state }: SupervisorMachine): void {
  const waits = wakeAt(state) !== undefined;
  const rests = state.kind === 'idle' || state.kind === 'held';
  const killed = state.kind === 'stopping' && state.killAt === null;
  assert.equal(waits, !rests && !killed, `${state.kind} wakes: ${waits}`);
}

/** Cells of the table that no walk used: either dead, or the walk is too tame. */
function movesNotSeen(moves: ReadonlySet<string>): readonly string[] {
  const missing: string[] = [];
  for (const [from, row] of Object.entries(supervisorTable)) {
    for (const [event, cell] of Object.entries<'ignore' | 'never' | readonly string[]>(row)) {
      if (cell === 'never') continue;
      for (const to of cell === 'ignore' ? [from] : cell)
        if (!moves.has(`${from} ${event} ${to}`)) missing.push(`${from} --${event}--> ${to}`);
    }
  }
  return missing;
}

test('a step is a function: the same arguments give the same answer, and the argument is not changed', () => {
  const frozen = JSON.stringify(initialMachine);
  const first = step(initialMachine, { kind: 'start' }, monoMs(5), policy, () => 0.5);
  const second = step(initialMachine, { kind: 'start' }, monoMs(5), policy, () => 0.5);
  assert.deepEqual(first, second);
  assert.equal(JSON.stringify(initialMachine), frozen);
});

test('an event that can never happen is a bug of ours and says which', () => {
  assert.throws(
    () => assertLegal(supervisorTable, 'idle', 'exited', 'idle'),
    /exited can never happen in state idle/,
  );
});

function pick<T>(choices: readonly T[], random: Random): T {
  const choice = choices[Math.floor(random() * choices.length)];
  if (choice === undefined) throw new Error('nothing to choose from');
  return choice;
}

/** A small seeded generator (Tommy Ettinger's mulberry32). */
function mulberry32(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
