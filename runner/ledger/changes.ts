/** What the ledger of gaps writes down and reads back, in one vocabulary for the runner and the thread of its store. */
import type { GapBound, GapEvent } from '../../shared/events/process-events.ts';
import type { Category, Channel, Topic } from '../../shared/market.ts';
import type { UnixMs } from '../../shared/time.ts';
import type { Death } from '../supervisor/deaths.ts';

/** A gap as it stands. `run` keeps apart gaps of different runs to which a foreign connector gave the same id. */
export type StoredGap = {
  readonly run: string;
  readonly gap: GapEvent;
  readonly changedAt: UnixMs;
  /** Left out where only the places of its ends are known. */
  readonly unseen?: Unseen | undefined;
};

/** From when on the line could not see, by our clock, and until when; null while it cannot, or until that is known. */
export type Unseen = {
  readonly from: UnixMs;
  readonly until: UnixMs | null;
  /** It saw again, and was lost again before the gap had an end: the times before, oldest first. Left out where there are none. */
  readonly earlier?: readonly UnseenTime[] | undefined;
};

export type UnseenTime = { readonly from: UnixMs; readonly until: UnixMs };

/** A gap as the coverage needs it: the time that it takes from its topic. */
export type UnseenSpan = {
  /** Names the gap among those of all runs. */
  readonly key: string;
  /** topicKey */
  readonly topic: string;
  readonly start: number;
  /** Null while it goes on. */
  readonly end: number | null;
  /** The times before, between which it was seen. */
  readonly earlier?: readonly UnseenTime[] | undefined;
  /** Nobody brought back what lay in it. */
  readonly isMissing: boolean;
};

/** A topic was followed from its first event on; `until` is null while it is, also over a stop of the runner. */
export type StoredSpan = { readonly topic: Topic; readonly since: UnixMs; readonly until: UnixMs | null };

/** How far a topic was seen. */
export type StoredPlace = { readonly topic: Topic; readonly place: GapBound };

export type StoredDeath = { readonly id: string; readonly death: Death };

/** What is written in one transaction: all of it or nothing. Writing it again changes nothing. */
export type WriteBatch = {
  /** Whose gaps, spans and places these are; null when there are only deaths. */
  readonly environment: string | null;
  readonly gaps: readonly StoredGap[];
  readonly spans: readonly StoredSpan[];
  readonly places: readonly StoredPlace[];
  readonly aliveUntil: UnixMs | null;
  readonly deaths: readonly StoredDeath[];
  /** Gaps and spans that ended before this moment are deleted; null when nothing is to be. */
  readonly forgetBefore: UnixMs | null;
};

/** What the runs before left behind, of one environment. */
export type LedgerRemains = {
  /** The open ones, oldest first. */
  readonly gaps: readonly StoredGap[];
  readonly followed: readonly (StoredSpan & { readonly place: GapBound | null })[];
  /** Null when there was no run before. */
  readonly aliveUntil: UnixMs | null;
};

/** Which gaps are wanted. They touch `from`..`to` (both included) when these are given. */
export type GapFilter = {
  readonly state?: GapEvent['state'] | undefined;
  readonly channel?: Channel | undefined;
  readonly category?: Category | undefined;
  readonly symbol?: string | undefined;
  readonly from?: UnixMs | undefined;
  readonly to?: UnixMs | undefined;
};

/** The place of a gap in the list, which is newest first. */
export type GapPosition = { readonly openedAt: number; readonly id: string };

export type GapQuery = GapFilter & {
  readonly environment: string;
  readonly limit: number;
  /** The last one that was given. */
  readonly after: GapPosition | null;
};

/** What the coverage of a stretch of time is computed from. */
export type CoverageFacts = { readonly spans: readonly StoredSpan[]; readonly gaps: readonly UnseenSpan[] };

/** Asks for the coverage from `start` up to `end`, as far as it is past. What is not written yet is newer than what is. */
export type CoverageQuery = {
  readonly environment: string;
  readonly start: UnixMs;
  readonly end: UnixMs;
  readonly now: UnixMs;
  readonly unwritten: CoverageFacts;
};
