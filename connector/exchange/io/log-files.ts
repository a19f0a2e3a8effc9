/**
 * The logs on disk, written in batches: orders.jsonl, executions.jsonl and liquidations.jsonl.
 *
 * Lines gather in memory and go out once a turn. When 64 MiB wait for the disk the journal says that it is behind, and
 * the markets stand still until it has caught up. The first error of the disk is reported and stops the program: an
 * execution log with a hole would be worse than none.
 */
import type { WriteStream } from 'node:fs';
import { createWriteStream, mkdirSync } from 'node:fs';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import type { Instrument } from '../market/instruments.ts';
import type { Journal } from '../market/journal.ts';
import { executionLine, liquidationLine, orderLine } from '../market/journal.ts';
import type { Execution, MarketStep } from '../market/market.ts';
import type { Liquidation } from '../market/statistics.ts';

/** Bytes that may wait for the disk. */
const WAITING_MOST_BYTES = 64 * 1024 * 1024;

/** A file that is written line by line in batches. */
class LineFile {
  private readonly stream: WriteStream;
  private lines: string[] = [];

  constructor(file: string, onError: (error: Error) => void) {
    this.stream = createWriteStream(file);
    this.stream.on('error', onError);
  }

  add(line: string): void {
    this.lines.push(line);
  }

  flush(): void {
    if (this.lines.length === 0 || this.stream.destroyed) return;
    this.stream.write(`${this.lines.join('\n')}\n`);
    this.lines = [];
  }

  get waitingBytes(): number {
    return this.stream.writableLength;
  }

  /** Waits until all is on disk; after an error of the disk, which has been reported, there is nothing to wait for. */
  async close(): Promise<void> {
    if (this.stream.destroyed) return;
    this.flush();
    this.stream.end();
    await finished(this.stream).catch(() => undefined);
  }
}

/** The logs of a run; an earlier run's files in the same folder are replaced. */
export class LogFiles implements Journal {
  private readonly orders: LineFile;
  private readonly executions: LineFile;
  private readonly liquidations: LineFile;

  constructor(folder: string, onError: (error: Error) => void) {
    mkdirSync(folder, { recursive: true });
    this.orders = new LineFile(path.join(folder, 'orders.jsonl'), onError);
    this.executions = new LineFile(path.join(folder, 'executions.jsonl'), onError);
    this.liquidations = new LineFile(path.join(folder, 'liquidations.jsonl'), onError);
  }

  readonly order = (instrument: Instrument, step: MarketStep): void => {
    this.orders.add(orderLine(instrument, step));
  };

  readonly execution = (instrument: Instrument, execution: Execution): void => {
    this.executions.add(executionLine(instrument, execution));
  };

  readonly liquidation = (instrument: Instrument, liquidation: Liquidation): void => {
    this.liquidations.add(liquidationLine(instrument, liquidation));
  };

  readonly isBehind = (): boolean =>
    this.orders.waitingBytes + this.executions.waitingBytes > WAITING_MOST_BYTES;

  flush(): void {
    this.orders.flush();
    this.executions.flush();
    this.liquidations.flush();
  }

  async close(): Promise<void> {
    await Promise.all([this.orders.close(), this.executions.close(), this.liquidations.close()]);
  }
}
