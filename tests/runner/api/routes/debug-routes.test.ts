import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { dumpFileSchema, dumpSchema } from '../../../../runner/api/routes/debug-routes.ts';
import type { DumpedView } from '../../../../runner/api/views.ts';
import { unixMs } from '../../../../shared/time.ts';
import { START } from '../fake-ports.ts';
import { assertPayload, assertRefused, openApi } from '../open-api.ts';

const json = { 'content-type': 'application/json' };
const dumped: DumpedView = {
  reason: 'asked',
  at: unixMs(START),
  runner: '/data/dumps/a.jsonl',
  connector: '/data/dumps/b.jsonl.zst',
  problems: [],
};

test('a dump is written with its reason, or without one, and named without its folder', async (t) => {
  const { ask, world } = await openApi(t);
  const reasons: string[] = [];
  world.flight = {
    dump: async (reason) => {
      reasons.push(reason);
      return { ...dumped, reason };
    },
    list: () => [],
  };
  const answer = await ask('/debug/dump', {
    method: 'POST',
    headers: json,
    payload: '{"reason":" late fills "}',
  });
  assert.equal(answer.status, 200);
  const body = assertPayload(dumpSchema, answer.body);
  assert.deepEqual(body, {
    reason: 'late fills',
    time: '2024-06-03T12:00:00.000Z',
    runner: 'a.jsonl',
    connector: 'b.jsonl.zst',
    problems: [],
  });
  assert.equal((await ask('/debug/dump', { method: 'POST' })).status, 200);
  assert.deepEqual(reasons, ['late fills', 'asked']);
  for (const payload of [
    '{"reason":""}',
    '{"reason":5}',
    '{"why":"x"}',
    '[]',
    `{"reason":"${'x'.repeat(501)}"}`,
  ])
    assert.equal((await ask('/debug/dump', { method: 'POST', headers: json, payload })).status, 400, payload);
});

test('one half is enough; none is a 503 that says why', async (t) => {
  const { ask, world } = await openApi(t);
  let next: DumpedView = { ...dumped, connector: null, problems: ['no connector'] };
  world.flight = { dump: async () => next, list: () => [] };
  const half = await ask('/debug/dump', { method: 'POST' });
  assert.deepEqual(
    [half.status, Object(half.body).connector, Object(half.body).problems],
    [200, null, ['no connector']],
  );
  next = { ...next, runner: null, problems: ['no room', 'no connector'] };
  assertRefused(await ask('/debug/dump', { method: 'POST' }), 503, 'dump_failed', 'no room; no connector');
});

test('the list has names, times and sizes; switched off both say so; others need the token', async (t) => {
  const { ask, world } = await openApi(t);
  assertRefused(await ask('/debug/dump', { method: 'POST' }), 404, 'not_found', 'FLIGHT_RECORDER_MB');
  assertRefused(await ask('/debug/dumps'), 404, 'not_found', 'FLIGHT_RECORDER_MB');
  const file = { name: 'a.jsonl', program: 'runner', reason: 'asked', at: unixMs(START), bytes: 5 } as const;
  world.flight = { dump: async () => dumped, list: () => [file] };
  const list = assertPayload(z.array(dumpFileSchema), (await ask('/debug/dumps')).body);
  assert.deepEqual(list, [
    { name: 'a.jsonl', program: 'runner', reason: 'asked', time: '2024-06-03T12:00:00.000Z', bytes: 5 },
  ]);
  const foreign = await ask('/debug/dump', { method: 'POST', remoteAddress: '10.0.0.9' });
  assertRefused(foreign, 401, 'token_required', 'API_TOKEN');
});
