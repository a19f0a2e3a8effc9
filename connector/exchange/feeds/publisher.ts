/**
 * Turns what happened in a market into frames, when they are due.
 *
 * Natural mode follows Bybit's push intervals: levels of several steps are batched into one book frame, trades of one
 * turn into one trade frame. Driven mode makes frames as the steps come. Level 1 is repeated after three quiet seconds
 * with the same update id. Candles, tickers and liquidations come by the clock in
 * both modes (timed-channels.ts). Faults that spoil single frames (skip, duplicate, restart) act here.
 */

import type { FaultBoard } from '../faults/fault-board.ts';
import type { Random } from '../market/random.ts';
import type { Moment } from '../moment.ts';
import type { Connection } from './connections.ts';
import type { Delivery } from './delivery.ts';
import { bookFrame, tradeFrame } from './frames.ts';
import { TimedChannels } from './timed-channels.ts';
import type { DepthTopic, Feed, TickerTopic, Topic, TradeTopic } from './topics.ts';

/** Trades in one frame at most; the rest of a match follows in another frame with the same seq (bybit-v5.md 3.1). */
const TRADES_MOST = 1024;
/** Quiet time after which level 1 is sent again. */
const REPEAT_AFTER_MS = 3000;

/** Makes and hands over the frames of all feeds. */
export class Publisher {
  private readonly delivery: Delivery;
  private readonly faults: FaultBoard;
  private readonly timeScale: number;
  private readonly timed: TimedChannels;
  /** Frames that the fault `reorder_frames` lets their successors overtake. */
  private readonly overtaken = new Map<Topic, string>();

  constructor(
    delivery: Delivery,
    faults: FaultBoard,
    { timeScale, random }: { readonly timeScale: number; readonly random: Random },
  ) {
    this.delivery = delivery;
    this.faults = faults;
    this.timeScale = timeScale;
    this.timed = new TimedChannels((topic, text, now) => this.send(topic, text, now), random);
  }

  /** Driven mode, after each step: how many frames it made. Books follow every `stepsPerFrame` steps. */
  afterStep(feed: Feed, stepsPerFrame: number, now: Moment): number {
    let frames = this.trades(feed.trades, now);
    feed.stepsSinceFrame += 1;
    if (feed.stepsSinceFrame < stepsPerFrame) return frames;
    feed.stepsSinceFrame = 0;
    for (const topic of feed.depths) frames += this.depth(topic, now);
    return frames;
  }

  /** Natural mode, each turn: what is due. */
  whatIsDue(feed: Feed, now: Moment): void {
    this.trades(feed.trades, now);
    for (const topic of feed.depths) {
      if (now.mono < topic.dueAt) continue;
      topic.dueAt = now.mono + topic.intervalMs;
      this.depth(topic, now);
    }
  }

  /** Either mode, each turn: what does not wait for a step; how many frames that made. */
  byTheClock(feed: Feed, now: Moment): number {
    this.repeatQuietTops(feed, now);
    return feed.heardTimed.length === 0 ? 0 : this.timed.whatIsDue(feed, now);
  }

  /** Everything that has happened and is not yet published, whether due or not. */
  flush(feed: Feed, now: Moment): void {
    this.trades(feed.trades, now);
    for (const topic of feed.depths) this.depth(topic, now);
    this.timed.whatIsDue(feed, now, true);
    this.releaseOvertaken(feed, now);
  }

  /** A new subscriber's first frame. With others listening it is the window that they hold, so that deltas fit all. */
  firstFrame(topic: Topic, connection: Connection, now: Moment): void {
    switch (topic.kind) {
      case 'trades':
        return;
      case 'depth':
        if (topic.subscribers.size === 0) topic.channel.publish();
        topic.sentAt = now.mono;
        this.delivery.frameFor(topic, connection, this.wholeBook(topic, now), now.mono);
        return;
      default: {
        const text = this.timed.firstFrame(topic, now);
        if (text !== undefined) this.delivery.frameFor(topic, connection, text, now.mono);
      }
    }
  }

  /** The fault `restart_book`: a snapshot out of the blue, of a book with u 1. */
  restart(topic: DepthTopic | TickerTopic, now: Moment): void {
    if (topic.kind === 'depth') topic.channel.restart();
    const text = topic.kind === 'depth' ? this.wholeBook(topic, now) : this.timed.tickerSnapshot(topic, now);
    if (text !== undefined) this.delivery.frame(topic, text, now.mono);
  }

  /** The fault `cross_book`: a frame after which bid and ask have crossed. */
  cross(topic: DepthTopic, now: Moment): void {
    if (topic.subscribers.size === 0) topic.channel.publish();
    const update = topic.channel.cross();
    if (update === undefined) return;
    topic.sentAt = now.mono;
    this.send(topic, bookFrame(topic.instrument, topic.channel.depth, update, now.unix), now);
  }

  /** The fault `wrong_level`: a frame that is well-formed and in its place, but not true. */
  misstate(topic: DepthTopic, now: Moment): void {
    if (topic.subscribers.size === 0) topic.channel.publish();
    const update = topic.channel.misstate();
    if (update === undefined) return;
    topic.sentAt = now.mono;
    this.send(topic, bookFrame(topic.instrument, topic.channel.depth, update, now.unix), now);
  }

  /** Repeats level 1 of a market that stands still. */
  private repeatQuietTops(feed: Feed, now: Moment): void {
    const topic = feed.depths[0];
    if (topic === undefined || topic.subscribers.size === 0) return;
    if (now.mono - topic.sentAt < REPEAT_AFTER_MS * this.timeScale) return;
    topic.sentAt = now.mono;
    this.delivery.frame(topic, this.wholeBook(topic, now), now.mono);
  }

  private wholeBook({ instrument, channel }: DepthTopic, now: Moment): string {
    return bookFrame(instrument, channel.depth, channel.snapshot(), now.unix);
  }

  private trades(topic: TradeTopic, now: Moment): number {
    const { pending } = topic;
    if (pending.length === 0) return 0;
    topic.pending = [];
    if (topic.subscribers.size === 0) return 0;
    let frames = 0;
    for (let from = 0; from < pending.length; from += TRADES_MOST) {
      const text = tradeFrame(topic.instrument, pending.slice(from, from + TRADES_MOST), now.unix);
      frames += this.send(topic, text, now);
    }
    return frames;
  }

  private depth(topic: DepthTopic, now: Moment): number {
    if (topic.subscribers.size === 0) return 0;
    const update = topic.channel.publish();
    if (update === undefined) return 0;
    topic.sentAt = now.mono;
    return this.send(topic, bookFrame(topic.instrument, topic.channel.depth, update, now.unix), now);
  }

  private send(topic: Topic, text: string, now: Moment): number {
    if (!this.faults.isEmpty && this.faults.takeSkip(topic.category, topic.name)) {
      this.delivery.counts.lost += topic.subscribers.size;
      return 0;
    }
    if (this.overtaken.size > 0 || !this.faults.isEmpty) return this.sendSpoilt(topic, text, now);
    this.delivery.frame(topic, text, now.mono);
    return 1;
  }

  private sendSpoilt(topic: Topic, text: string, now: Moment): number {
    const overtaken = this.overtaken.get(topic);
    if (overtaken === undefined && this.faults.takeReorder(topic.category, topic.name)) {
      this.overtaken.set(topic, text);
      return 0;
    }
    this.delivery.frame(topic, text, now.mono);
    const again = this.faults.takeDuplicate(topic.category, topic.name) ? text : undefined;
    this.overtaken.delete(topic);
    const late = [again, overtaken].filter((one) => one !== undefined);
    for (const one of late) this.delivery.frame(topic, one, now.mono);
    return 1 + late.length;
  }

  /** Nothing may overtake any more: what was held back goes out. */
  private releaseOvertaken(feed: Feed, now: Moment): void {
    for (const [topic, text] of this.overtaken) {
      if (topic.feed !== feed) continue;
      this.overtaken.delete(topic);
      this.delivery.frame(topic, text, now.mono);
    }
  }
}
