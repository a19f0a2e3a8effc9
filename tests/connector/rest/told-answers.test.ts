/** What the answer to the command `instruments` says about the rows that it could not read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tellInstruments } from '../../../connector/rest/told-answers.ts';
import { fail, ok } from '../../../shared/errors.ts';
import { unixMs } from '../../../shared/time.ts';
import { row } from '../../helpers/desk-world.ts';

async function told(bad: number) {
  const rows = [row('linear', 'AUSDT', undefined)];
  const answer = await tellInstruments(
    {
      instruments: async () => ok({ rows, bad, firstBad: bad > 0 ? 'BUSDT: tickSize is ""' : undefined }),
      turnovers: async () => fail('request_failed', 'away'),
    },
    'linear',
    () => unixMs(1),
  );
  assert.ok(answer.ok);
  return answer.value;
}

test('a list with unreadable rows says so in its reply, so that nobody takes it for the whole', async () => {
  const { data, events } = await told(2);
  assert.deepEqual(data, { count: 1, unreadable: 2 });
  assert.match(
    JSON.stringify(events[0]),
    /2 of the instruments could not be read and are missing: BUSDT: tickSize/,
  );
});

test('a whole list does not', async () => {
  assert.deepEqual((await told(0)).data, { count: 1 });
});
