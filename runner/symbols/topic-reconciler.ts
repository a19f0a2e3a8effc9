/**
 * Two sets made equal: what is wanted, and what the child lists in its heartbeats. Pure but for its memory of the last heartbeat.
 *
 * A heartbeat may have been written before the last commands were read, so a difference counts when two in a row show it.
 */
import type { TopicReport } from '../../shared/events/process-events.ts';
import { type Topic, topicKey } from '../../shared/market.ts';

/** A heartbeat lists so many topics at most: of what a full one leaves out nothing is known. */
const MOST_LISTED = 5_000;

export type Difference = {
  /** Wanted, and unknown to the child. */
  readonly missing: readonly Topic[];
  /** Listed, and wanted by nobody. */
  readonly surplus: readonly Topic[];
};

const none: Difference = { missing: [], surplus: [] };

export class TopicReconciler {
  #suspected = new Set<string>();

  /** A child that lists no topics at all says nothing about them. */
  look(reports: readonly TopicReport[] | undefined, wanted: ReadonlyMap<string, Topic>): Difference {
    if (reports === undefined || reports.length >= MOST_LISTED) return none;
    const listed = new Map<string, Topic>();
    for (const report of reports)
      if (report.state !== 'releasing') listed.set(topicKey(report), topicOf(report));
    const suspected = new Set<string>();
    const confirmed = (key: string): boolean => {
      suspected.add(key);
      return this.#suspected.has(key);
    };
    const missing = [...wanted].flatMap(([key, topic]) =>
      !listed.has(key) && confirmed(key) ? [topic] : [],
    );
    const surplus = [...listed].flatMap(([key, topic]) =>
      !wanted.has(key) && confirmed(key) ? [topic] : [],
    );
    this.#suspected = suspected;
    return { missing, surplus };
  }

  childEnded(): void {
    this.#suspected.clear();
  }
}

function topicOf({ channel, category, symbol, depth, interval }: TopicReport): Topic {
  return {
    channel,
    category,
    symbol,
    ...(depth === undefined ? {} : { depth }),
    ...(interval === undefined ? {} : { interval }),
  };
}
