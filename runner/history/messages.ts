/** What the recorder and the thread that writes its files say to each other. */
import type { Result } from '../../shared/errors.ts';
import type { Environment, Instrument } from '../../shared/market.ts';
import type { RecordedInstrument } from '../../shared/recording-files.ts';
import type { Millis, UnixMs } from '../../shared/time.ts';
import type { Rows } from './journal-rows.ts';
import type { Claim } from './seen-spans.ts';

export type PlacedClaim = Claim & { readonly place: number };

/** What is kept: the oldest days leave first, today's never does. */
export type Keep = { readonly bytes: number; readonly ageMs: Millis; readonly now: UnixMs };

/**
 * Trades and claims of one flush. Claims hold once all rows of this batch and those before it are in the files. Batches are written in
 * their order.
 */
export type JournalBatch = {
  /** Counts from 1. */
  readonly number: number;
  /** The last batch whose outcome the recorder knew: claims may rest on no later one that failed. */
  readonly known: number;
  readonly environment: Environment;
  readonly instruments: readonly Instrument[];
  readonly rows: Rows;
  readonly claims: readonly PlacedClaim[];
  readonly keep: Keep | null;
  /** Asks for the sizes of all files as they are after this batch. */
  readonly isCut: boolean;
  /** The disk is made to confirm everything, however long that takes. */
  readonly isLast: boolean;
};

/** What came of a batch. */
export type JournalWritten = {
  /** Bytes added to files. */
  readonly bytes: number;
  /** Late trades that an earlier run had recorded already: not written again. */
  readonly doubles: number;
  /** Last lines without their end, left by a run that was killed, that were cut off. */
  readonly torn: number;
  /** Places whose rows are not all in the files, and places whose claims are not: these are claimed again. */
  readonly failed: readonly number[];
  readonly unclaimed: readonly number[];
  /** Why, in words; null when nothing failed. */
  readonly message: string | null;
  /** After a look at what is kept: bytes of all recordings, and whether they are more than may be kept although all old days are gone. */
  readonly kept: { readonly bytes: number; readonly removed: number; readonly isOver: boolean } | null;
  readonly positions: readonly JournalPosition[];
  /** Days of instruments of which the disk has not confirmed everything: each batch, also an empty one, confirms what is due. */
  readonly unconfirmed: number;
};

/** How far the files of one instrument and UTC day go, bytes. */
export type JournalPosition = RecordedInstrument & {
  readonly date: string;
  readonly tradesBytes: number;
  readonly spansBytes: number;
};

/**
 * One place in the order of dispatch: every trade that was told before it lies in the files up to these sizes, or in no span that the
 * files claim; no trade that was told after it does.
 */
export type JournalCut = { readonly positions: readonly JournalPosition[] };

/** Fails when the thread is gone: nothing of the batch is known to be written. */
export type WriteJournal = (batch: JournalBatch) => Promise<Result<JournalWritten, string>>;
