/** A program that fetches one file and prints what came of it; for tests that kill it. Arguments: URL, file. */
import { openArchives } from '../../../../connector/history/polite/io/archives.ts';
import { openDispatcher } from '../../../../connector/io/rest-http.ts';
import { historyPolicy } from '../../../../shared/history-policy.ts';
import { systemClock } from '../../../../shared/io/clock.ts';
import { scaledPolicy } from '../../../../shared/policy.ts';

const [url = '', file = ''] = process.argv.slice(2);
const { rest, archive } = historyPolicy();
const dispatcher = openDispatcher({ proxyUrl: undefined, connections: 1, timeoutMs: 2_000 });
const archives = openArchives(
  { ...scaledPolicy().rest, ...rest, ...archive },
  { clock: systemClock(2_000, () => undefined), random: Math.random, dispatcher },
);
process.stdout.write(`${JSON.stringify(await archives.download({ url, file }))}\n`);
await dispatcher.destroy();
