/**
 * The wanted topics and the connections of their markets, as the child's own words change them.
 *
 * A `status` or `error` names what it speaks of by category, symbol, channel, depth and interval; what it leaves out it means
 * all of, so that a minimal connector's bare `{"status":"connected"}` speaks of everything. Private sockets are not our
 * business.
 *
 * A status of a topic may say which socket carries it; from then on only the loss of that one is a loss of the topic. A topic of
 * which this is not known is affected by each loss in its market: a book that is called wrong without need comes back, one
 * that is called right without reason does harm.
 */

import type { ErrorEvent, StatusEvent, TopicReport } from '../../shared/events/process-events.ts';
import type { FreshnessPolicy } from '../../shared/freshness.ts';
import { type Category, type Topic, topicKey } from '../../shared/market.ts';
import type { MonoMs } from '../../shared/time.ts';
import { type Connection, Connections } from './connections.ts';
import { TopicFeed, type TopicView } from './topic-feed.ts';

export type { Connection };

export type FreshnessPolicies = { readonly depth: FreshnessPolicy; readonly other: FreshnessPolicy };

/** What names a topic, in part or whole. */
type TopicMatch = {
  readonly [K in 'category' | 'symbol' | 'channel' | 'depth' | 'interval']?: Topic[K] | undefined;
};

type SocketMatch = { readonly category?: Category | undefined; readonly socket?: number | undefined };

const CHILD_ENDED = 'the connector ended';

export class TopicTable {
  readonly #policies: FreshnessPolicies;
  readonly #feeds = new Map<string, TopicFeed>();
  readonly #connections = new Connections();
  #changes = 0;

  constructor(policies: FreshnessPolicies) {
    this.#policies = policies;
  }

  /** Adds a topic; answers the feed when it is new. */
  want(topic: Topic): TopicFeed | undefined {
    const key = topicKey(topic);
    if (this.#feeds.has(key)) return undefined;
    const policy = topic.channel === 'depth' ? this.#policies.depth : this.#policies.other;
    const feed = new TopicFeed(topic, policy, () => {
      this.#changes += 1;
    });
    this.#feeds.set(key, feed);
    this.#connections.expect(topic.category);
    this.#changes += 1;
    this.#reconcile(undefined, [feed]);
    return feed;
  }

  /** Removes a topic; answers its feed when it was there. */
  unwant(topic: Topic): TopicFeed | undefined {
    const key = topicKey(topic);
    const feed = this.#feeds.get(key);
    this.#feeds.delete(key);
    this.#changes += 1;
    return feed;
  }

  /** Feeds that the words fit. */
  matching(match: TopicMatch): readonly TopicFeed[] {
    const one = this.#exact(match);
    if (one !== undefined) return [one];
    return [...this.#feeds.values()].filter(({ topic }) => fits(topic, match));
  }

  onStatus(event: StatusEvent, now: MonoMs): void {
    if (event.scope === 'private') return;
    const reason = event.reason ?? event.status;
    this.#place(event, now);
    switch (event.status) {
      case 'connected':
        this.#connect(event, now);
        return;
      case 'disconnected':
        this.#disconnect(event, event.reason ?? 'disconnected', now);
        return;
      case 'heartbeat':
        if (event.sockets !== undefined) this.#connections.listed(event.sockets);
        for (const report of event.topics ?? []) this.#agree(report);
        return this.#reconcile(now);
      case 'subscribed':
        if (event.category !== undefined) this.proveConnected(event.category, now);
        for (const feed of this.matching(event)) feed.granted();
        return;
      case 'unsubscribed':
        for (const feed of this.matching(event)) feed.released();
        return;
      case 'stale':
        for (const feed of this.matching(event)) feed.toldStale(reason);
        return;
      case 'flowing':
        for (const feed of this.matching(event)) feed.toldFlowing(now);
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

  /** Data of a market prove that its socket is there, also when nobody said so, and so does an agreement to our wish. */
  proveConnected(category: Category, now: MonoMs): void {
    if (this.#connections.isUnproven(category)) this.#connect({ category }, now);
  }

  childEnded(): void {
    this.#connections.childEnded(CHILD_ENDED);
    for (const feed of this.#feeds.values()) feed.childEnded(CHILD_ENDED);
  }

  connections(): readonly Connection[] {
    return this.#connections.list();
  }

  /** Counts the changes of phases and of their reasons: whoever remembers it knows whether there is anything new to judge. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Judges the silence of each topic; to be called a few times a second. Answers the topics that another channel of their
   * symbol has just proved to be missed, and why. `slept`: we ourselves were asleep, so nobody is judged by it.
   */
  judge(now: MonoMs, slept: boolean): readonly { readonly topic: Topic; readonly reason: string }[] {
    const missed: { topic: Topic; reason: string }[] = [];
    for (const feed of this.#feeds.values()) {
      if (slept) feed.slept(now);
      const reason = feed.look(now);
      if (reason !== undefined) missed.push({ topic: feed.topic, reason });
    }
    return missed;
  }

  feeds(): readonly TopicFeed[] {
    return [...this.#feeds.values()];
  }

  views(now: MonoMs): readonly TopicView[] {
    return this.feeds().map((feed) => feed.view(now));
  }

  /** A status of a topic says which socket carries it: `flowing` comes before the first data. */
  #place(event: StatusEvent, now: MonoMs): void {
    const { socket, symbol, channel } = event;
    if (socket === undefined || symbol === undefined || channel === undefined) return;
    const feeds = this.matching(event);
    for (const feed of feeds) feed.carriedBy(socket);
    this.#reconcile(now, feeds);
  }

  #connect({ category, socket }: SocketMatch, now: MonoMs): void {
    this.#connections.told(category, socket, 'connected', null);
    for (const feed of this.#carriedBy({ category, socket })) feed.connected(now);
    this.#reconcile(now);
  }

  #disconnect({ category, socket }: SocketMatch, reason: string, now: MonoMs): void {
    this.#connections.told(category, socket, 'disconnected', reason);
    const carried = this.#carriedBy({ category, socket });
    // One of two raced sockets leaves the topic with the other one.
    for (const feed of carried) if (feed.sockets.length === 0) feed.maybeLost(reason);
    this.#reconcile(now);
    // Nobody misses a socket without topics: it was closed for good.
    if (category !== undefined && socket !== undefined && carried.length === 0)
      this.#connections.forget(category, socket);
  }

  /** A topic is `disconnected` exactly while every socket that may carry it is gone. */
  #reconcile(now: MonoMs | undefined, feeds: Iterable<TopicFeed> = this.#feeds.values()): void {
    for (const feed of feeds) {
      const why = this.#connections.whyGone(feed);
      if (why !== undefined && feed.phase !== 'disconnected' && feed.phase !== 'refused')
        feed.disconnected(why);
      else if (why === undefined && feed.phase === 'disconnected' && now !== undefined) feed.connected(now);
    }
  }

  /** Feeds that the socket carries, and those of which it is not known. */
  #carriedBy({ category, socket }: SocketMatch): readonly TopicFeed[] {
    const feeds = this.matching({ category });
    if (socket === undefined) return feeds;
    return feeds.filter(({ sockets }) => sockets.length === 0 || sockets.includes(socket));
  }

  /** The feed of a topic that is named in full. */
  #exact({ category, symbol, channel, depth, interval }: TopicMatch): TopicFeed | undefined {
    if (category === undefined || symbol === undefined || channel === undefined) return undefined;
    if (channel === 'depth' && depth === undefined) return undefined;
    if (channel === 'kline' && interval === undefined) return undefined;
    const topic = { category, symbol, channel };
    return this.#feeds.get(
      topicKey({
        ...topic,
        ...(depth === undefined ? {} : { depth }),
        ...(interval === undefined ? {} : { interval }),
      }),
    );
  }

  /** A heartbeat repeats the state of each topic, for a runner that missed or misread the word itself. */
  #agree(report: TopicReport): void {
    const feed = this.#feeds.get(topicKey(report));
    if (feed === undefined) return;
    if (report.sockets !== undefined) feed.sockets = report.sockets;
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
