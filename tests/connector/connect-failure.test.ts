import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainConnectFailure } from '../../connector/connect-failure.ts';

test('a name with several addresses that all refuse says so, although its error has no message', () => {
  const each = [new Error('connect ECONNREFUSED ::1:9'), new Error('connect ECONNREFUSED 127.0.0.1:9')];
  assert.equal(
    explainConnectFailure(new AggregateError(each)),
    'connect ECONNREFUSED ::1:9; connect ECONNREFUSED 127.0.0.1:9 (nobody listens there: check host and port)',
  );
});

test('what the system says stays in front, and a known cause gets a hint', () => {
  assert.match(
    explainConnectFailure(new Error('getaddrinfo ENOTFOUND x.y')),
    /^getaddrinfo ENOTFOUND x\.y \(.*DNS\)$/,
  );
  assert.match(
    explainConnectFailure(new Error('self-signed certificate in certificate chain')),
    /not trusted/,
  );
  assert.equal(explainConnectFailure(new Error('read ECONNRESET')), 'read ECONNRESET');
});
