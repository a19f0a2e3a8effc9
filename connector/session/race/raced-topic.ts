/**
 * One topic on raced sockets of which one is told: when that one is lost, breaks or falls silent, another one takes over by what
 * it kept ready. A gap is told only where something may be missing.
 *
 * Another one takes over only when what it has is as new as what was told. One that knows as much and nothing new is waited for,
 * since telling the same again would make a topic look alive that may be silent on both. One that is behind is given a moment to
 * bring what the lost one had brought; then the gap is told, and it takes over when it has come so far.
 */
import type { UnnumberedEvent } from '../../../shared/events/event.ts';
import type { DepthEvent, LiquidationEvent, TickerEvent } from '../../../shared/events/market-events.ts';
import type { GapBound, GapEvent } from '../../../shared/events/process-events.ts';
import { after, type Millis, type MonoMs, type UnixMs } from '../../../shared/time.ts';
import type { Place, Spare, Standing } from './spare.ts';

export type RacedEvent = DepthEvent | TickerEvent | LiquidationEvent;

export type RacedRules<E> = {
  readonly boundOf: (event: E) => GapBound;
  /** What a gap is when another socket has taken over. */
  readonly ended: Pick<GapEvent, 'state' | 'healed_by'>;
};

export type RacedPorts = {
  readonly emit: (event: UnnumberedEvent) => void;
  readonly now: () => MonoMs;
  readonly at: () => UnixMs;
  /** What one socket has brought, another one must bring within this. */
  readonly bringWithinMs: Millis;
  /** A gap was told of which nobody knows when it ends. */
  readonly blind: (gap: GapEvent) => void;
};

/** A gap of the socket that is told, which is not: another one may go on without a hole. `until` that is seen. */
type Untold = { readonly gap: GapEvent; until: MonoMs | undefined };

/** Best first. */
const standings: readonly Standing[] = ['ready', 'level', 'behind'];

export class RacedTopic<E extends RacedEvent> {
  readonly #spares: readonly Spare<E>[];
  readonly #rules: RacedRules<E>;
  readonly #ports: RacedPorts;
  /** The one that is told; undefined before the first. */
  #active: number | undefined;
  #last: Place | undefined;
  /** A gap without an end, as it was told. */
  #gap: GapEvent | undefined;
  #untold: Untold | undefined;
  /** Of a socket that was lost before anything was told, while another one was there: the first that was not told. */
  #headless: GapEvent | undefined;
  /** The socket that is told was lost. When it had told something, a gap says so; else the next event of another one ends this. */
  #isOrphan = false;
  /** Changes of the socket that is told, since the beginning. */
  switches = 0;

  /** `spares`: one for each socket. */
  constructor(spares: readonly Spare<E>[], rules: RacedRules<E>, ports: RacedPorts) {
    this.#spares = spares;
    this.#rules = rules;
    this.#ports = ports;
  }

  get active(): number | undefined {
    return this.#active;
  }

  /** The one that is told has a gap, which is not told yet, or will not be. */
  get isHeldBack(): boolean {
    return this.#untold !== undefined;
  }

  data(replica: number, event: E): void {
    const spare = this.#spares[replica];
    if (replica === this.#active) {
      this.#isOrphan = false;
      if (spare?.wasTold?.(event) !== true) this.#tell(event);
      return;
    }
    spare?.hold(event);
    const isAwaited = this.#active === undefined || this.#isOrphan || this.#untold !== undefined;
    if (!isAwaited && this.#gap === undefined) return;
    const standing = spare?.standing(this.#last);
    // After a gap also what was told last ends it.
    if (standing === 'ready' || (standing === 'level' && this.#gap !== undefined))
      this.#switchTo(replica, undefined);
    else if (standing === 'level' && this.#untold !== undefined) this.#untold.until = undefined;
  }

  gap(replica: number, gap: GapEvent): void {
    const known = this.#gap ?? this.#untold?.gap;
    const isNew = gap.state === 'open' && gap.to === null && gap.gap_id !== known?.gap_id;
    if (replica !== this.#active) {
      if (isNew && gap.from === null) this.#headless ??= gap;
      if (isNew) this.#gone(replica);
      // Nobody wants the topic any more.
      else if (gap.to === null && gap.gap_id === this.#gap?.gap_id) this.#ended(gap);
    } else if (isNew) {
      if (known === undefined) this.#giveWay(gap);
    } else if (gap.gap_id === known?.gap_id) this.#ended(gap);
  }

  /** The socket is gone. */
  lost(replica: number): void {
    if (replica === this.#active) this.#isOrphan = true;
    this.#gone(replica);
  }

  /** Looks at the clock. */
  tick(now: MonoMs): void {
    const until = this.#untold?.until;
    if (until !== undefined && now >= until) this.#tellUntold();
  }

  /** What its socket holds does not join what will come, and nobody need wait for it. */
  #gone(replica: number): void {
    this.#spares[replica]?.clear();
    this.#missHeadless(replica);
    if (this.#untold !== undefined && this.#best().standing === 'none') this.#tellUntold();
  }

  /** Nothing was told, though it is owed, and no socket beside this one is there that will bring it. */
  #missHeadless(replica: number): void {
    if (this.#headless === undefined || this.#active !== undefined || this.#gap !== undefined) return;
    const isBrought = this.#spares.some(
      (spare, other) => other !== replica && spare.standing(undefined) !== 'none',
    );
    if (!isBrought) this.#tellGap({ ...this.#headless, at: this.#ports.at() });
  }

  /** The one that is told goes on after all, behind its gap. */
  #ended(gap: GapEvent): void {
    const isUntold = this.#untold !== undefined;
    // It goes on where it was: no other one had anything newer meanwhile, and nothing is missing.
    const isNone = isUntold && gap.to?.seq !== undefined && gap.to.seq === this.#last?.seq;
    if (isUntold && !isNone) this.#tellUntold();
    this.#untold = undefined;
    this.#gap = undefined;
    if (!isNone) this.#ports.emit(gap);
  }

  /** Another socket takes over if one can. `gap` is what the present one tells. */
  #giveWay(gap: GapEvent): void {
    const { replica, standing } = this.#best();
    if (standing === 'ready') return this.#switchTo(replica, gap);
    if (standing === 'none') return this.#tellGap(gap);
    const { now, bringWithinMs } = this.#ports;
    this.#untold = { gap, until: standing === 'level' ? undefined : after(now(), bringWithinMs) };
  }

  /** The spare that is furthest. */
  #best(): { readonly replica: number; readonly standing: Standing } {
    for (const standing of standings) {
      const replica = this.#spares.findIndex(
        (spare, other) => other !== this.#active && spare.standing(this.#last) === standing,
      );
      if (replica >= 0) return { replica, standing };
    }
    return { replica: -1, standing: 'none' };
  }

  #tellUntold(): void {
    const untold = this.#untold;
    this.#untold = undefined;
    if (untold !== undefined) this.#tellGap(untold.gap);
  }

  #tellGap(gap: GapEvent): void {
    this.#gap = gap;
    this.#ports.emit(gap);
    this.#ports.blind(gap);
  }

  #switchTo(replica: number, present: GapEvent | undefined): void {
    const gap = present ?? this.#untold?.gap;
    this.#untold = undefined;
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
      this.#ports.emit(gap);
    }
    this.#spares[replica]?.tookOver();
    for (const event of events) this.#tell(event);
  }

  #tell(event: E): void {
    if (this.#gap !== undefined) {
      this.#ports.emit({ ...this.#gap, ...this.#rules.ended, to: this.#rules.boundOf(event) });
      this.#gap = undefined;
    }
    const place: Place = {
      timestamp: event.timestamp,
      received_at: event.received_at,
      seq: event.type === 'depth' ? event.seq : undefined,
    };
    this.#last = place;
    this.#ports.emit(event);
    for (const [replica, spare] of this.#spares.entries())
      if (replica !== this.#active) spare.told(event, place);
  }
}
