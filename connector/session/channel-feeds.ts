/** The channels: how the frames of each are read, and what keeps its stream whole. */
import type { Channel, Topic } from '../../shared/market.ts';
import { type Millis, type UnixMicros, type UnixMs, unixMs } from '../../shared/time.ts';
import type { DataFrame } from '../bybit/frames.ts';
import { readDepth, readTrades } from '../bybit/market-data.ts';
import { BookWatch } from './book-watch.ts';
import type { ChannelFeed, FrameOutcome } from './continuity.ts';
import type { Emit, FeedPulse } from './feed-pulse.ts';
import { TradeGaps } from './trade-gaps.ts';

/** `bad` is told about a frame of which only a part could be read. */
export type TradesPorts = {
  readonly emit: Emit;
  readonly nextGapId: () => string;
  readonly bad: (reason: string) => void;
};

const done: FrameOutcome = { kind: 'done' };
const broken: FrameOutcome = { kind: 'broken' };

export function tradesFeed(topic: Topic, pulse: FeedPulse, ports: TradesPorts): ChannelFeed {
  const gaps = new TradeGaps(topic, ports.nextGapId, ports.emit);
  return {
    continuity: gaps,
    read(frame, receivedAt, now) {
      const { trades, bad } = readTrades(frame, topic, receivedAt);
      if (bad !== undefined) ports.bad(`${frame.topic}: ${bad}`);
      // Row by row, so that the gap lies exactly where the rows are that cannot be read.
      const parts =
        bad === undefined
          ? [trades]
          : rowsOf(frame).map((row) => readTrades({ ...frame, data: [row] }, topic, receivedAt).trades);
      for (const part of parts) {
        if (part.length > 0) {
          pulse.arrived(now);
          gaps.tell(part);
        } else if (bad !== undefined) {
          gaps.missed('bad_frame', msOf(receivedAt));
        }
      }
      return done;
    },
  };
}

export function depthFeed(topic: Topic, pulse: FeedPulse, snapshotWithinMs: Millis, emit: Emit): ChannelFeed {
  const book = new BookWatch(snapshotWithinMs, (reason) => pulse.resync(reason), emit);
  return {
    continuity: book,
    read(frame, receivedAt, now) {
      const event = readDepth(frame, topic, topic.depth ?? 50, receivedAt);
      if (typeof event === 'string') return { kind: 'bad', reason: event };
      pulse.arrived(now);
      return book.tell(event) ? broken : done;
    },
  };
}

/** A channel that is not built yet: its frames are passed over. */
export const unbuiltFeed: ChannelFeed = { continuity: {}, read: () => done };

/** True when frames of the channel become events; false goes with `unbuiltFeed`. */
export function isBuilt(channel: Channel): boolean {
  switch (channel) {
    case 'trades':
    case 'depth':
      return true;
    case 'kline':
    case 'ticker':
    case 'liquidation':
      return false;
  }
}

/** The rows of a frame; without a list of them, a single one that cannot be read either. */
function rowsOf({ data }: DataFrame): readonly unknown[] {
  return Array.isArray(data) ? data : [undefined];
}

function msOf(at: UnixMicros): UnixMs {
  return unixMs(Math.floor(at / 1_000));
}
