import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRunnerArguments } from '../../../runner/config/arguments.ts';

describe('parseRunnerArguments', () => {
  it('knows --settings, --stdin and --help', () => {
    assert.deepEqual(parseRunnerArguments([]), { ok: true, value: { stdin: false, help: false } });
    assert.deepEqual(parseRunnerArguments(['--settings', 'a.env', '--stdin']), {
      ok: true,
      value: { envFile: 'a.env', stdin: true, help: false },
    });
    assert.deepEqual(parseRunnerArguments(['--settings=a.env', '-h']), {
      ok: true,
      value: { envFile: 'a.env', stdin: false, help: true },
    });
  });

  it('lists everything that is wrong', () => {
    const result = parseRunnerArguments(['stream', '--port', '--stdin=yes', '--settings']);
    assert.ok(!result.ok);
    assert.equal(result.problems.length, 4);
    for (const part of ['"stream"', '--port', '--stdin', '--settings']) {
      assert.ok(
        result.problems.some((problem) => problem.includes(part)),
        part,
      );
    }
  });
});
