/** Every `curl ... | jq` line of the documents that the product comes from, against the whole runner. */
import { test } from 'node:test';
import { checkCurlAnswer, curlLines, curlLinesSkipReason, runCurlLine } from '../helpers/curl-lines.ts';
import { startExchange, startRunnerOn, untilReady } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

test('the curl lines work against a runner with live data', {
  skip: await curlLinesSkipReason(),
}, async () => {
  const exchange = await startExchange('--rate', '200', '--seed', 'curl-lines');
  const runner = await startRunnerOn(exchange);
  await untilReady(runner);
  await until(
    'some trades are there',
    async () => (await runner.get<unknown[]>('/trades?limit=10')).length === 10,
  );
  for (const line of curlLines) checkCurlAnswer(line, await runCurlLine(runner.api, line));
  await runner.stop();
  await exchange.stop();
});
