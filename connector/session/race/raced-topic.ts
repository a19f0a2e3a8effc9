/**
 * One topic on raced sockets of which one is told: when that one is lost, breaks or falls silent, another one takes over by what
 * it kept ready. A gap is told only where something may be missing.
 */
import type { UnnumberedEvent } from '../../../shared/events/event.ts';
import type { DepthEvent, LiquidationEvent, TickerEvent } from '../../../shared/events/market-events.ts';
import type { GapBound, GapEvent } from '../../../shared/events/process-events.ts';
import type { Spare } from './spare.ts';

export type RacedEvent = DepthEvent | TickerEvent | LiquidationEvent;

export type RacedRules<E> = {
  readonly boundOf: (event: E) => GapBound;
  /** What a gap is when another socket has taken over. */
  readonly ended: Pick<GapEvent, 'state' | 'healed_by'>;
};

export class RacedTopic<E extends RacedEvent> {
  readonly #spares: readonly Spare<E>[];
  readonly #rules: RacedRules<E>;
  readonly #emit: (event: UnnumberedEvent) => void;
  /** The one that is told; undefined before the first. */
  #active: number | undefined;
  #last: E | undefined;
  /** A gap without an end, as it was told. */
  #gap: GapEvent | undefined;
  /** The socket that is told was lost. When it had told something, a gap says so; else the next event of another one ends this. */
  #isOrphan = false;
  /** Changes of the socket that is told, since the beginning. */
  switches = 0;

  /** `spares`: one for each socket. */
  constructor(spares: readonly Spare<E>[], rules: RacedRules<E>, emit: (event: UnnumberedEvent) => void) {
    this.#spares = spares;
    this.#rules = rules;
    this.#emit = emit;
  }

  get active(): number | undefined {
    return this.#active;
  }

  data(replica: number, event: E): void {
    const spare = this.#spares[replica];
    if (replica === this.#active) {
      this.#isOrphan = false;
      if (spare?.wasTold?.(event) !== true) this.#tell(event);
      return;
    }
    spare?.hold(event);
    const isAwaited = this.#active === undefined || this.#gap !== undefined || this.#isOrphan;
    if (isAwaited && spare?.isReady === true) this.#switchTo(replica, undefined);
  }

  gap(replica: number, gap: GapEvent): void {
    const isNew = gap.state === 'open' && gap.to === null && gap.gap_id !== this.#gap?.gap_id;
    if (replica !== this.#active) {
      if (isNew) this.#spares[replica]?.clear();
    } else if (!isNew) {
      if (gap.gap_id !== this.#gap?.gap_id) return;
      this.#gap = undefined;
      this.#emit(gap);
    } else if (this.#gap === undefined && !this.#yield(gap)) {
      this.#gap = gap;
      this.#emit(gap);
    }
  }

  /** The socket is gone. */
  lost(replica: number): void {
    this.#spares[replica]?.clear();
    if (replica === this.#active) this.#isOrphan = true;
  }

  /** Another socket takes over if one can. `gap` is what the present one would tell. */
  #yield(gap: GapEvent): boolean {
    const next = this.#spares.findIndex((spare, replica) => replica !== this.#active && spare.isReady);
    if (next < 0) return false;
    this.#switchTo(next, gap);
    return true;
  }

  #switchTo(replica: number, gap: GapEvent | undefined): void {
    const { events, isWhole } = this.#spares[replica]?.takeOver(this.#last) ?? { events: [], isWhole: false };
    if (this.#active !== undefined) {
      this.#spares[this.#active]?.clear();
      this.switches += 1;
    }
    this.#active = replica;
    this.#isOrphan = false;
    // A hole before the spare's beginning: its ends are known at once, or with its first event.
    if (!isWhole && gap !== undefined && this.#gap === undefined && this.#last !== undefined) {
      this.#gap = gap;
      this.#emit(gap);
    }
    this.#spares[replica]?.tookOver();
    for (const event of events) this.#tell(event);
  }

  #tell(event: E): void {
    if (this.#gap !== undefined) {
      this.#emit({ ...this.#gap, ...this.#rules.ended, to: this.#rules.boundOf(event) });
      this.#gap = undefined;
    }
    this.#last = event;
    this.#emit(event);
    for (const [replica, spare] of this.#spares.entries()) if (replica !== this.#active) spare.told(event);
  }
}
