/** What the audit tells of itself: its counts, and each book that it found wrong with both sides of it. */
import type { BookCheckEvent } from '../../shared/events/market-events.ts';
import type { Level, Topic } from '../../shared/market.ts';
import type { UnixMs } from '../../shared/time.ts';
import type { SequencedCopy } from './book-states.ts';
import type { LevelDifference } from './judgement.ts';

const DIFFERENCES_SHOWN = 20;
const LEVELS_SHOWN = 10;

/** `equal`, `different`: proven. `unjoined`: the answer fits no state of ours, so it proves nothing. `failed`: no answer. */
export const auditVerdicts = ['equal', 'different', 'unjoined', 'failed'] as const;
export type AuditVerdict = (typeof auditVerdicts)[number];

/** A book that was found wrong, with both sides of it. */
export type AuditSample = {
  readonly at: UnixMs;
  readonly topic: Topic;
  /** By the same sequence, or because the same levels were wrong twice. */
  readonly proof: 'same_seq' | 'twice_wrong';
  /** Of the exchange's book. */
  readonly seq: number;
  /** Of our state that it was held against. */
  readonly lastUpdateId: number;
  /** All levels on which they disagree; `differences` has the first of them. */
  readonly differing: number;
  readonly differences: readonly LevelDifference[];
  /** The best levels of both. */
  readonly ours: Sides;
  readonly theirs: Sides;
};

type Sides = { readonly bids: readonly Level[]; readonly asks: readonly Level[] };

export type AuditView = {
  /** Why nothing is audited, in words; null while it is. */
  readonly off: string | null;
  readonly counts: Readonly<Record<AuditVerdict, number>>;
  readonly last: { readonly topic: Topic; readonly at: UnixMs; readonly verdict: AuditVerdict } | null;
  /** Why the last question that failed did. */
  readonly lastFailure: string | null;
  /** Newest first. */
  readonly samples: readonly AuditSample[];
};

/** Everything that a wrong book leaves behind; `differences` are all of them. */
export function sampleOf(found: {
  readonly at: UnixMs;
  readonly topic: Topic;
  readonly proof: AuditSample['proof'];
  readonly check: BookCheckEvent;
  readonly ours: SequencedCopy;
  readonly differences: readonly LevelDifference[];
}): AuditSample {
  const { at, topic, proof, check, ours, differences } = found;
  return {
    at,
    topic,
    proof,
    seq: check.seq,
    lastUpdateId: ours.lastUpdateId,
    differing: differences.length,
    differences: differences.slice(0, DIFFERENCES_SHOWN),
    ours: { bids: best(ours.bids), asks: best(ours.asks) },
    theirs: { bids: check.bids.slice(0, LEVELS_SHOWN), asks: check.asks.slice(0, LEVELS_SHOWN) },
  };
}

/** The best levels of a compact side. */
function best(flat: Float64Array): readonly Level[] {
  const levels: Level[] = [];
  for (let index = 0; index < Math.min(flat.length, 2 * LEVELS_SHOWN); index += 2)
    levels.push([flat[index] ?? 0, flat[index + 1] ?? 0]);
  return levels;
}

/** One difference in words. */
export function whatDiffers(difference: LevelDifference | undefined): string {
  if (difference === undefined) return 'no level';
  const { side, price, ours, theirs } = difference;
  return `${side} ${price}: ours ${ours ?? 'not there'}, theirs ${theirs ?? 'not there'}`;
}
