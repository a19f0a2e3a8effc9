import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestBudget } from '../../../connector/rest/request-budget.ts';
import { monoMs } from '../../../shared/time.ts';

test('no stretch of the window holds more requests than allowed, and nobody waits without a cause', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.integer({ min: 0, max: 400 }), { size: 'max', maxLength: 200 }),
      (most, pauses) => {
        const budget = new RequestBudget(most, 1_000);
        const sent: number[] = [];
        let now = 0;
        for (const pause of pauses) {
          now += pause;
          const wait = budget.wait(monoMs(now));
          const inWindow = sent.filter((time) => time > now - 1_000).length;
          assert.equal(wait === 0, inWindow < most, `${inWindow} of ${most} at ${now}`);
          now += wait;
          assert.equal(budget.wait(monoMs(now)), 0, 'after the wait it may go');
          budget.take(monoMs(now));
          sent.push(now);
        }
        for (const time of sent)
          assert.ok(sent.filter((other) => other >= time && other < time + 1_000).length <= most);
      },
    ),
  );
});
