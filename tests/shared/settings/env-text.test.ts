import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseEnv } from 'node:util';
import { parseEnvText } from '../../../shared/settings/env-text.ts';

function parse(text: string) {
  const result = parseEnvText('.env', text, parseEnv);
  return result.problems.length === 0 ? result.values : result.problems.join('\n');
}

describe('parseEnvText', () => {
  it('reads assignments, comments, quotes and texts of several lines', () => {
    assert.deepEqual(parse('# head\nA=1\nexport B = two # tail\nC="x\ny"\n\nD=\r\nE=\'#no\'\n'), {
      A: '1',
      B: 'two',
      C: 'x\ny',
      D: '',
      E: '#no',
    });
  });

  it('tells lines that set nothing, names set twice and open quotes, with their lines', () => {
    assert.equal(parse('A=1\njust words\n'), '.env: line 2 is neither NAME=value nor a comment.');
    assert.equal(parse('A=1\nB=2\nA=3'), '.env: A is set twice (lines 1 and 3): keep one.');
    assert.equal(parse('A="x\nB=2'), '.env: a quote (") is not closed.');
  });

  it('reads on behind what is wrong, so that the rest is checked too', () => {
    const { values, problems } = parseEnvText('.env', 'A=1\njust words\nB=2', parseEnv);
    assert.deepEqual(values, { A: '1', B: '2' });
    assert.equal(problems.length, 1);
  });
});
