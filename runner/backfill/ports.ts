/** What the backfill needs of the runner, and what it tells. */
import type { Result } from '../../shared/errors.ts';
import type { PoliteReport } from '../../shared/events/history-events.ts';
import type { HistoryPolicy } from '../../shared/history-policy.ts';
import type { HistoryRequest } from '../../shared/history-request.ts';
import type { Logger } from '../../shared/io/log.ts';
import type { Instrument } from '../../shared/market.ts';
import type { Span } from '../../shared/spans.ts';
import type { Clock, Random } from '../../shared/time.ts';
import type { InstrumentDays } from '../context/day/instrument-days.ts';
import type { Moment } from '../context/moment.ts';
import type { JournalCut } from '../history/messages.ts';

/** A history child that was asked. `onEnd` comes once, last. */
export type HistoryChild = {
  /** Asks it to end; it is killed when it does not. */
  readonly stop: () => void;
};

export type HistoryChildHandlers = {
  /** A line of its stdout. */
  readonly onLine: (line: string) => void;
  /** Null: it answered all that there is (docs/history.md, exit codes); else why not, in words. */
  readonly onEnd: (failure: string | null) => void;
};

/** What of trades is known to be missing, by instrument (`instrumentKey`). */
export type OpenGaps = {
  /** Open, with both ends; the ends are in the spans. */
  readonly ended: ReadonlyMap<string, readonly Span[]>;
  /** Has one that has no end. */
  readonly endless: ReadonlySet<string>;
};

export type BackfillPorts = {
  readonly policy: HistoryPolicy['backfill'];
  /** Stored days that are older are removed; undefined: all are kept. */
  readonly keptDays?: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Why no history is fetched at all, in words; null while it may be. It may become known late whose data come. */
  readonly refusal: () => string | null;
  /** Why nothing may be written that can be spared, in words; null while it may. */
  readonly diskFault: () => string | null;
  /** Those whose history is wanted and whose trades are listened to, the most important first. */
  readonly instruments: () => readonly Instrument[];
  readonly moment: () => Moment;
  /** Of an instrument whose trades are listened to. */
  readonly days: (instrument: Instrument) => InstrumentDays | undefined;
  /** The exchange's, or (`isKnown` false) the one of the settings while that has not said it. */
  readonly tickSize: (instrument: Instrument) => { readonly text: string; readonly isKnown: boolean };
  /** Of trades. */
  readonly gaps: () => OpenGaps;
  /** Every trade of these spans is in the archive of this machine: open gaps that lie in them are closed. Answers how many. */
  readonly closeGaps: (instrument: Instrument, spans: readonly Span[]) => number;
  /** How far the recordings go now; what was told before is in them. */
  readonly cut: () => Promise<Result<JournalCut, string>>;
  readonly start: (request: HistoryRequest, handlers: HistoryChildHandlers) => HistoryChild;
  /** Something that others show has changed. */
  readonly onChange: () => void;
};

export const backfillStates = ['idle', 'in_progress', 'complete', 'error', 'cancelled', 'skipped'] as const;
export type BackfillStatus = (typeof backfillStates)[number];

/** How far history has been fetched. */
export type BackfillView = {
  readonly status: BackfillStatus;
  /** Why it is as it is, in words; null where the status says all. */
  readonly reason: string | null;
  /** Days of the present run, or of the last one. */
  readonly current: number;
  readonly total: number;
  readonly estimatedSecondsRemaining: number | null;
  /** What is under way: `linear:BTCUSDT 2026-08-01 download`. */
  readonly now: readonly string[];
  readonly counts: BackfillCounts;
  /** How politely the child asks, as it last said; null before. */
  readonly polite: PoliteReport | null;
};

export type BackfillCounts = {
  readonly runs: number;
  readonly failures: number;
  /** Days that were answered. */
  readonly days: number;
  /** Stored trades that were joined to the levels, and candles that were told. */
  readonly trades: number;
  readonly candles: number;
  /** Totals that could not be joined. */
  readonly refused: number;
  /** Lines that nobody understands. */
  readonly badLines: number;
  /** Gaps that the archive has closed. */
  readonly gapsClosed: number;
};

/** At the start. */
export const nothingYet: BackfillCounts = {
  runs: 0,
  failures: 0,
  days: 0,
  trades: 0,
  candles: 0,
  refused: 0,
  badLines: 0,
  gapsClosed: 0,
};
