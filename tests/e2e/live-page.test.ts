/** What the page is fed: a book that turns bad is told at once, also when no event of its own says so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childOf, startExchange, startRunnerOn, untilReady } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

test('when the child dies, the stream says that the book is not valid, and then that it is again', {
  timeout: 60_000,
}, async () => {
  const exchange = await startExchange('--rate', '100', '--seed', 'live-page');
  const runner = await startRunnerOn(exchange);
  await untilReady(runner);
  const stop = new AbortController();
  const response = await fetch(`${runner.api}/stream?symbol=BTCUSDT`, { signal: stop.signal });
  const verdicts: boolean[] = [];
  const reading = (async () => {
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const frames = text.split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1];
        const book =
          data === undefined ? undefined : (JSON.parse(data) as { book?: { valid: boolean } }).book;
        if (book !== undefined && verdicts.at(-1) !== book.valid) verdicts.push(book.valid);
      }
    }
  })().catch(() => undefined);
  await until('the book is told valid', () => verdicts.at(-1) === true);
  const { pid } = await childOf(runner);
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  await until('the book is told not valid', () => verdicts.at(-1) === false, 2_000);
  await until('the book is told valid again', () => verdicts.at(-1) === true);
  stop.abort();
  await reading;
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});
