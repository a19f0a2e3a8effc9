import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { secretTexts } from '../../../shared/settings/secret-texts.ts';

describe('secretTexts', () => {
  it('takes the named values of every source, longest first, none twice', () => {
    assert.deepEqual(
      secretTexts(
        ['A', 'B', 'C'],
        { A: 'short', B: ' ', C: undefined },
        { A: 'short', B: 'longer-one', c: 'small letters', D: 'public' },
      ),
      ['small letters', 'longer-one', 'short'],
    );
  });

  it('knows the forms in which the password of a URL travels', () => {
    const texts = secretTexts(['HTTPS_PROXY'], { HTTPS_PROXY: 'http://me:p%40ss%2Fword@proxy:3128' });
    for (const form of [
      'http://me:p%40ss%2Fword@proxy:3128',
      'p%40ss%2Fword',
      'p@ss/word',
      btoa('me:p@ss/word'),
    ])
      assert.ok(texts.includes(form), form);
    assert.deepEqual(secretTexts(['U'], { U: 'http://proxy:3128' }), ['http://proxy:3128']);
    assert.ok(secretTexts(['U'], { U: 'http://me:100%@proxy:1' }).includes('100%'), 'no valid escape');
  });
});
