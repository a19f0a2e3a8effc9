/** Imports one archive file into a cache and prints the report. Arguments: root, file. */
import { HistoryStore } from '../../../../connector/history/io/history-store.ts';
import { linearKey, madeAt } from './cache-world.ts';

const [root = '', file = ''] = process.argv.slice(2);
const store = new HistoryStore({ root, unixMs: () => madeAt });
const report = await store.importArchive({ key: linearKey, file, url: null, fetchedAt: madeAt });
process.stdout.write(`${JSON.stringify(report)}\n`);
await store.close();
