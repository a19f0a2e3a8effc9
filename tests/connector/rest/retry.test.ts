import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Blame, RestRequest } from '../../../connector/rest/request.ts';
import { type Attempted, nextTry } from '../../../connector/rest/retry.ts';
import { scaledPolicy } from '../../../shared/policy.ts';

const policy = scaledPolicy(1).rest;
const request: RestRequest = { endpoint: '/time', query: '', subject: 'trades' };
const outage: Blame = { kind: 'outage' };

function decide(said: Partial<Attempted>, random = 0.999): number | undefined {
  const attempted = { request, sent: 1, elapsedMs: 0, blame: outage, shutForMs: 0, ...said };
  return nextTry(attempted, policy, () => random);
}

test('what may pass is tried five times, from half a second on, doubled, with a jitter', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((sent) => decide({ sent })),
    [500, 999, 1_998, 3_996, undefined],
  );
  assert.deepEqual(
    [1, 2, 3, 4].map((sent) => decide({ sent }, 0)),
    [50, 50, 50, 50],
  );
});

test('a wrong question, a shut-out of the address and what was to be asked once are not tried again', () => {
  assert.equal(decide({ blame: { kind: 'request' } }), undefined);
  assert.equal(decide({ blame: { kind: 'address' } }), undefined);
  assert.equal(decide({ request: { ...request, once: true } }), undefined);
});

test('a shut endpoint is waited for, and what was not sent costs no try', () => {
  const blame: Blame = { kind: 'endpoint', waitMs: 900 };
  assert.equal(decide({ sent: 1, blame, shutForMs: 900 }), 1_400);
  assert.equal(decide({ sent: 0, blame, shutForMs: 900 }), 1_400);
});

test('nobody waits beyond the time after which an answer is worth nothing', () => {
  assert.equal(decide({ elapsedMs: 59_501 }), undefined);
  assert.equal(decide({ elapsedMs: 59_500 }), 500);
  assert.equal(decide({ blame: { kind: 'endpoint', waitMs: undefined }, shutForMs: 60_000 }), undefined);
});
