import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainUpgradeRefusal } from '../../../connector/bybit/upgrade-refusal.ts';

test('the kinds of 403 are told apart', () => {
  assert.equal(explainUpgradeRefusal(403, 'access too frequent').code, 'ip_banned');
  assert.equal(
    explainUpgradeRefusal(
      403,
      '<html>The Amazon CloudFront distribution is configured to block access from your country.</html>',
    ).code,
    'region_blocked',
  );
  assert.equal(explainUpgradeRefusal(403, '').code, 'connect_refused');
  assert.equal(explainUpgradeRefusal(429, '').code, 'rate_limited');
  assert.match(explainUpgradeRefusal(404, '').reason, /check the URL/);
});
