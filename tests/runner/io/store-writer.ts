/** Writes gaps to the store of DATA_DIR without end and prints the id of each that it said was written: node store-writer.ts DATA_DIR */
import { pino } from 'pino';
import { openStore } from '../../../runner/io/store.ts';
import { unixMs } from '../../../shared/time.ts';
import { gap } from '../intake/events.ts';

const identity = { pid: process.pid, startedAt: unixMs(1_717_440_000_000), host: '127.0.0.1', port: 8_123 };
const opened = await openStore(process.argv[2] ?? '', identity, pino({ level: 'silent' }));
if (!opened.ok) throw new Error(opened.failure.message);
const nothing = { spans: [], places: [], deaths: [], aliveUntil: null, forgetBefore: null };
for (let count = 0; ; count += 1) {
  // Two a transaction: both are there, or none.
  const gaps = [`a${count}`, `b${count}`].map((gap_id) => ({
    run: 'n',
    gap: gap({ gap_id }),
    changedAt: unixMs(1_717_440_000_000),
  }));
  const written = await opened.value.write({ environment: 'mainnet', ...nothing, gaps });
  if (written.ok) process.stdout.write(`${count}\n`);
}
