/**
 * The wanted topics and the connections of their markets, as the child's own words change them.
 *
 * A `status` or `error` names what it speaks of by category, symbol, channel, depth and interval; what it leaves out it means
 * all of, so that a minimal connector's bare `{"status":"connected"}` speaks of everything. Private sockets are not our
 * business.
 */

import type { ErrorEvent, StatusEvent, TopicReport } from '../../shared/events/process-events.ts';
import type { FreshnessPolicy } from '../../shared/freshness.ts';
import { type Category, type Topic, topicKey } from '../../shared/market.ts';
import type { MonoMs } from '../../shared/time.ts';
import { TopicFeed, type TopicView } from './topic-feed.ts';

/** The socket of one market. `unknown` until the child says something or data come. */
export type Connection = {
  readonly category: Category;
  readonly state: 'unknown' | 'connected' | 'disconnected';
  /** Why it is disconnected. */
  readonly reason: string | null;
};

export type FreshnessPolicies = { readonly depth: FreshnessPolicy; readonly other: FreshnessPolicy };

/** What names a topic, in part or whole. */
type TopicMatch = {
  readonly [K in 'category' | 'symbol' | 'channel' | 'depth' | 'interval']?: Topic[K] | undefined;
};

const CHILD_ENDED = 'the connector ended';

export class TopicTable {
  readonly #policies: FreshnessPolicies;
  readonly #feeds = new Map<string, TopicFeed>();
  readonly #connections = new Map<Category, Connection>();

  constructor(policies: FreshnessPolicies) {
    this.#policies = policies;
  }

  /** Adds a topic; answers the feed when it is new. */
  want(topic: Topic): TopicFeed | undefined {
    const key = topicKey(topic);
    if (this.#feeds.has(key)) return undefined;
    const policy = topic.channel === 'depth' ? this.#policies.depth : this.#policies.other;
    const feed = new TopicFeed(topic, policy);
    this.#feeds.set(key, feed);
    if (!this.#connections.has(topic.category)) {
      this.#connections.set(topic.category, { category: topic.category, state: 'unknown', reason: null });
    }
    return feed;
  }

  /** Removes a topic; answers its feed when it was there. */
  unwant(topic: Topic): TopicFeed | undefined {
    const key = topicKey(topic);
    const feed = this.#feeds.get(key);
    this.#feeds.delete(key);
    return feed;
  }

  /** Feeds that the words fit. */
  matching(match: TopicMatch): readonly TopicFeed[] {
    return [...this.#feeds.values()].filter(({ topic }) => fits(topic, match));
  }

  onStatus(event: StatusEvent, now: MonoMs): void {
    if (event.scope === 'private') return;
    const reason = event.reason ?? event.status;
    switch (event.status) {
      case 'connected':
        this.#connect(event.category, now);
        return;
      case 'disconnected':
        this.#disconnect(event.category, event.reason ?? 'disconnected');
        return;
      case 'heartbeat':
        for (const report of event.topics ?? []) this.#agree(report);
        return;
      case 'subscribed':
        for (const feed of this.matching(event)) feed.granted();
        return;
      case 'unsubscribed':
        for (const feed of this.matching(event)) feed.released();
        return;
      case 'stale':
        for (const feed of this.matching(event)) feed.toldStale(reason);
        return;
      case 'flowing':
        for (const feed of this.matching(event)) feed.toldFlowing();
        return;
      case 'resync':
        for (const feed of this.matching(event)) feed.lost(reason);
        return;
      case 'ready':
      case 'connecting':
      case 'authenticated':
      case 'stopping':
        return;
    }
  }

  /** A refusal that names no depth or interval means all of them that were not granted. */
  onError(event: ErrorEvent): void {
    if (event.code !== 'topic_refused' || event.symbol === undefined) return;
    for (const feed of this.matching(event)) {
      if (feed.state === 'wanted') feed.refused(event.error);
    }
  }

  /** Data of a market prove that its socket is there, also when nobody said so. */
  proveConnected(category: Category, now: MonoMs): void {
    if (this.#connections.get(category)?.state !== 'connected') this.#connect(category, now);
  }

  childEnded(): void {
    for (const category of this.#connections.keys()) {
      this.#connections.set(category, { category, state: 'disconnected', reason: CHILD_ENDED });
    }
    for (const feed of this.#feeds.values()) feed.childEnded(CHILD_ENDED);
  }

  connections(): readonly Connection[] {
    return [...this.#connections.values()];
  }

  /** Why the socket of a market counts as gone; undefined while it does not. */
  whyDisconnected(category: Category): string | undefined {
    const connection = this.#connections.get(category);
    return connection?.state === 'disconnected' ? (connection.reason ?? 'disconnected') : undefined;
  }

  feeds(): readonly TopicFeed[] {
    return [...this.#feeds.values()];
  }

  views(now: MonoMs): readonly TopicView[] {
    return this.feeds().map((feed) => feed.view(now, this.whyDisconnected(feed.topic.category)));
  }

  #connect(category: Category | undefined, now: MonoMs): void {
    for (const known of this.#connections.keys()) {
      if (category === undefined || category === known)
        this.#connections.set(known, { category: known, state: 'connected', reason: null });
    }
    for (const feed of this.matching({ category })) feed.connected(now);
  }

  #disconnect(category: Category | undefined, reason: string): void {
    for (const known of this.#connections.keys()) {
      if (category === undefined || category === known)
        this.#connections.set(known, { category: known, state: 'disconnected', reason });
    }
    for (const feed of this.matching({ category })) feed.disconnected(reason);
  }

  /** A heartbeat repeats the state of each topic, for a runner that missed or misread the word itself. */
  #agree(report: TopicReport): void {
    const feed = this.#feeds.get(topicKey(report));
    if (feed === undefined) return;
    if (report.state === 'active' && feed.state !== 'subscribed') feed.granted();
    if (report.state === 'rejected' && feed.state !== 'refused') feed.refused('refused by the exchange');
    if ((report.state === 'wanted' || report.state === 'requested') && feed.state === 'subscribed')
      feed.askedAnew();
  }
}

function fits(topic: Topic, match: TopicMatch): boolean {
  return (
    (match.category === undefined || match.category === topic.category) &&
    (match.symbol === undefined || match.symbol === topic.symbol) &&
    (match.channel === undefined || match.channel === topic.channel) &&
    (match.depth === undefined || match.depth === (topic.depth ?? 50)) &&
    (match.interval === undefined || match.interval === (topic.interval ?? '1'))
  );
}
