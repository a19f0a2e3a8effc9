/**
 * What makes a channel's stream whole, beyond its pulse: the gaps of trades, the sync of a book, the row of candles.
 *
 * A channel keeps the calls that concern it.
 */
import type { GapCause } from '../../../shared/events/process-events.ts';
import type { MonoMs, UnixMicros, UnixMs } from '../../../shared/time.ts';
import type { DataFrame } from '../../bybit/frames.ts';
import type { TopicCheck } from '../silence/silence-check.ts';
import type { Resume } from '../trades/trade-line-types.ts';

export type Continuity = {
  /** A frame of this topic could not be read. Answers true when the topic must be asked for anew. */
  unreadable?(at: UnixMs): boolean;
  /** Data of this topic may be missing, and its stream goes on. */
  missed?(cause: GapCause, at: UnixMs): void;
  /** Something could not be read, and nothing tells whether it was of this topic. Left out where the topic's own data tell. */
  maybeMissed?(at: UnixMs): void;
  /** The connection is gone: what comes next does not join what came before. */
  interrupted?(cause: GapCause, at: UnixMs): void;
  /** The topic is being asked for anew on the same connection. */
  renewing?(at: UnixMs): void;
  /** Nobody answered our request; `renewing` follows. */
  unanswered?(at: UnixMs): void;
  /** The exchange agreed to our request. */
  agreed?(now: MonoMs): void;
  /** The stream is given up on our side until it can begin anew. */
  dropped?(): void;
  /** Goes on where an earlier connector, or subscription, had ended; without effect once something of the topic was seen. */
  resume?(resume: Resume, at: UnixMs): void;
  /** Nobody wants the topic any more: nothing of it is told from now on, not even what was asked for before. */
  ended?(): void;
  /** Looks at the clock. Answers true when the beginning was waited for too long: the topic is asked for anew. */
  isOverdue?(now: MonoMs): boolean;
  /** True while the stream has not begun, so that its silence is judged by `isOverdue` alone. */
  readonly awaitsSnapshot?: boolean;
};

/** What is particular to one channel. */
export type ChannelFeed = {
  readonly continuity: Continuity;
  /** Reads and tells one frame of the topic. Answers what became of it; the feed's owner does what must be done. */
  readonly read: (frame: DataFrame, receivedAt: UnixMicros, now: MonoMs) => FrameOutcome;
  /** The same from the bytes of a frame whose topic ends at `topicEnd`; undefined when it must be parsed. */
  readonly splice?: Splice;
  /** A frame that had to be parsed was read whole: it may teach how to do without. */
  readonly learn?: (text: string, topicEnd: number) => void;
  /** Asks the exchange about a silence before it is called one. */
  readonly check?: TopicCheck | undefined;
};

export type Splice = (
  bytes: Buffer,
  topicEnd: number,
  receivedAt: UnixMicros,
  now: MonoMs,
) => SpliceOutcome | undefined;

/** `sentAt`: when the exchange pushed the frame, ms. */
export type SpliceOutcome = { readonly sentAt: number; readonly isBroken: boolean };

/** `broken`: the topic must be asked for anew. `bad`: the whole frame could not be read, and why. */
export type FrameOutcome =
  | { readonly kind: 'done' | 'broken' }
  | { readonly kind: 'bad'; readonly reason: string };
