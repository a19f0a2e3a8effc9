/** What the recorder of trades needs, and what it counts. */
import type { HistoryPolicy } from '../../shared/history-policy.ts';
import type { Logger } from '../../shared/io/log.ts';
import type { ClockKind, Environment, Instrument } from '../../shared/market.ts';
import type { Clock } from '../../shared/time.ts';
import type { WriteJournal } from './messages.ts';
import type { Pause } from './recording-pause.ts';

export type RecorderOptions = {
  readonly policy: HistoryPolicy['recording'];
  /** What is kept of the files. */
  readonly keep: { readonly bytes: number; readonly ageMs: number };
  readonly clock: Pick<Clock, 'monoMs' | 'unixMs'>;
  readonly log: Logger;
  readonly write: WriteJournal;
  /** Are trades of this instrument recorded (RECORD_TRADES)? It may change. */
  readonly isWanted: (instrument: Instrument) => boolean;
  /** Why nothing may be written that can be spared; null while it may. */
  readonly diskFault: () => string | null;
  /** How much came in that could not be read or was refused unseen; it only grows. Any of it may have been a trade. */
  readonly unread: () => number;
  /** What the profile says of the child. */
  readonly expected?: {
    readonly environment?: Environment | undefined;
    readonly clock?: ClockKind | undefined;
  };
};

export type RecordingCounts = {
  /** Trades that are in the files. */
  readonly trades: number;
  readonly bytes: number;
  readonly instruments: number;
  /** Trades that wait for the disk. */
  readonly waiting: number;
  /** Trades that were not recorded, by cause. */
  readonly dropped: Readonly<Record<Pause | 'absurd_time', number>>;
  /** Late trades that were recorded before, and last lines that were cut off. */
  readonly doubles: number;
  readonly torn: number;
  /** Of all recordings at the last look; null before. */
  readonly keptBytes: number | null;
  readonly removed: number;
  /** Why nothing is recorded at present; null while it is. */
  readonly paused: Pause | null;
};
