/** What the list of gaps takes from an earlier run, gives to a new child, and counts. */
import type { GapBound, GapEvent } from '../../shared/events/process-events.ts';
import type { Topic } from '../../shared/market.ts';
import type { UnixMs } from '../../shared/time.ts';

/** A gap of trades with both its ends, which may still be healed; the child tells by this id what became of it. */
export type ResumeGap = { readonly gap_id: string; readonly from: GapBound; readonly to: GapBound };

/** From where a new child heals: the `resume` of the subscribe command (DESIGN 7.2). */
export type ResumePoint = {
  readonly last_id: string;
  readonly timestamp: number;
  readonly seq?: number | undefined;
  /** The runner's own gap that begins there: the child tells by this id what became of it. */
  readonly gap_id?: string | undefined;
  /** Earlier gaps that have both ends and are not healed: the exchange may still list what lies in them. */
  readonly gaps?: ResumeGap[] | undefined;
};

/** Nothing of a topic was seen although the exchange has owed it since then: the `owed` of the subscribe command. */
export type OwedPoint = {
  /** When the exchange first acknowledged it, by our clock. */
  readonly since: UnixMs;
  /** The runner's gap that has no beginning. */
  readonly gap_id?: string | undefined;
};

export type GapCounts = {
  /** Gaps ever opened, by children and by the runner. */
  readonly opened: number;
  /** Gaps told while their topic had one without an end. */
  readonly absorbed: number;
  /** Gaps that left this list because it was full. */
  readonly forgotten: number;
};

/** What an earlier run of the runner left behind. */
export type FormerRun = {
  /** Its gaps that are open. */
  readonly gaps: readonly GapEvent[];
  /** What it followed, since when, and how far it had seen: null when it had seen nothing, or that is not known. */
  readonly followed: readonly {
    readonly topic: Topic;
    readonly since?: UnixMs | undefined;
    readonly place: GapBound | null;
  }[];
  /** When it was last known to live. */
  readonly aliveUntil: UnixMs;
};
