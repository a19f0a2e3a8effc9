import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listen } from '../../../runner/io/http-server.ts';
import { checkCurlAnswer, curlLines, curlLinesSkipReason, runCurlLine } from '../../helpers/curl-lines.ts';
import { openApi } from './open-api.ts';

const skip = await curlLinesSkipReason();

for (const line of curlLines) {
  test(`curl ${line.path} | jq '${line.filter}' works as the documents say`, { skip }, async (t) => {
    const { app } = await openApi(t);
    const listening = await listen(app, { host: '127.0.0.1', port: 0 });
    assert.ok(listening.ok);
    checkCurlAnswer(line, await runCurlLine(listening.value.url, line));
  });
}

test('the lines answer without the programs too', async (t) => {
  const { ask } = await openApi(t);
  for (const { path } of curlLines) assert.equal((await ask(path)).status, 200, path);
});

test('an error object does not pass for an answer', () => {
  const [health, trades] = curlLines;
  assert.ok(health !== undefined && trades !== undefined);
  assert.throws(() => checkCurlAnswer(health, { error: { code: 'bug', message: '' } }), /status/);
  assert.throws(() => checkCurlAnswer(trades, { error: { code: 'bug', message: '' } }), /wanted array/);
});
