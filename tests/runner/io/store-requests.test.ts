import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreRequests } from '../../../runner/io/store-requests.ts';
import { ok } from '../../../shared/errors.ts';
import { batchOf, deathOf } from '../../helpers/deaths.ts';

describe('Requests to the store', () => {
  test('carry what was asked, each with a number of its own', () => {
    const requests = new StoreRequests();
    const first = requests.open('write', batchOf(deathOf('silent'))).request;
    const second = requests.open('death_tally', 'bybit').request;
    assert.deepEqual(first, { kind: 'write', id: first.id, input: batchOf(deathOf('silent')) });
    assert.deepEqual(second, { kind: 'death_tally', id: second.id, input: 'bybit' });
    assert.notEqual(first.id, second.id);
  });

  test('get their own answer, whatever the order', async () => {
    const requests = new StoreRequests();
    const one = requests.open('death_tally', 'one');
    const death = requests.open('write', batchOf(deathOf('silent')));
    const two = requests.open('death_tally', 'two');
    requests.answer({ id: two.request.id, result: ok({ silent: 2 }) });
    requests.answer({ id: one.request.id, result: ok({ silent: 1 }) });
    requests.answer({ id: death.request.id, result: { ok: false, failure: 'the disk is full' } });
    assert.deepEqual(await one.result, ok({ silent: 1 }));
    assert.deepEqual(await two.result, ok({ silent: 2 }));
    assert.deepEqual(await death.result, { ok: false, failure: 'the disk is full' });
  });

  test('wait until they are answered; an answer that nobody waits for changes nothing', () => {
    const requests = new StoreRequests();
    const { id } = requests.open('death_tally', 'bybit').request;
    requests.open('death_tally', 'other');
    assert.equal(requests.size, 2);
    requests.answer({ id, result: ok({}) });
    requests.answer({ id, result: ok({}) });
    requests.answer({ id: 99, result: ok({}) });
    assert.equal(requests.size, 1);
  });

  test('fail all when nobody will answer any more', async () => {
    const requests = new StoreRequests();
    const one = requests.open('death_tally', 'one').result;
    const two = requests.open('write', batchOf(deathOf('silent'))).result;
    requests.failAll('its thread ended');
    const failed = { ok: false, failure: 'its thread ended' };
    assert.deepEqual([await one, await two], [failed, failed]);
    assert.equal(requests.size, 0);
  });
});
