/**
 * How long an event was on its way, hop by hop: matching engine, push, child, runner, strategies.
 *
 * Only live data are measured: what was healed, comes from an archive or is replayed is old by nature. A snapshot of a book
 * carries the time of its last change, which may be long ago in a quiet market, so it says nothing of the exchange's part.
 *
 * Three clocks take part. engine_to_push is within the exchange. push_to_child and total span two machines: the difference of
 * their clocks is in them (the clock metrics say how much that is). The others are measured on this machine.
 */
import type { DepthEvent, TradeEvent } from '../../shared/events/market-events.ts';
import type { Clock, MonoMs } from '../../shared/time.ts';
import { LatencyHistogram } from './latency-histogram.ts';

/** The hops of a single event, in the order of its way; `total` is from the matching engine to the runner. */
export const eventHops = ['engine_to_push', 'push_to_child', 'child_to_runner', 'total'] as const;
export type EventHop = (typeof eventHops)[number];
export const hopChannels = ['trades', 'depth'] as const;
export type ChannelHops = Readonly<Record<EventHop, LatencyHistogram>>;

/** The wall clock is looked at this often (ms); between two looks the monotonic one, which was read for the event anyway, goes on. */
const LOOK_EVERY_MS = 10;
/** How long a look counts, at least (ms). */
const WINDOW_MS = 1_000;
/** The wall clock tells whole milliseconds; when it is further off than that, it was set. */
const STEP_MS = 2;

export class Hops {
  readonly trades = newHops();
  readonly depth = newHops();
  readonly #clock: Pick<Clock, 'unixMs' | 'monoMs'>;
  /** Microseconds. */
  #wallMinusMono = 0;
  /** The largest looks of the running window and of the one before, ms. */
  #largest = 0;
  #before = 0;
  #windowEnds = 0;
  #nextLook = -Infinity;

  constructor(clock: Pick<Clock, 'unixMs' | 'monoMs'>) {
    this.#clock = clock;
  }

  /** `now`: when the runner had read the event. */
  trade(event: TradeEvent, now: MonoMs): void {
    if (event.origin !== undefined && event.origin !== 'live') return;
    this.#record(this.trades, event, now, true);
  }

  book(event: DepthEvent, now: MonoMs): void {
    this.#record(this.depth, event, now, event.action === 'delta');
  }

  #record(hops: ChannelHops, event: TradeEvent | DepthEvent, now: MonoMs, isNew: boolean): void {
    const { timestamp, sent_at: sentAt, received_at: receivedAt } = event;
    if (now >= this.#nextLook) this.#look();
    const here = this.#wallMinusMono + now * 1_000;
    if (isNew) {
      if (sentAt !== undefined) hops.engine_to_push.record((sentAt - timestamp) * 1_000);
      hops.total.record(here - timestamp * 1_000);
    }
    if (receivedAt === undefined) return;
    if (sentAt !== undefined) hops.push_to_child.record(receivedAt - sentAt * 1_000);
    hops.child_to_runner.record(here - receivedAt);
  }

  /**
   * The wall clock cuts off what is below a millisecond, which is more than an event needs from the child to us. So the largest
   * of many looks is the true one, up to a few microseconds.
   */
  #look(): void {
    const mono = this.#clock.monoMs();
    const ahead = this.#clock.unixMs() - mono;
    const wasSet = Math.abs(ahead * 1_000 - this.#wallMinusMono) > STEP_MS * 1_000;
    if (wasSet || mono >= this.#windowEnds) {
      this.#before = wasSet ? ahead : this.#largest;
      this.#largest = ahead;
      this.#windowEnds = mono + WINDOW_MS;
    } else this.#largest = Math.max(this.#largest, ahead);
    this.#wallMinusMono = Math.max(this.#before, this.#largest) * 1_000;
    this.#nextLook = mono + LOOK_EVERY_MS;
  }
}

function newHops(): ChannelHops {
  return {
    engine_to_push: new LatencyHistogram(),
    push_to_child: new LatencyHistogram(),
    child_to_runner: new LatencyHistogram(),
    total: new LatencyHistogram(),
  };
}
