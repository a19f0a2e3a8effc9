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
export type HopChannel = (typeof hopChannels)[number];
export type ChannelHops = Readonly<Record<EventHop, LatencyHistogram>>;

/** The wall clock is looked at this often (ms); between two looks the monotonic one, which was read for the event anyway, goes on. */
const LOOK_EVERY_MS = 100;

export class Hops {
  readonly trades = newHops();
  readonly depth = newHops();
  readonly #clock: Pick<Clock, 'unixMicros' | 'monoMs'>;
  #wallMinusMono = 0;
  #nextLook = -Infinity;

  constructor(clock: Pick<Clock, 'unixMicros' | 'monoMs'>) {
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

  #look(): void {
    const mono = this.#clock.monoMs();
    this.#wallMinusMono = this.#clock.unixMicros() - mono * 1_000;
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
