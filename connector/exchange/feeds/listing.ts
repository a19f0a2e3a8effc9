/**
 * The markets that exist, the names under which their topics are found, and who listens where.
 *
 * Only markets with listeners are visited in every turn, so that hundreds of others cost next to nothing. A market that
 * is delisted stays known (its history can still be read) but has no topics any more.
 */

import type { Category } from '../market/instruments.ts';
import type { Connection } from './connections.ts';
import type { Feed, TimedTopic, Topic } from './topics.ts';
import { symbolOf, topicOf, topicsOf } from './topics.ts';

/** All feeds of an exchange. */
export class Listing {
  /** In the order of their listing; delisted ones too. */
  readonly feeds: Feed[] = [];
  /** Those that trade. */
  trading: readonly Feed[] = [];
  /** Feeds with a subscriber of any topic. */
  readonly heard = new Set<Feed>();
  /** Changes whenever a market comes or goes or begins or ceases to be listened to. */
  revision = 0;
  private readonly byName = new Map<string, Feed>();

  add(feed: Feed): void {
    this.feeds.push(feed);
    this.byName.set(`${feed.instrument.category} ${feed.instrument.symbol}`, feed);
    this.refresh();
  }

  /** Ends a market (`closedAt` in ms) or lets it trade again (undefined). Its subscribers lose their topics. */
  setClosed(feed: Feed, closedAt: number | undefined): void {
    feed.closedAt = closedAt;
    if (closedAt !== undefined) {
      for (const topic of topicsOf(feed)) {
        for (const connection of topic.subscribers) this.unsubscribe(topic, connection);
      }
    }
    this.refresh();
  }

  feed(category: string | undefined, symbol: string | undefined): Feed | undefined {
    return this.byName.get(`${category} ${symbol}`);
  }

  /** The topic of this name in a category, unless there is none or its market is closed. */
  topic(category: Category, name: string): Topic | undefined {
    const feed = this.feed(category, symbolOf(name));
    return feed === undefined || feed.closedAt !== undefined ? undefined : topicOf(feed, name);
  }

  subscribe(topic: Topic, connection: Connection): void {
    topic.subscribers.add(connection);
    connection.topics.add(topic);
    connection.argsCharacters += topic.name.length;
    this.noteListeners(topic);
  }

  unsubscribe(topic: Topic, connection: Connection): void {
    if (!connection.topics.delete(topic)) return;
    topic.subscribers.delete(connection);
    connection.argsCharacters -= topic.name.length;
    this.noteListeners(topic);
  }

  private noteListeners({ feed }: Topic): void {
    const isHeard = topicsOf(feed).some((topic) => topic.subscribers.size > 0);
    feed.heardTimed = [...feed.timed.values()].filter((topic: TimedTopic) => topic.subscribers.size > 0);
    if (isHeard) this.heard.add(feed);
    else this.heard.delete(feed);
    this.revision += 1;
  }

  private refresh(): void {
    this.trading = this.feeds.filter((feed) => feed.closedAt === undefined);
    this.revision += 1;
  }
}
