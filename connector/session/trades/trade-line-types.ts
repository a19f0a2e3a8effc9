/** What a line of trades is told and asked, and within which limits it works. */
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import type { Millis, MonoMs } from '../../../shared/time.ts';
import type { Emit } from '../silence/feed-pulse.ts';
import type { ToldPolicy } from './told-trades.ts';
import type { GapsPolicy, HasRoom } from './trade-line-gaps.ts';
import type { KnownGap } from './trade-line-pending.ts';
import type { ReadsPolicy } from './trade-line-reads.ts';
import type { TradePlace } from './trade-overlap.ts';

export type TradeLinePolicy = GapsPolicy & {
  /** Live trades wait for healed ones at most this long, from the first one that is held or waits. */
  readonly waitAtMostMs: Millis;
  /** What one socket brings, the joined ones must bring within this; shorter than `waitAtMostMs`. */
  readonly joinWithinMs: Millis;
  /** Half of what a list may lag behind the stream without a quiet topic being called healed by mistake. */
  readonly settleMs: Millis;
  /** A topic that is given up and wanted again within this goes on where it stood (trade-lines.ts). */
  readonly wantedAgainWithinMs: Millis;
  readonly reads: ReadsPolicy;
  readonly audit: ToldPolicy;
};

export type TradeLinePorts = {
  readonly emit: Emit;
  readonly nextGapId: () => string;
  /** Asks for the newest trades; `recent` brings the answer, once, later. Without it nothing heals and nothing waits. */
  readonly readRecent: (() => void) | undefined;
  readonly hasRoom: HasRoom;
};

/** The newest trades as the exchange lists them, in match order (oldest first); or they could not be had. */
export type RecentAnswer =
  | { readonly kind: 'rows'; readonly rows: readonly TradeEvent[] }
  | { readonly kind: 'failed' };

/** The last trade of an earlier child; with the id of the gap that is known to begin there, if it was told, and earlier ones. */
export type ResumePlace = TradePlace & {
  readonly gap_id?: string | undefined;
  readonly gaps?: readonly KnownGap[] | undefined;
};

/**
 * An earlier subscription was acknowledged then and brought nothing; undefined where it is not known when that was. With the id of
 * the gap without a beginning, if it was told.
 */
export type OwedSince = { readonly owedSince: MonoMs | undefined; readonly gap_id?: string | undefined };

/** Where a topic goes on. */
export type Resume = ResumePlace | OwedSince;
