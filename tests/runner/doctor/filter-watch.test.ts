/** The doctor says how many symbols each filter fits, or why that is not known. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TopicWatch } from '../../../runner/doctor/topic-watch.ts';
import { readSymbols } from '../../../shared/settings/topics.ts';
import { row } from '../../helpers/desk-world.ts';

const findings = { problems: [] as string[], warnings: [] as string[] };
const { filters } = readSymbols([{ name: 'SYMBOLS', text: 'USDT,linear:BRL,spot:*' }], 'linear', findings);
const ready = { type: 'status', status: 'ready' } as const;

test('filters are asked of the connector, and the trial waits for their answers', () => {
  const watch = new TopicWatch([], undefined, filters);
  const asked = watch.heard(ready, 5);
  assert.deepEqual(
    asked.map((command) => [command.command, 'category' in command && command.category]),
    [
      ['instruments', 'linear'],
      ['instruments', 'spot'],
    ],
  );
  watch.heard(row('linear', 'AUSDT', 1), 6);
  watch.heard(row('linear', 'BUSDT', 1), 6);
  watch.heard({ type: 'reply', id: String(asked[0]?.id), ok: true }, 7);
  assert.ok(!watch.isComplete);
  const texts = (): string =>
    watch
      .findings(undefined, 1_000)
      .map((finding) => JSON.stringify(finding))
      .join('\n');
  assert.match(texts(), /spot:\*.*did not come in time/);
  watch.heard({ type: 'reply', id: String(asked[1]?.id), ok: false, error: 'no REST' }, 8);
  assert.ok(watch.isComplete);
  assert.match(texts(), /linear:USDT.*2 symbols fit/);
  assert.match(texts(), /linear:BRL.*nothing that is traded fits it.*Correct SYMBOLS/);
  assert.match(texts(), /spot:\*.*was refused: no REST/);
});
