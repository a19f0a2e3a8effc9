/** Writes into a cache until it is killed: a recording that grows, and an archive that is replaced. Arguments: root, inputs, from. */
import path from 'node:path';
import { HistoryStore } from '../../../../connector/history/io/history-store.ts';
import { linearKey, madeAt } from './cache-world.ts';

const [root = '', inputs = '', from = '0'] = process.argv.slice(2);
const store = new HistoryStore({ root, unixMs: () => madeAt });
const key = linearKey;
process.stdout.write('ready\n');
for (let step = Number(from); ; step += 1) {
  const archived = await store.importArchive({
    key,
    file: path.join(inputs, step % 2 === 0 ? 'even.csv.gz' : 'odd.csv.gz'),
    url: null,
    fetchedAt: madeAt,
  });
  const grown = await store.appendLines({
    key: { ...key, symbol: 'ETHUSDT' },
    files: [path.join(inputs, `journal-${step}.jsonl`)],
    source: 'recording',
    spans: [],
    gaps: [],
    fetchedAt: madeAt,
  });
  for (const report of [archived, grown])
    if (!report.ok) {
      process.stdout.write(`${JSON.stringify(report)}\n`);
      process.exit(1);
    }
}
