/** The codes that programs read: each end has one, each is in the schema of the API and explained in the documentation. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { connectorSchema } from '../../../runner/api/connector-payloads.ts';
import {
  type ChildExit,
  type DeathCause,
  judgeEnding,
  namedCauses,
  type StopCause,
} from '../../../runner/supervisor/deaths.ts';

const page = readFileSync(path.join(import.meta.dirname, '../../../docs/semantics.md'), 'utf8');
const shownCode = connectorSchema.shape.connector_health.shape.last_exit.unwrap().shape.code;

const exit = (how: Partial<ChildExit>): ChildExit => ({ code: null, signal: null, spawnError: null, ...how });
const stopped = (cause: StopCause) => ({ cause, message: 'stopped' });

const ends: readonly [DeathCause, ...Parameters<typeof judgeEnding>][] = [
  ['exit_0', exit({ code: 0 }), null, false],
  ['exit_1', exit({ code: 1 }), null, false],
  ['exit_78', exit({ code: 78 }), stopped('silent'), false],
  ['signal_sigkill', exit({ signal: 'SIGKILL' }), null, false],
  ['signal_sigsegv', exit({ signal: 'SIGSEGV' }), null, true],
  ['spawn_failed', exit({ spawnError: 'no such program' }), null, false],
  ['finished', exit({ code: 0 }), null, true],
  ['not_ready', exit({ signal: 'SIGTERM' }), stopped('not_ready'), false],
  ['silent', exit({ signal: 'SIGKILL' }), stopped('silent'), false],
  ['data_silent', exit({ code: 0 }), stopped('data_silent'), false],
  ['protocol', exit({ code: 0 }), stopped('protocol'), false],
  ['wrong_environment', exit({ code: 0 }), stopped('wrong_environment'), false],
  ['wrong_environment', exit({ code: 78 }), stopped('wrong_environment'), false],
  ['wrong_clock', exit({ signal: 'SIGTERM' }), stopped('wrong_clock'), true],
  ['wrong_protocol', exit({ signal: 'SIGKILL' }), stopped('wrong_protocol'), false],
  ['restarted', exit({ code: 0 }), stopped('restarted'), false],
  ['stopped', exit({ code: 78 }), stopped('stopped'), false],
];

for (const [code, how, stop, mayFinish] of ends) {
  test(`an end (${how.signal ?? how.code ?? how.spawnError}) has the code ${code}, which the API can tell`, () => {
    const ending = judgeEnding(how, stop, mayFinish);
    assert.equal(ending.cause, code);
    assert.equal(
      ending.permanent,
      ['exit_78', 'wrong_environment', 'wrong_clock', 'wrong_protocol'].includes(code),
    );
    assert.equal(shownCode.safeParse(code).success, true);
    assert.match(code, /^[a-z0-9_]+$/);
  });
}

test('each cause of one word occurs above and is explained in docs/semantics.md', () => {
  const seen = new Set<string>(ends.map(([code]) => code));
  for (const cause of namedCauses) {
    assert.ok(seen.has(cause), `${cause} is tried`);
    assert.ok(page.includes(`\n| \`${cause}\` | `), `${cause} has a row in the table of codes`);
  }
});

test('what is no code is not shown as one', () => {
  for (const word of ['', 'exit_', 'exit_x', 'killed', 'Silent'])
    assert.ok(!shownCode.safeParse(word).success);
});
