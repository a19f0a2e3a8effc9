/**
 * The candles of one topic in their order: each closed one exactly once, and a gap where a close was not seen.
 *
 * A candle that is still open is told as often as the exchange pushes it. A candle never goes back: an older one, or one that
 * is closed already, is dropped and counted (testnet repeats them). When the next candle begins and the close of the one before
 * was not seen, a gap is told before it: `from` is the candle before the first one missing, `to` the first closed one after.
 * The missing ones can be fetched at once, since they are closed by then: they are told in their order, then the gap as healed.
 */
import type { KlineEvent } from '../../../shared/events/market-events.ts';
import type { GapBound, GapCause, GapEvent } from '../../../shared/events/process-events.ts';
import type { Interval, Topic } from '../../../shared/market.ts';
import type { UnixMs } from '../../../shared/time.ts';
import type { Emit } from '../silence/feed-pulse.ts';
import type { ResumePlace } from '../trades/trade-line.ts';
import { candleStart, missingKlines, neighbourStart } from './candle-times.ts';
import type { Continuity } from './continuity.ts';

/** Closed candles that are missing: `first` and `last` are the starts of the first and the last of them. */
export type MissingKlines = { readonly topic: Topic; readonly first: UnixMs; readonly last: UnixMs };

/**
 * Takes closed candles of what was asked for, in any order, in one call or several; others are passed over. Answers how many
 * are still missing; 0 also when nobody wants them any more.
 */
export type RecoveredKlines = (candles: readonly KlineEvent[]) => number;

/** Asks for closed candles from elsewhere. Whether and when it answers is its own matter; the gap waits. */
export type FetchKlines = (missing: MissingKlines, recovered: RecoveredKlines) => void;

export type CandlePorts = {
  readonly emit: Emit;
  readonly nextGapId: () => string;
  /** A candle was dropped: an older one, or one that was closed already. */
  readonly dropped: () => void;
  /** Without it, gaps stay open. */
  readonly fetchKlines: FetchKlines | undefined;
};

/** Nearly a week of minutes, and as many as one question may ask for: what is longer is left to others who fill in history. */
const MOST_MISSING = 10_000;

type CandleGap = {
  event: GapEvent;
  /** Starts of the candles that are still missing. */
  readonly missing: Set<number>;
  recovered: number;
  /** Longer than we remember: it is never called healed. */
  tooLong: boolean;
};

export class CandleLine implements Continuity {
  readonly #topic: Topic;
  readonly #interval: Interval;
  readonly #ports: CandlePorts;
  /** Start of the oldest candle that is not closed yet; undefined before the first. */
  #expected: number | undefined;
  /** Until the first candle: the last one of an earlier connector, and the gap that begins there, if it is told already. */
  #resumed: { readonly start: number; readonly gapId: string | undefined } | undefined;
  /** What has happened to the stream since the last candle. */
  #cause: GapCause | undefined;
  /** The gap whose end, the first closed candle after it, has not come. */
  #openGap: CandleGap | undefined;
  #ended = false;

  constructor(topic: Topic, ports: CandlePorts) {
    this.#topic = topic;
    this.#interval = topic.interval ?? '1';
    this.#ports = ports;
  }

  /**
   * Goes on behind the last closed candle that an earlier connector has told, with the id of the gap that begins there if it was
   * told. Has no meaning once this one has seen candles of its own.
   */
  resume({ id, gap_id }: ResumePlace): void {
    const start = Number(id);
    if (this.#expected !== undefined || !Number.isSafeInteger(start)) return;
    this.#expected = neighbourStart(this.#interval, start, 1);
    this.#resumed = { start, gapId: gap_id };
    // Who saw an earlier connector die has told a gap.
    this.#cause = gap_id === undefined ? 'resubscribed' : 'child_died';
  }

  /** Tells a candle, unless it goes back. `at` is our receipt. */
  tell(candle: KlineEvent, at: UnixMs): void {
    const { start, closed } = candle;
    // A place in the future must not shut the line for ever.
    if (this.#resumed !== undefined && start < this.#resumed.start) this.#expected = undefined;
    const expected = this.#expected;
    if (expected !== undefined && start < expected) {
      this.#ports.dropped();
      return;
    }
    if (expected !== undefined && start > expected) this.#missedClose(expected, start, at);
    this.#cause = undefined;
    this.#resumed = undefined;
    this.#expected = closed ? neighbourStart(this.#interval, start, 1) : start;
    if (closed && this.#openGap !== undefined) {
      this.#openGap.event = { ...this.#openGap.event, to: placeOf(start) };
      this.#ports.emit(this.#openGap.event);
      this.#openGap = undefined;
    }
    this.#ports.emit(candle);
  }

  /** Nothing has come, although the candle of this moment (ms) was owed: whatever comes first, that one is missed before it. */
  owed(timestamp: number): void {
    this.#expected ??= candleStart(this.#interval, timestamp);
  }

  unreadable(): boolean {
    this.missed('bad_frame');
    return false;
  }

  /** Nothing is told yet: whether a close was missed is known when the next candle comes. */
  missed(cause: GapCause): void {
    this.#cause ??= cause;
  }

  maybeMissed(): void {
    this.missed('bad_frame');
  }

  interrupted(cause: GapCause): void {
    this.missed(cause);
  }

  renewing(): void {
    this.missed('resubscribed');
  }

  ended(): void {
    this.#ended = true;
    if (this.#openGap !== undefined) this.#ports.emit({ ...this.#openGap.event, state: 'lost' });
    this.#openGap = undefined;
  }

  /** The candles from `expected` up to the one that starts at `start` were closed, and nobody told us how. */
  #missedClose(expected: number, start: number, at: UnixMs): void {
    const before = neighbourStart(this.#interval, expected, -1);
    this.#openGap ??= this.#open(before, at);
    const gap = this.#openGap;
    const starts = missingKlines(this.#interval, before, start, MOST_MISSING - gap.missing.size);
    const first = starts?.[0];
    const last = starts?.at(-1);
    if (starts === undefined || first === undefined || last === undefined) {
      gap.tooLong = true;
      return;
    }
    for (const missing of starts) gap.missing.add(missing);
    this.#ports.fetchKlines?.({ topic: this.#topic, first, last }, (candles) =>
      this.#recovered(gap, candles),
    );
  }

  #open(before: number, at: UnixMs): CandleGap {
    const event: GapEvent = {
      type: 'gap',
      gap_id: this.#resumed?.gapId ?? this.#ports.nextGapId(),
      state: 'open',
      ...this.#topic,
      // Without a known cause the exchange itself left the close out.
      cause: this.#cause ?? 'data_silent',
      from: placeOf(before),
      to: null,
      at,
    };
    // Who gave the id has told of the gap.
    if (this.#resumed?.gapId === undefined) this.#ports.emit(event);
    return { event, missing: new Set(), recovered: 0, tooLong: false };
  }

  #recovered(gap: CandleGap, candles: readonly KlineEvent[]): number {
    if (this.#ended || gap.missing.size === 0) return 0;
    for (const candle of candles.toSorted((one, other) => one.start - other.start)) {
      const isOurs = candle.closed && candle.interval === this.#interval;
      if (!isOurs || !gap.missing.delete(candle.start)) continue;
      gap.recovered += 1;
      this.#ports.emit(candle);
    }
    if (gap.missing.size === 0 && !gap.tooLong) this.#healed(gap);
    return gap.missing.size;
  }

  #healed(gap: CandleGap): void {
    if (this.#openGap === gap) this.#openGap = undefined;
    gap.event = { ...gap.event, state: 'healed', healed_by: 'klines', recovered: gap.recovered };
    this.#ports.emit(gap.event);
  }
}

/** Candles are named by their start. */
function placeOf(start: number): GapBound {
  return { id: String(start), timestamp: start };
}
