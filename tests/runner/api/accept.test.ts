import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseFormat } from '../../../runner/api/accept.ts';

const cases = [
  [undefined, 'json'],
  ['*/*', 'json'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 'json'],
  ['text/plain', 'prometheus'],
  ['TEXT/PLAIN; version=0.0.4', 'prometheus'],
  ['application/json, text/plain, */*', 'json'],
  ['text/plain;q=0.5, application/json;q=0.4', 'prometheus'],
  [
    'application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    'openmetrics',
  ],
  ['text/plain;q=0', 'json'],
  ['text/plain;q=x', 'json'],
  ['constructor, __proto__;;;,', 'json'],
] as const;

for (const [accept, format] of cases) {
  test(`Accept ${accept ?? '(none)'} gets ${format}`, () => {
    assert.equal(chooseFormat(accept), format);
  });
}
