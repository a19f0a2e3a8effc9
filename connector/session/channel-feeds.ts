/** The channels: how the frames of each are read, and what keeps its stream whole. */
import type { LiquidationEvent, TradeEvent } from '../../shared/events/market-events.ts';
import type { Topic } from '../../shared/market.ts';
import { type Millis, type UnixMicros, type UnixMs, unixMs } from '../../shared/time.ts';
import type { DataFrame } from '../bybit/frames.ts';
import { readKlines } from '../bybit/klines.ts';
import { readLiquidations } from '../bybit/liquidations.ts';
import { readDepth, readTrades } from '../bybit/market-data.ts';
import { readTicker } from '../bybit/tickers.ts';
import type { Rows } from '../bybit/values.ts';
import { BookWatch } from './book-watch.ts';
import { CandleLine, type CandlePorts } from './candle-line.ts';
import type { ChannelFeed, FrameOutcome } from './continuity.ts';
import { EventGaps, type GapRules, liquidationGapRules, tradeGapRules } from './event-gaps.ts';
import type { Emit, FeedPulse } from './feed-pulse.ts';
import { SnapshotGap } from './snapshot-gap.ts';
import { SnapshotWait } from './snapshot-wait.ts';
import { TickerWatch } from './ticker-watch.ts';

export type FeedPorts = {
  readonly emit: Emit;
  readonly nextGapId: () => string;
  /** Is told about a frame of which only a part could be read. */
  readonly bad: (reason: string) => void;
};

const done: FrameOutcome = { kind: 'done' };
const broken: FrameOutcome = { kind: 'broken' };

export function tradesFeed(topic: Topic, pulse: FeedPulse, ports: FeedPorts): ChannelFeed {
  return eventsFeed(topic, pulse, ports, tradeGapRules, readTrades);
}

export function liquidationFeed(topic: Topic, pulse: FeedPulse, ports: FeedPorts): ChannelFeed {
  return eventsFeed(topic, pulse, ports, liquidationGapRules, readLiquidations);
}

function eventsFeed<E extends TradeEvent | LiquidationEvent>(
  topic: Topic,
  pulse: FeedPulse,
  ports: FeedPorts,
  rules: GapRules<E>,
  read: (frame: DataFrame, topic: Topic, receivedAt: UnixMicros) => Rows<E>,
): ChannelFeed {
  const gaps = new EventGaps(topic, rules, ports.nextGapId, ports.emit);
  return {
    continuity: gaps,
    read(frame, receivedAt, now) {
      const { rows, bad } = read(frame, topic, receivedAt);
      if (bad !== undefined) ports.bad(`${frame.topic}: ${bad}`);
      // Row by row, so that the gap lies exactly where the rows are that cannot be read.
      const parts =
        bad === undefined
          ? [rows]
          : rowsOf(frame).map((row) => read({ ...frame, data: [row] }, topic, receivedAt).rows);
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

/** A subscribed book without a snapshot for `snapshotWithinMs` is asked for anew. */
export function depthFeed(
  topic: Topic,
  pulse: FeedPulse,
  snapshotWithinMs: Millis,
  { emit, nextGapId }: FeedPorts,
): ChannelFeed {
  const gap = new SnapshotGap(topic, nextGapId, emit);
  const book = new BookWatch(new SnapshotWait(snapshotWithinMs), gap, (reason) => pulse.resync(reason), emit);
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

/** The same for a ticker. Changes that join nothing are no sign of its flow. */
export function tickerFeed(
  topic: Topic,
  pulse: FeedPulse,
  snapshotWithinMs: Millis,
  { emit, nextGapId }: FeedPorts,
): ChannelFeed {
  const gap = new SnapshotGap(topic, nextGapId, emit);
  const wait = new SnapshotWait(snapshotWithinMs);
  const ticker = new TickerWatch(topic, wait, gap, (reason) => pulse.resync(reason), emit);
  return {
    continuity: ticker,
    read(frame, receivedAt, now) {
      const patch = readTicker(frame, topic);
      if (typeof patch === 'string') return { kind: 'bad', reason: patch };
      if (!ticker.canTell(patch)) return done;
      pulse.arrived(now);
      ticker.tell(patch, frame.ts, receivedAt);
      return done;
    },
  };
}

export function klineFeed(
  topic: Topic,
  pulse: FeedPulse,
  ports: CandlePorts & Pick<FeedPorts, 'bad'>,
): ChannelFeed {
  const line = new CandleLine(topic, ports);
  const named = { ...topic, interval: topic.interval ?? '1' } as const;
  return {
    continuity: line,
    read(frame, receivedAt, now) {
      const { rows, bad } = readKlines(frame, named, receivedAt);
      if (bad !== undefined) {
        ports.bad(`${frame.topic}: ${bad}`);
        line.missed('bad_frame');
      }
      if (rows.length > 0) pulse.arrived(now);
      for (const candle of rows) line.tell(candle, msOf(receivedAt));
      return done;
    },
  };
}

/** The rows of a frame; without a list of them, a single one that cannot be read either. */
function rowsOf({ data }: DataFrame): readonly unknown[] {
  return Array.isArray(data) ? data : [undefined];
}

function msOf(at: UnixMicros): UnixMs {
  return unixMs(Math.floor(at / 1_000));
}
