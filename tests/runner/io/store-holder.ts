/** Opens the store of DATA_DIR, does what it is told, prints one line of JSON, and stays: node store-holder.ts DATA_DIR [DEATHS] */
import { pino } from 'pino';
import { openStore } from '../../../runner/io/store.ts';
import { unixMs } from '../../../shared/time.ts';
import { batchOf, deathOf } from '../../helpers/deaths.ts';

const identity = { pid: process.pid, startedAt: unixMs(1_717_440_000_000), host: '127.0.0.1', port: 8_123 };
const opened = await openStore(process.argv[2] ?? '', identity, pino({ level: 'silent' }));
if (opened.ok) {
  const store = opened.value;
  for (let count = 0; count < Number(process.argv[3] ?? 0); count += 1)
    void store.write(batchOf(deathOf('exit_1', count)));
  const tally = await store.deathTally('bybit');
  process.stdout.write(`${JSON.stringify({ tally, failures: store.failures() })}\n`);
  setInterval(() => {}, 1_000);
} else {
  process.stdout.write(`${JSON.stringify(opened.failure)}\n`);
}
