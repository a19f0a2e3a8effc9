import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { commandWords } from '../../../runner/config/command-words.ts';

function words(line: string): readonly string[] | string {
  const result = commandWords(line);
  return result.ok ? result.value : result.failure.message;
}

describe('commandWords', () => {
  it('splits at blanks and joins quoted and bare pieces', () => {
    assert.deepEqual(words('  a  b\tc\n'), ['a', 'b', 'c']);
    assert.deepEqual(words(`a"b c"'d e'f`), ['ab cd ef']);
    assert.deepEqual(words(`x "" ''`), ['x', '', '']);
    assert.deepEqual(words(`x "\\"\\\\\\$\\n" '\\n' a\\ b`), ['x', '"\\$\\n', '\\n', 'a b']);
  });

  it('refuses what is not finished or empty', () => {
    for (const line of ['', '  ', '"a', "'a", 'a\\', '"" x'])
      assert.equal(typeof words(line), 'string', line);
  });

  it('expands nothing', () => {
    assert.deepEqual(words('$HOME ~ * $(id) `id` | ; > &'), [
      '$HOME',
      '~',
      '*',
      '$(id)',
      '`id`',
      '|',
      ';',
      '>',
      '&',
    ]);
  });

  it('agrees with a real shell on quotes and backslashes', () => {
    const letter = fc.constantFrom('a', 'b', ' ', '"', "'", '\\', '\\\\', '"', "'", 'c d');
    const lines = fc.sample(
      fc.array(letter, { maxLength: 12 }).map((letters) => `x ${letters.join('')}`),
      { numRuns: 200, seed: 7 },
    );
    const good = lines.filter((line) => commandWords(line).ok);
    assert.ok(good.length > 50);
    const script = good.map((line) => `printf '<%s>' ${line}; echo`).join('\n');
    const output = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trimEnd().split('\n');
    const ours = good.map((line) => (words(line) as readonly string[]).map((word) => `<${word}>`).join(''));
    assert.deepEqual(ours, output);
  });
});
