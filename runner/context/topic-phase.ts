/**
 * The one state machine of a wanted topic: what /health, /ready, /ws/health, metrics, the page and the gate of the strategies
 * say of it is read from here, so that they cannot disagree.
 *
 * Everything that a child or the exchange may say, in whatever order, has a cell; nothing of it is `never`. `data` and `whole`
 * tell apart whether the levels or values that came can be used: of a book or ticker only after its snapshot.
 */
import type { Matrix } from '../../shared/state-table.ts';

/**
 * `wanted`: asked for or to be asked for, not yet answered. `awaiting`: granted, and its snapshot has not come, or its book is
 * broken. `flowing`: granted, and data come as they should, as far as is known (trades may be silent). `stale`: they do not.
 * `refused`: the exchange said no. `disconnected`: nothing is there that could carry it.
 */
export const topicPhases = ['wanted', 'awaiting', 'flowing', 'stale', 'refused', 'disconnected'] as const;
export type TopicPhase = (typeof topicPhases)[number];

export type TopicPhaseEvent =
  /** The exchange agreed, as the child says. */
  | 'granted'
  /** The child asks for it anew, or gave it up. */
  | 'withdrawn'
  | 'refused'
  /** Data came, with which it is whole. */
  | 'whole'
  /** Data came, without which or after which it is not whole. */
  | 'broken'
  /** The child fetches it anew: what was known is no longer true. */
  | 'resync'
  /** The child's word. */
  | 'told_stale'
  | 'told_flowing'
  /** Our own judgement of its silence, or that of what else is known of its symbol. */
  | 'missed'
  | 'connected'
  | 'disconnected'
  | 'child_ended';

const up = ['awaiting', 'flowing'] as const;

export const topicPhaseTable: Matrix<TopicPhase, TopicPhaseEvent> = {
  wanted: {
    granted: up,
    withdrawn: 'ignore',
    refused: ['refused'],
    whole: ['flowing'],
    broken: ['awaiting'],
    resync: 'ignore',
    told_stale: 'ignore',
    told_flowing: 'ignore',
    missed: 'ignore',
    connected: 'ignore',
    disconnected: ['disconnected'],
    child_ended: ['disconnected'],
  },
  awaiting: {
    granted: 'ignore',
    withdrawn: ['wanted'],
    refused: ['refused'],
    whole: ['flowing'],
    broken: ['awaiting'],
    resync: ['awaiting'],
    told_stale: 'ignore',
    told_flowing: 'ignore',
    missed: 'ignore',
    connected: 'ignore',
    disconnected: ['disconnected'],
    child_ended: ['disconnected'],
  },
  flowing: {
    granted: 'ignore',
    withdrawn: ['wanted'],
    refused: ['refused'],
    whole: ['flowing'],
    broken: ['awaiting'],
    resync: up,
    told_stale: ['stale'],
    told_flowing: 'ignore',
    missed: ['stale'],
    connected: 'ignore',
    disconnected: ['disconnected'],
    child_ended: ['disconnected'],
  },
  stale: {
    granted: 'ignore',
    withdrawn: ['wanted'],
    refused: ['refused'],
    whole: ['flowing'],
    broken: ['awaiting'],
    resync: ['awaiting', 'stale'],
    told_stale: ['stale'],
    told_flowing: ['flowing'],
    missed: ['stale'],
    connected: ['flowing'],
    disconnected: ['disconnected'],
    child_ended: ['disconnected'],
  },
  refused: {
    granted: up,
    withdrawn: ['wanted'],
    refused: ['refused'],
    whole: ['flowing'],
    broken: ['awaiting'],
    resync: 'ignore',
    told_stale: 'ignore',
    told_flowing: 'ignore',
    missed: 'ignore',
    connected: 'ignore',
    disconnected: 'ignore',
    child_ended: ['disconnected'],
  },
  disconnected: {
    granted: 'ignore',
    withdrawn: 'ignore',
    refused: ['refused'],
    whole: ['flowing'],
    broken: ['awaiting'],
    resync: 'ignore',
    told_stale: 'ignore',
    told_flowing: 'ignore',
    missed: 'ignore',
    connected: ['wanted'],
    disconnected: ['disconnected'],
    child_ended: ['disconnected'],
  },
};

/** What the exchange said to our wish, as far as a phase says it. */
export const subscriptionStates = ['wanted', 'subscribed', 'refused'] as const;
export type SubscriptionState = (typeof subscriptionStates)[number];

export const subscriptionOf: Readonly<Record<TopicPhase, SubscriptionState>> = {
  wanted: 'wanted',
  awaiting: 'subscribed',
  flowing: 'subscribed',
  stale: 'subscribed',
  refused: 'refused',
  disconnected: 'wanted',
};

/**
 * The next phase. `isWhole`: what is known of the topic can be used (always true of channels without snapshots); it decides
 * where a cell names two targets. The driver holds each step against the table.
 */
export function stepTopicPhase(phase: TopicPhase, event: TopicPhaseEvent, isWhole: boolean): TopicPhase {
  const cell = topicPhaseTable[phase][event];
  if (typeof cell === 'string') return phase;
  const [first, second] = cell;
  if (second === undefined) return first ?? phase;
  return isWhole ? second : (first ?? phase);
}
