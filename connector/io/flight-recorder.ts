/**
 * The flight recorder of this process in the real world: memory, disk, and the faults that write it out.
 *
 * Under a runner the runner decides when to write, since it hears more faults than we know of; alone we do it ourselves, where a folder was named for it. A bug
 * writes in both cases, on the way out.
 */
import { dumpFileName } from '../../shared/dump-files.ts';
import { DumpBudget, faultOf } from '../../shared/dump-triggers.ts';
import { exitCodes, fail, type Result } from '../../shared/errors.ts';
import { pruneDumps, type WrittenDump, writeDumpFile, writeDumpFileNow } from '../../shared/io/dump-file.ts';
import { FreeDisk } from '../../shared/io/free-disk.ts';
import type { Logger } from '../../shared/io/log.ts';
import type { Environment } from '../../shared/market.ts';
import type { Policy } from '../../shared/policy.ts';
import { secretCensor } from '../../shared/settings/secret-texts.ts';
import type { Clock } from '../../shared/time.ts';
import { FlightRecorder } from '../flight/recorder.ts';
import { type Flight, type FlightTap, toldNote } from '../flight/tap.ts';
import { packChunk, packedDump, packedDumpNow } from './flight-dump.ts';

export type OpenFlightOptions = {
  /** Of memory, in all. */
  readonly maxBytes: number;
  /** Where dumps go. */
  readonly folder: string;
  readonly minFreeBytes: number;
  readonly environment: Environment;
  /** Texts that must not be written anywhere. */
  readonly secrets: readonly string[];
  /** No runner says when to write: faults that we tell do. */
  readonly writesFaults: boolean;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly log: Logger;
};

export type OpenFlight = Flight & {
  /** Waits until what is being written is written. */
  readonly close: () => Promise<void>;
};

/** From now on what passes is remembered; a bug that ends the process writes it out. */
export function openFlight(options: OpenFlightOptions): OpenFlight {
  const dumper = new Dumper(options);
  const { clock, policy, writesFaults } = options;
  const budget = new DumpBudget(policy.flight.faults);
  const writeLastWords = (code: number): void => {
    if (code === exitCodes.bug) dumper.dumpNow('bug');
  };
  process.on('exit', writeLastWords);
  return {
    frame: (kind, at, category, socket, text) => dumper.recorder.add(kind, at, category, socket, text),
    note: dumper.note,
    told: (at, event) => {
      const note = toldNote(event);
      if (note !== undefined) dumper.note('told', at, { event: note });
      const fault = writesFaults ? faultOf(event) : undefined;
      if (fault !== undefined && budget.take(clock.monoMs())) void dumper.dump(fault);
    },
    dump: (reason) => dumper.dump(reason),
    stats: () => {
      const { records, bytes, seconds } = dumper.recorder.counts();
      return { flight_records: records, flight_bytes: bytes, flight_seconds: seconds };
    },
    close: async () => {
      process.off('exit', writeLastWords);
      await dumper.settled;
    },
  };
}

class Dumper {
  readonly recorder: FlightRecorder;
  readonly #options: OpenFlightOptions;
  readonly #censor: (text: string) => string;
  readonly #disk: FreeDisk;
  #number = 0;
  #isWriting = false;
  /** Of the dump that is being written. */
  settled: Promise<unknown> = Promise.resolve();

  constructor(options: OpenFlightOptions) {
    this.#options = options;
    const { maxBytes, policy, secrets, folder, minFreeBytes: minBytes, clock } = options;
    const chunkBytes = Math.min(policy.flight.chunkBytes, maxBytes / 8);
    this.recorder = new FlightRecorder({ maxBytes, chunkBytes, pack: packChunk });
    this.#censor = secretCensor(secrets);
    const everyMs = policy.diskLookEveryMs;
    this.#disk = new FreeDisk({ folder, minBytes, everyMs, monoMs: clock.monoMs });
  }

  /** Secrets are taken out here already: they shall not be in this memory either. */
  readonly note: FlightTap['note'] = (t, at, fields) => {
    const { maxNoteLength } = this.#options.policy.flight;
    const line = this.#censor(JSON.stringify({ t, at, ...fields }));
    const cut = line.slice(0, maxNoteLength);
    this.recorder.note(at, cut.length === line.length ? line : JSON.stringify({ t, at, cut }));
  };

  /** One at a time: whoever comes meanwhile hears so. */
  async dump(reason: string): Promise<Result<WrittenDump>> {
    if (this.#isWriting) return fail('dump_failed', 'another dump is being written; ask again in a moment');
    this.#isWriting = true;
    const writing = this.#write(reason).then((written) => {
      this.#isWriting = false;
      this.#log(written, reason);
      return written;
    });
    this.settled = writing;
    return writing;
  }

  /** On the way out of a process that has a bug: blocks, tells nobody but the log. */
  dumpNow(reason: string): void {
    const { folder, policy, log, clock } = this.#options;
    try {
      this.#disk.lookNow();
      const fault = this.#disk.fault();
      if (fault !== null) return this.#log(fail('dump_failed', fault), reason);
      const head = this.#head(reason);
      const content = packedDumpNow(head, this.recorder.kept(), this.#censor, policy.flight.lastWordsBytes);
      this.#log(writeDumpFileNow(folder, this.#nextName(reason), content), reason);
      pruneDumps(folder, policy.retention.dumps, clock.unixMs());
    } catch (error) {
      log.error({ event: 'dump_failed', err: error, reason }, 'the last words could not be written');
    }
  }

  async #write(reason: string): Promise<Result<WrittenDump>> {
    const { folder, clock, policy } = this.#options;
    // What is remembered at this moment, not after the disk has answered.
    const chunks = this.recorder.kept();
    const head = this.#head(reason);
    await this.#disk.look();
    const fault = this.#disk.fault();
    if (fault !== null) return fail('dump_failed', fault);
    const written = await writeDumpFile(
      folder,
      this.#nextName(reason),
      packedDump(head, chunks, this.#censor),
    );
    pruneDumps(folder, policy.retention.dumps, clock.unixMs());
    return written;
  }

  #head(reason: string): string {
    const { clock, environment } = this.#options;
    const t = 'dump';
    return JSON.stringify({
      t,
      at: clock.unixMicros(),
      environment,
      reason,
      pid: process.pid,
      ...this.#reach(),
    });
  }

  #reach() {
    const { records, seconds } = this.recorder.counts();
    return { records, seconds };
  }

  #nextName(reason: string): string {
    this.#number += 1;
    const at = this.#options.clock.unixMs();
    return dumpFileName('connector', {
      at,
      pid: process.pid,
      number: this.#number,
      reason: this.#censor(reason),
    });
  }

  #log(written: Result<WrittenDump>, reason: string): void {
    const { log } = this.#options;
    if (written.ok)
      log.info({ event: 'dump_written', reason, ...written.value }, 'the flight recorder was written out');
    else log.warn({ event: 'dump_failed', reason }, written.failure.message);
  }
}
