/** The channels: how the frames of each are read, and what keeps its stream whole. */
import { Buffer } from 'node:buffer';
import type { LiquidationEvent, TradeEvent } from '../../../shared/events/market-events.ts';
import type { GapCause } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import {
  type Millis,
  type MonoMs,
  type UnixMicros,
  type UnixMs,
  unixMicros,
  unixMs,
} from '../../../shared/time.ts';
import { DepthShape } from '../../bybit/depth-splice.ts';
import type { DataFrame } from '../../bybit/frames.ts';
import { readKlines } from '../../bybit/klines.ts';
import type { LearntShapes } from '../../bybit/learnt-shapes.ts';
import { readLiquidations } from '../../bybit/liquidations.ts';
import { readDepth, readTrades } from '../../bybit/market-data.ts';
import { lineStart } from '../../bybit/spliced-line.ts';
import { readTicker } from '../../bybit/tickers.ts';
import { TradeShape } from '../../bybit/trade-splice.ts';
import type { Rows } from '../../bybit/values.ts';
import { CandleCheck, type CandleCheckPolicy } from '../silence/candle-check.ts';
import type { Emit, FeedPulse } from '../silence/feed-pulse.ts';
import type { AskNewest, SilenceCheck } from '../silence/silence-check.ts';
import type { TradeFeed } from '../trades/trade-lines.ts';
import { BookWatch } from './book-watch.ts';
import { CandleLine, type CandlePorts } from './candle-line.ts';
import type { ChannelFeed, Continuity, FrameOutcome } from './continuity.ts';
import type { GivenUpGaps } from './given-up-gaps.ts';
import { LiquidationGaps } from './liquidation-gaps.ts';
import { SnapshotGap } from './snapshot-gap.ts';
import { SnapshotWait } from './snapshot-wait.ts';
import { TickerWatch } from './ticker-watch.ts';

export type FeedPorts = {
  readonly emit: Emit;
  readonly givenUp?: GivenUpGaps;
  readonly nextGapId: () => string;
  /** Is told about a frame of which only a part could be read. */
  readonly bad: (reason: string) => void;
};

/** A receipt for a trial that nobody hears of. */
const NEVER = unixMicros(0);

const done: FrameOutcome = { kind: 'done' };
const broken: FrameOutcome = { kind: 'broken' };

export function tradesFeed(
  topic: Topic,
  pulse: FeedPulse,
  shapes: LearntShapes<TradeShape>,
  ports: Pick<FeedPorts, 'bad'>,
  line: TradeFeed,
  check: SilenceCheck | undefined,
): ChannelFeed {
  const start = lineStart(topic);
  return {
    ...eventsFeed(topic, pulse, ports, line, readTrades, (trades) => check?.told(trades)),
    check,
    splice(bytes, topicEnd, receivedAt, now) {
      for (const shape of shapes.all) {
        const spliced = shape.splice(bytes, topicEnd, start, receivedAt);
        if (spliced === undefined) continue;
        pulse.arrived(now);
        line.tell(spliced.trades, now);
        check?.told(spliced.trades);
        return { sentAt: spliced.sentAt, isBroken: false };
      }
      return undefined;
    },
    learn(text, topicEnd) {
      shapes.parsed(() => {
        const shape = TradeShape.of(text);
        return shape?.splice(Buffer.from(text), topicEnd, start, NEVER) === undefined ? undefined : shape;
      });
    },
  };
}

export function liquidationFeed(topic: Topic, pulse: FeedPulse, ports: FeedPorts): ChannelFeed {
  const gaps = new LiquidationGaps(topic, ports.nextGapId, ports.emit);
  return eventsFeed(topic, pulse, ports, gaps, readLiquidations);
}

/** Takes events in their order, and hears where some are missing. */
type EventSink<E> = Continuity & {
  readonly tell: (events: readonly E[], now: MonoMs) => void;
  readonly missed: (cause: GapCause, at: UnixMs) => void;
};

function eventsFeed<E extends TradeEvent | LiquidationEvent>(
  topic: Topic,
  pulse: FeedPulse,
  ports: Pick<FeedPorts, 'bad'>,
  sink: EventSink<E>,
  read: (frame: DataFrame, topic: Topic, receivedAt: UnixMicros) => Rows<E>,
  told?: (events: readonly E[]) => void,
): ChannelFeed {
  return {
    continuity: sink,
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
          sink.tell(part, now);
          told?.(part);
        } else if (bad !== undefined) {
          sink.missed('bad_frame', msOf(receivedAt));
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
  shapes: LearntShapes<DepthShape>,
  snapshotWithinMs: Millis,
  { emit, nextGapId, givenUp }: FeedPorts,
): ChannelFeed {
  const depth = topic.depth ?? 50;
  const start = lineStart(topic);
  const gap = new SnapshotGap(topic, nextGapId, emit, givenUp);
  const book = new BookWatch(new SnapshotWait(snapshotWithinMs), gap, (reason) => pulse.resync(reason), emit);
  return {
    continuity: book,
    read(frame, receivedAt, now) {
      const event = readDepth(frame, topic, depth, receivedAt);
      if (typeof event === 'string') return { kind: 'bad', reason: event };
      pulse.arrived(now);
      return book.tell(event) ? broken : done;
    },
    splice(bytes, topicEnd, receivedAt, now) {
      for (const shape of shapes.all) {
        const spliced = shape.splice(bytes, topicEnd, start, depth, receivedAt);
        if (spliced === undefined) continue;
        pulse.arrived(now);
        return { sentAt: spliced.sentAt, isBroken: book.tell(spliced.event) };
      }
      return undefined;
    },
    learn(text, topicEnd) {
      shapes.parsed(() => {
        const shape = DepthShape.of(text);
        return shape?.splice(Buffer.from(text), topicEnd, start, depth, NEVER) === undefined
          ? undefined
          : shape;
      });
    },
  };
}

/** The same for a ticker. Changes that join nothing are no sign of its flow. */
export function tickerFeed(
  topic: Topic,
  pulse: FeedPulse,
  snapshotWithinMs: Millis,
  { emit, nextGapId, givenUp }: FeedPorts,
): ChannelFeed {
  const gap = new SnapshotGap(topic, nextGapId, emit, givenUp);
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
  ask: AskNewest | undefined,
  policy: CandleCheckPolicy,
): ChannelFeed {
  const line = new CandleLine(topic, ports);
  const owed = (timestamp: number): void => line.owed(timestamp);
  const check = ask && new CandleCheck(topic.symbol, policy, { ask, owed });
  const named = { ...topic, interval: topic.interval ?? '1' } as const;
  return {
    continuity: line,
    check,
    read(frame, receivedAt, now) {
      const { rows, bad } = readKlines(frame, named, receivedAt);
      if (bad !== undefined) {
        ports.bad(`${frame.topic}: ${bad}`);
        line.missed('bad_frame');
      }
      if (rows.length > 0) {
        pulse.arrived(now);
        check?.told();
      }
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
