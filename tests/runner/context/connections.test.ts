/** Which of the sockets carry what, and how they are named. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Connection,
  Connections,
  carries,
  connectionName,
} from '../../../runner/context/connections.ts';

const first: Connection = { category: 'linear', socket: 0, state: 'connected', reason: null };
const second: Connection = { category: 'linear', socket: 1, state: 'disconnected', reason: 'reset' };
const spot: Connection = { category: 'spot', state: 'connected', reason: null };

test('a socket carries a topic that names it, or of which the sockets are not known', () => {
  assert.equal(carries(first, { category: 'linear', sockets: [0] }), true);
  assert.equal(carries(first, { category: 'linear', sockets: [1] }), false);
  assert.equal(carries(first, { category: 'linear', sockets: [0, 1] }), true, 'one of two is enough');
  assert.equal(carries(spot, { category: 'spot', sockets: [] }), true, 'of a child that numbers none');
  assert.equal(carries(second, { category: 'linear', sockets: [] }), true, 'it may be any while unknown');
});

test('a socket is named by its market, and by its number where it has one', () => {
  assert.equal(connectionName(second), 'linear socket 1');
  assert.equal(connectionName(spot), 'spot');
});

test('a topic is gone only when each socket that may carry it is, and the reason is told', () => {
  const connections = new Connections();
  connections.expect('linear');
  assert.equal(connections.whyGone({ category: 'linear', sockets: [] }), undefined, 'nothing is known yet');
  connections.told('linear', 0, 'disconnected', 'reset');
  connections.told('linear', 1, 'connected', null);
  assert.equal(connections.whyGone({ category: 'linear', sockets: [0] }), 'reset');
  assert.equal(connections.whyGone({ category: 'linear', sockets: [0, 1] }), undefined);
  assert.equal(connections.whyGone({ category: 'linear', sockets: [] }), undefined);
  connections.told(undefined, undefined, 'disconnected', 'all of them');
  assert.equal(connections.whyGone({ category: 'linear', sockets: [] }), 'all of them');
});
