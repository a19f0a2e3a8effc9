import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertLegal, type Matrix, toMarkdownTable, toMermaid } from '../../shared/state-table.ts';

const door: Matrix<'open' | 'shut', 'push' | 'pull' | 'knock'> = {
  open: { push: ['shut'], pull: 'never', knock: 'ignore' },
  shut: { push: ['shut'], pull: ['open', 'shut'], knock: ['open'] },
};

test('a move that the table lists is legal, and an ignored event leaves the state as it is', () => {
  assertLegal(door, 'open', 'push', 'shut');
  assertLegal(door, 'shut', 'pull', 'shut');
  assertLegal(door, 'open', 'knock', 'open');
});

test('any other move is a broken invariant that names state and event', () => {
  assert.throws(() => assertLegal(door, 'open', 'pull', 'shut'), /pull can never happen in state open/);
  assert.throws(
    () => assertLegal(door, 'open', 'knock', 'shut'),
    /knock may not lead from state open to state shut/,
  );
  assert.throws(
    () => assertLegal(door, 'shut', 'push', 'open'),
    /push may not lead from state shut to state open/,
  );
});

test('the diagram has one arrow for each pair of states, with all events that lead there', () => {
  assert.equal(toMermaid(door), 'stateDiagram-v2\n  open --> shut: push\n  shut --> open: pull, knock');
});

test('the table is printed whole', () => {
  assert.equal(
    toMarkdownTable(door),
    '| | push | pull | knock |\n|---|---|---|---|\n| **open** | shut |   | · |\n| **shut** | shut | open, shut | open |',
  );
});
