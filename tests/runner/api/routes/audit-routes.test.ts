import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditSchema } from '../../../../runner/api/audit-payloads.ts';
import { unixMs } from '../../../../shared/time.ts';
import { fakeWorld, START } from '../fake-ports.ts';
import { assertPayload, openApi } from '../open-api.ts';

const topic = { channel: 'depth', category: 'linear', symbol: 'BTCUSDT', depth: 50 } as const;

test('/audit tells the verdicts, and each wrong book with both sides of it', async (t) => {
  const { ask, world } = await openApi(t);
  assert.deepEqual(assertPayload(auditSchema, (await ask('/audit')).body), {
    running: true,
    reason: null,
    counts: fakeWorld().audit.counts,
    last: null,
    last_failure: null,
    mismatches: [],
  });
  const difference = { side: 'bid', price: 100, ours: null, theirs: 2 } as const;
  world.audit = {
    off: 'it does not know the command',
    counts: { equal: 3, different: 1, unjoined: 2, failed: 1 },
    last: { topic, at: unixMs(START), verdict: 'different' },
    lastFailure: 'no answer',
    samples: [
      {
        ...{ at: unixMs(START), topic, proof: 'same_seq', seq: 7, lastUpdateId: 9, differing: 1 },
        differences: [difference],
        ours: { bids: [], asks: [[101, 1]] },
        theirs: { bids: [[100, 2]], asks: [[101, 1]] },
      },
    ],
  };
  const time = '2024-06-03T12:00:00.000Z';
  assert.deepEqual(assertPayload(auditSchema, (await ask('/audit')).body), {
    running: false,
    reason: 'it does not know the command',
    counts: { equal: 3, different: 1, unjoined: 2, failed: 1 },
    last: { topic: 'depth.50:linear:BTCUSDT', time, verdict: 'different' },
    last_failure: 'no answer',
    mismatches: [
      {
        ...{ time, topic: 'depth.50:linear:BTCUSDT', proof: 'same_seq', seq: 7, last_update_id: 9 },
        ...{ differing: 1, differences: [difference] },
        ours: { bids: [], asks: [[101, 1]] },
        theirs: { bids: [[100, 2]], asks: [[101, 1]] },
      },
    ],
  });
});
