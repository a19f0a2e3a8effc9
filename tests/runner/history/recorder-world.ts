/** A recorder with a list of gaps, a clock that the test moves, and real files in a folder of its own; it can be killed at any byte. */
import { existsSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { JournalFiles } from '../../../runner/history/io/journal-files.ts';
import type { JournalBatch, JournalWritten } from '../../../runner/history/messages.ts';
import { Recorder } from '../../../runner/history/recorder.ts';
import { GapBook } from '../../../runner/intake/gaps.ts';
import type { FormerRun } from '../../../runner/intake/gaps-types.ts';
import { TradeMemory } from '../../../runner/intake/trade-memory.ts';
import type { Result } from '../../../shared/errors.ts';
import type { TowlineEvent } from '../../../shared/events/event.ts';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import { historyPolicy } from '../../../shared/history-policy.ts';
import { bootId } from '../../../shared/io/boot-id.ts';
import type { Instrument, Topic } from '../../../shared/market.ts';
import {
  RECORDING_FOLDER,
  recordingFolder,
  spansFileOf,
  tradesFileOf,
} from '../../../shared/recording-files.ts';
import { type Recorded, readRecording } from '../../helpers/recordings.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';
import { bitcoin, trade } from '../intake/events.ts';

export const topic: Topic = { channel: 'trades', ...bitcoin };
const inSimulated = { environment: 'simulated', ...bitcoin } as const;

export type WorldOptions = {
  readonly maxWaiting?: number;
  readonly keep?: { readonly bytes: number; readonly ageMs: number };
  /** What the profile says. */
  readonly environment?: 'simulated' | undefined;
};

export class RecorderWorld {
  readonly clock = new VirtualClock();
  readonly folder = mkdtempSync(path.join(tmpdir(), 'towline-recorder-'));
  readonly batches: JournalBatch[] = [];
  readonly said: Record<string, unknown>[] = [];
  /** What becomes of a batch: written, held back until `release`, refused by the disk, or its thread is gone. */
  disk: 'works' | 'slow' | 'full' | 'gone' = 'works';
  diskFault: string | null = null;
  /** So much the disk has not confirmed, as is said. */
  left = 0;
  unread = 0;
  isWanted: (instrument: Instrument) => boolean = () => true;
  book = new GapBook('n0');
  recorder: Recorder;
  readonly #options: WorldOptions;
  /** As in the intake of the runner: what this run was told already does not pass. */
  #memory = new TradeMemory(10);
  #held: (() => void)[] = [];
  #runs = 0;
  #files = this.#newFiles();

  constructor(options: WorldOptions = { environment: 'simulated' }) {
    this.#options = options;
    this.book.follow(topic);
    this.recorder = this.#newRecorder();
  }

  get root(): string {
    return path.join(this.folder, RECORDING_FOLDER);
  }

  file(name: 'trades' | 'spans', date: string): string {
    const folder = recordingFolder(this.root, inSimulated);
    return path.join(folder, name === 'trades' ? tradesFileOf(date) : spansFileOf(date));
  }

  /** What a child tells of the topic. */
  tell(event: TowlineEvent, generation = 1): void {
    if (event.type === 'trade' && this.#memory.judge(event) !== 'new') return;
    const gap =
      event.type === 'gap' ? this.book.onGap(event, generation) : this.book.onEvent(event, generation);
    if (gap !== undefined) this.recorder.heard(gap, this.clock.unixMs());
    if (event.type !== 'gap') this.recorder.heard(event, this.clock.unixMs());
  }

  /** A live trade at this moment, or so many ms from it. */
  trade(id: string, more: Partial<TradeEvent> & { readonly at?: number } = {}): TradeEvent {
    const { at = 0, ...fields } = more;
    return trade({ timestamp: this.clock.unixMs() + at, id, ...fields });
  }

  async tick(ms = 500): Promise<void> {
    this.clock.advance(ms);
    this.recorder.tick(this.clock.monoMs());
    await settle();
  }

  /** What was held back is written now. */
  async release(): Promise<void> {
    for (const go of this.#held.splice(0)) go();
    await settle();
  }

  read(): Recorded {
    return readRecording(this.folder, inSimulated);
  }

  /**
   * kill -9 while what waits is being written: of the bytes that this adds to the files only so much (0 to 1) arrives, in the order of
   * writing. Another run begins, with what the ledger of gaps knows.
   */
  async kill(part: number, former: FormerRun | undefined): Promise<void> {
    const dates = [-1, 0].map((days) =>
      new Date(this.clock.unixMs() + days * 86_400_000).toISOString().slice(0, 10),
    );
    const files = [
      ...dates.map((date) => this.file('trades', date)),
      ...dates.map((date) => this.file('spans', date)),
    ];
    const size = (file: string): number => (existsSync(file) ? statSync(file).size : 0);
    const before = files.map(size);
    await this.tick();
    const added = files.map((file, index) => size(file) - (before[index] ?? 0));
    let left = Math.floor(part * added.reduce((sum, bytes) => sum + bytes, 0));
    for (const [index, file] of files.entries()) {
      const kept = Math.min(added[index] ?? 0, left);
      left -= kept;
      if (existsSync(file)) truncateSync(file, (before[index] ?? 0) + kept);
    }
    this.#runs += 1;
    this.#memory = new TradeMemory(10);
    this.#files = this.#newFiles();
    this.book = new GapBook(`n${this.#runs}`);
    this.book.follow(topic);
    this.recorder = this.#newRecorder();
    if (former === undefined) return;
    for (const gap of this.book.adopt(former)) this.recorder.heard(gap, this.clock.unixMs());
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #newFiles(): JournalFiles {
    return new JournalFiles(this.root, {
      boot: bootId(),
      run: `r${this.#runs}`,
      ...historyPolicy().recording,
    });
  }

  #newRecorder(): Recorder {
    const { maxWaiting, keep = { bytes: 1e12, ageMs: 1e12 } } = this.#options;
    const policy = historyPolicy(1).recording;
    const write = (text: string): void => void this.said.push(JSON.parse(text) as Record<string, unknown>);
    return new Recorder({
      policy: maxWaiting === undefined ? policy : { ...policy, maxWaiting },
      keep,
      clock: this.clock,
      log: pino({ base: null }, { write }),
      write: (batch) => this.#write(batch),
      isWanted: (instrument) => this.isWanted(instrument),
      diskFault: () => this.diskFault,
      unread: () => this.unread,
      expected: { environment: this.#options.environment },
    });
  }

  async #write(batch: JournalBatch): Promise<Result<JournalWritten, string>> {
    this.batches.push(batch);
    if (this.disk === 'gone') return { ok: false, failure: 'its thread ended' };
    if (this.disk === 'slow') await new Promise<void>((resolve) => this.#held.push(resolve));
    if (this.disk !== 'full') {
      const written = this.#files.write(batch);
      return { ok: true, value: { ...written, unconfirmed: this.left } };
    }
    const places = batch.instruments.map((_, place) => place);
    const none = { bytes: 0, doubles: 0, torn: 0, kept: null, positions: [], unconfirmed: 0 };
    return {
      ok: true,
      value: { ...none, failed: places, unclaimed: places, message: 'ENOSPC: no space left on device' },
    };
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
}
