/**
 * One ticker: what is known of it so far, merged from a snapshot and the changes since.
 *
 * Every ticker that is told is whole. Changes before a snapshot are dropped, also after anything that may have swallowed one:
 * tickers carry no counter, so a field that is behind would look like one that has not changed.
 */
import type { TickerEvent } from '../../../shared/events/market-events.ts';
import type { GapBound, GapCause } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import type { MonoMs, UnixMicros, UnixMs } from '../../../shared/time.ts';
import type { TickerFields, TickerPatch } from '../../bybit/tickers.ts';
import type { Emit } from '../silence/feed-pulse.ts';
import type { Continuity } from './continuity.ts';
import type { SnapshotGap } from './snapshot-gap.ts';
import type { SnapshotWait } from './snapshot-wait.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export class TickerWatch implements Continuity {
  readonly #topic: Topic;
  readonly #wait: SnapshotWait;
  readonly #gap: SnapshotGap;
  readonly #resync: (reason: string) => void;
  readonly #emit: Emit;
  /** Undefined until a snapshot comes. */
  #known: Writable<TickerFields> | undefined;
  /** When the exchange pushed the newest one that was told. */
  #lastAt: number | undefined;

  /** `resync` tells why the ticker is asked for anew. */
  constructor(
    topic: Topic,
    wait: SnapshotWait,
    gap: SnapshotGap,
    resync: (reason: string) => void,
    emit: Emit,
  ) {
    this.#topic = topic;
    this.#wait = wait;
    this.#gap = gap;
    this.#resync = resync;
    this.#emit = emit;
  }

  /** What can be told of a frame must be told; a change that joins nothing cannot. */
  canTell({ action }: TickerPatch): boolean {
    return action === 'snapshot' || this.#known !== undefined;
  }

  /** Tells the whole ticker as it is after this frame, pushed at `sentAt` (the exchange's clock, ms). */
  tell({ action, fields }: TickerPatch, sentAt: number, receivedAt: UnixMicros): void {
    const known = action === 'snapshot' ? {} : this.#known;
    if (known === undefined) return;
    for (const [name, value] of fields) {
      if (value === undefined) delete known[name];
      else known[name] = value;
    }
    this.#known = known;
    if (this.#gap.isOpen) this.#gap.healedBySnapshot(placeAt(sentAt));
    this.#lastAt = sentAt;
    const { category, symbol } = this.#topic;
    const times = { timestamp: sentAt, sent_at: sentAt, received_at: receivedAt };
    const event: TickerEvent = { type: 'ticker', category, symbol, ...times, ...known };
    this.#emit(event);
  }

  unreadable(at: UnixMs): boolean {
    if (this.#known === undefined) return false;
    this.missed('bad_frame', at);
    this.#resync('a frame of this ticker could not be read: the ticker is fetched anew');
    return true;
  }

  missed(cause: GapCause, at: UnixMs): void {
    this.#known = undefined;
    this.#gap.open(cause, at, this.#lastAt === undefined ? undefined : placeAt(this.#lastAt));
  }

  maybeMissed(at: UnixMs): void {
    this.missed('bad_frame', at);
  }

  interrupted(cause: GapCause, at: UnixMs): void {
    this.missed(cause, at);
  }

  renewing(at: UnixMs): void {
    this.missed('resubscribed', at);
  }

  ended(): void {
    this.#gap.giveUp(this.#lastAt === undefined ? undefined : placeAt(this.#lastAt));
  }

  isOverdue(now: MonoMs): boolean {
    const reason = this.#wait.overdue(this.awaitsSnapshot, now);
    if (reason === undefined) return false;
    this.#resync(reason);
    return true;
  }

  get awaitsSnapshot(): boolean {
    return this.#known === undefined;
  }
}

/** Tickers have no id: the moment of the push names them. */
function placeAt(sentAt: number): GapBound {
  return { id: String(sentAt), timestamp: sentAt };
}
