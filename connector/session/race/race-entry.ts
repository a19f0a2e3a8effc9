/** One topic in the race: on which sockets it is, where it flows, and what unites it. */
import type { UnnumberedEvent } from '../../../shared/events/event.ts';
import type { DepthEvent, LiquidationEvent, TickerEvent } from '../../../shared/events/market-events.ts';
import {
  type GapBound,
  type GapEvent,
  gapBound,
  liquidationBound,
  type StatusEvent,
} from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import type { Clock, Millis, MonoMs, UnixMs } from '../../../shared/time.ts';
import { placeOf } from '../feeds/book-watch.ts';
import { RacedCandles } from './raced-candles.ts';
import { RacedTopic } from './raced-topic.ts';
import { type Place, SpareLiquidations, SpareTicker } from './spare.ts';
import { SpareBook } from './spare-book.ts';

/** What names a topic within its market. */
export type Named = Pick<Topic, 'channel' | 'symbol' | 'interval'> & { readonly depth?: number | undefined };

export type RaceEntryPorts = {
  readonly replicas: number;
  readonly clock: Pick<Clock, 'unixMs' | 'monoMs'>;
  /** A socket that was lost is noticed within this while. */
  readonly noticedWithinMs: Millis;
  /** What one socket has brought, another one must bring within this. */
  readonly bringWithinMs: Millis;
  readonly emit: (event: UnnumberedEvent) => void;
};

/** What one socket has said of the topic. */
type Side = { socket: number | undefined; upSince: UnixMs | undefined; isFlowing: boolean };

export class RaceEntry {
  readonly #named: Named;
  readonly #ports: RaceEntryPorts;
  readonly #sides: readonly Side[];
  readonly depth: RacedTopic<DepthEvent> | undefined;
  readonly ticker: RacedTopic<TickerEvent> | undefined;
  readonly liquidation: RacedTopic<LiquidationEvent> | undefined;
  readonly candles: RacedCandles | undefined;
  #isToldStale = false;

  constructor(named: Named, ports: RaceEntryPorts) {
    const { channel, interval } = named;
    const { emit, replicas, clock, bringWithinMs } = ports;
    const blind = (gap: GapEvent): void => this.#blind(gap);
    const raced = { emit, bringWithinMs, blind, now: () => clock.monoMs(), at: () => clock.unixMs() };
    this.#named = named;
    this.#ports = ports;
    this.#sides = Array.from({ length: replicas }, () => ({
      socket: undefined,
      upSince: undefined,
      isFlowing: false,
    }));
    const bySnapshot = { state: 'healed', healed_by: 'snapshot' } as const;
    const spares = <T>(make: (side: Side) => T): readonly T[] => this.#sides.map(make);
    if (channel === 'depth') {
      const rules = { boundOf: placeOf, ended: bySnapshot };
      this.depth = new RacedTopic<DepthEvent>(
        spares(() => new SpareBook()),
        rules,
        raced,
      );
    }
    if (channel === 'ticker') {
      const rules = { boundOf: tickerPlace, ended: bySnapshot };
      this.ticker = new RacedTopic<TickerEvent>(
        spares(() => new SpareTicker()),
        rules,
        raced,
      );
    }
    if (channel === 'liquidation') {
      const all = spares((side) => new SpareLiquidations(this.#upOf(side)));
      this.liquidation = new RacedTopic<LiquidationEvent>(
        all,
        { boundOf: liquidationBound, ended: { state: 'lost' } },
        raced,
      );
    }
    if (channel === 'kline') this.candles = new RacedCandles(interval ?? '1', emit);
  }

  isOf(channel: Named['channel'], { depth, interval }: Omit<Named, 'channel'>): boolean {
    const own = this.#named;
    if (channel !== own.channel) return false;
    if (channel === 'depth') return (depth ?? 50) === (own.depth ?? 50);
    return channel !== 'kline' || (interval ?? '1') === (own.interval ?? '1');
  }

  isOn(replica: number, socket: number): boolean {
    return this.#sides[replica]?.socket === socket;
  }

  /** The one that is told; undefined before the first event, and where all are united. */
  get active(): number | undefined {
    return this.#raced?.active;
  }

  get switches(): number {
    return this.#raced?.switches ?? 0;
  }

  /** Data prove the subscription, also where nobody acknowledged. */
  liquidated(replica: number, event: LiquidationEvent): void {
    const side = this.#sides[replica];
    if (side !== undefined) side.upSince ??= this.#ports.clock.unixMs();
    this.liquidation?.data(replica, event);
  }

  gap(replica: number, gap: GapEvent): void {
    if (this.candles === undefined) this.#raced?.gap(replica, gap);
    else this.candles.gap(gap);
  }

  status(replica: number, event: StatusEvent): void {
    const side = this.#sides[replica];
    if (side === undefined) return;
    side.socket = event.socket ?? side.socket;
    switch (event.status) {
      case 'subscribed':
        side.upSince ??= this.#ports.clock.unixMs();
        return this.#ports.emit(event);
      case 'flowing':
        side.isFlowing = true;
        return this.#flows(event);
      case 'stale':
        side.isFlowing = false;
        return this.#stale(event);
      case 'resync':
        if (this.#raced === undefined || (replica === this.active && !this.#raced.isHeldBack))
          this.#ports.emit(event);
        return;
      default:
        return this.#ports.emit(event);
    }
  }

  /** The socket of this side is gone. */
  lost(replica: number): void {
    const side = this.#sides[replica];
    if (side === undefined) return;
    side.upSince = undefined;
    side.isFlowing = false;
    this.#raced?.lost(replica);
  }

  /** Looks at the clock. */
  tick(now: MonoMs): void {
    this.#raced?.tick(now);
  }

  get #raced() {
    return this.depth ?? this.ticker ?? this.liquidation;
  }

  /**
   * What is known of a book or a ticker is not true any more, and no status of its sockets says so: one of them is there, but what it
   * brings is older, or has not begun.
   */
  #blind({ cause, channel, category, symbol, depth }: GapEvent): void {
    const isUp = this.#sides.some(({ upSince }) => upSince !== undefined);
    if (this.liquidation !== undefined || this.#isToldStale || !isUp) return;
    const reason = `nothing joins what was told last (${cause}): it goes on when the other socket has come so far, or with a snapshot`;
    const topic = { channel, category, symbol, ...(depth === undefined ? {} : { depth }) };
    this.#ports.emit({ type: 'status', status: 'resync', scope: 'topic', ...topic, reason });
  }

  /** Told when it flows for the first time, and after it was told to be stale; data of another socket may have come first. */
  #flows(event: StatusEvent): void {
    const others = this.#sides.filter(({ isFlowing }) => isFlowing).length;
    // With a reason it says why nothing comes.
    if (others > 1 && !this.#isToldStale && event.reason === undefined) return;
    this.#isToldStale = false;
    this.#ports.emit(event);
  }

  /** Where it flows elsewhere the other socket takes over, by the gap that follows. */
  #stale(event: StatusEvent): void {
    const isElsewhere = this.#sides.some(({ isFlowing }) => isFlowing);
    if (isElsewhere) return;
    this.#isToldStale = true;
    this.#ports.emit(event);
  }

  #upOf(side: Side) {
    const { clock, noticedWithinMs } = this.#ports;
    return {
      isUp: () => side.upSince !== undefined,
      isSince: (last: Place | undefined) => {
        if (last === undefined) return true;
        if (side.upSince === undefined) return false;
        const isOld = clock.unixMs() - side.upSince >= noticedWithinMs;
        return isOld || side.upSince <= Math.floor((last.received_at ?? 0) / 1_000);
      },
    };
  }
}

function tickerPlace({ timestamp }: TickerEvent): GapBound {
  return gapBound({ id: String(timestamp), timestamp });
}
