/** Sabotages of what all programs share, and of the front door: lines, schemas, backoff, log, Node's version guard. */
import type { Mutant } from './mutant.ts';

const lines = 'tests/shared/io/lines.test.ts';
const decoder = 'tests/shared/line-decoder.test.ts';
const wire = 'tests/shared/wire.test.ts';

export const sharedMutants: readonly Mutant[] = [
  {
    name: 'strategy-gets-keys-back',
    promise: 'A strategy in the runner does not get the keys of .env back when it opens history.',
    file: 'runner/strategy/io/strategy-threads.ts',
    find: 'env: { ...env, [RUNNER_PID]: String(process.pid) },',
    replace: 'env: { ...env },',
    tests: ['tests/runner/strategy/io/strategy-threads.test.ts'],
  },
  {
    name: 'backtest-gets-keys-back',
    promise: 'Neither does the strategy of a backtest.',
    file: 'backtest/main.ts',
    find: ', [RUNNER_PID]: String(process.pid) }',
    replace: ' }',
    tests: ['tests/backtest/command.test.ts'],
  },
  {
    name: 'login-in-url-shown',
    promise: 'A message never shows the login in a URL, also not of one that is wrong because of it.',
    file: 'shared/settings/words.ts',
    find: "'$1[censored]@'",
    replace: "'$&'",
    tests: ['tests/shared/settings/words.test.ts'],
  },
  {
    name: 'wall-clock-taken-at-its-word',
    promise:
      'Receipts are right to some tens of microseconds, although the wall clock cuts off what is below a millisecond.',
    file: 'shared/wall-clock.ts',
    find: 'Math.min(Math.max(known, least), least + STEP_MS)',
    replace: 'least',
    tests: ['tests/shared/wall-clock.test.ts'],
  },
  {
    name: 'writer-ignores-back-pressure',
    promise:
      'When the stream asks to wait (`write() === false`) the writer says so, and lines are kept back.',
    file: 'shared/io/lines.ts',
    find: 'if (stream.writableLength > MOST_WAITING) blocked = true;',
    replace: '',
    tests: [lines],
  },
  {
    name: 'null-line-ends-the-commands',
    promise: 'A line `null` on stdin is counted, and the commands after it are read.',
    file: 'shared/io/lines.ts',
    find: "if (line.trim() === 'null') bad('null is not a command');",
    replace: "if (line.length < 0) bad('');",
    tests: [lines],
  },
  {
    name: 'line-limit-off',
    promise: 'A line without an end costs bounded memory.',
    file: 'shared/line-decoder.ts',
    find: 'if (this.#rest.length + tail.length > this.#maxLength) {',
    replace: 'if (tail.length < 0) {',
    tests: [decoder],
  },
  {
    name: 'half-line-not-counted',
    promise: 'What a child left without a newline is counted.',
    file: 'shared/line-decoder.ts',
    find: 'this.counts.halfLines += 1;',
    replace: '',
    tests: [decoder],
  },
  {
    name: 'levels-not-checked',
    promise: 'A book level that is no price and quantity never passes.',
    file: 'shared/events/market-events.ts',
    find: '  isLevels,',
    replace: '  (value) => isLevels(value) || true,',
    tests: [wire],
  },
  {
    name: 'ids-lose-digits',
    promise: 'A numeric id beyond 2^53 is refused, since it has already lost digits.',
    file: 'shared/wire.ts',
    find: "Number.isSafeInteger(patched['id'])",
    replace: "typeof patched['id'] === 'number'",
    tests: [wire],
  },
  {
    name: 'null-line-throws',
    promise: 'No line of a child can throw in the decoder, `null` included.',
    file: 'shared/wire.ts',
    find: "return typeof value === 'object' && value !== null && !Array.isArray(value);",
    replace: "return typeof value === 'object' && !Array.isArray(value);",
    tests: [wire],
  },
  {
    name: 'no-jitter',
    promise: 'Retries are spread over the whole wait, so that a herd of clients does not come back at once.',
    file: 'shared/backoff.ts',
    find: 'Math.round(random() * ceiling)',
    replace: 'Math.round(ceiling)',
    tests: ['tests/connector/session/session.test.ts', 'tests/runner/supervisor/supervisor.test.ts'],
  },
  {
    name: 'secrets-in-the-log',
    promise: 'The values of secrets are cut out of every log line.',
    file: 'shared/io/log.ts',
    find: 'hooks: { streamWrite: censor },',
    replace: '',
    tests: ['tests/shared/io/log.test.ts'],
  },
  {
    name: 'secret-fields-in-the-log',
    promise: 'Fields that hold signatures are censored by their names.',
    file: 'shared/io/log.ts',
    find: 'paths: secretFields.flatMap(',
    replace: 'paths: secretFields.slice(0, 2).flatMap(',
    tests: ['tests/shared/io/log.test.ts'],
  },
  {
    name: 'guard-keeps-signals-to-itself',
    promise: 'The guard that starts a newer Node passes SIGTERM on to it.',
    file: 'bin/towline.mjs',
    find: 'for (const signal of FORWARDED_SIGNALS) process.on(signal, () => child.kill(signal));',
    replace: 'for (const signal of FORWARDED_SIGNALS) process.on(signal, () => undefined);',
    tests: ['tests/bin/processes.test.ts'],
  },
];
