import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reach } from '../../../connector/rest/reach.ts';
import { type ErrorCode, fail, ok } from '../../../shared/errors.ts';

test('that nobody answers is told once, and so is that somebody does again', () => {
  const reach = new Reach();
  const say = (code?: ErrorCode) => reach.noted(code === undefined ? ok(1) : fail(code, 'words'))?.kind;
  assert.deepEqual(
    [say(), say('request_failed'), say('ip_banned'), say(), say(), say('region_blocked')],
    [undefined, 'lost', undefined, 'back', undefined, 'lost'],
  );
});

test('a wrong question and a busy endpoint say nothing of the way', () => {
  const reach = new Reach();
  for (const code of ['request_refused', 'rate_limited', 'requests_full'] as const)
    assert.equal(reach.noted(fail(code, 'words')), undefined);
});
