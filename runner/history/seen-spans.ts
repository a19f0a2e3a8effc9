/**
 * What of one instrument's trades was seen completely, and what of it may be claimed beside the recorded trades.
 *
 * It begins a millisecond after the first live trade: of that millisecond others may have come before it. It goes on up to the newest
 * live trade, whose millisecond may not be over, so that nothing is ever claimed of what is still to come. A gap is a hole from its last
 * trade before to its first one after, both milliseconds included, until it is healed by trades that were told. A gap of an
 * earlier run that is healed is complete strictly between its ends; of their milliseconds only that run knows the other trades.
 *
 * What was claimed and turns out to be wrong is taken back: a gap may be told late. Bounded: of many holes, or after two days, what is
 * oldest is settled, and is neither claimed nor taken back any more.
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { GapEvent } from '../../shared/events/process-events.ts';
import { type Span, united, within, without } from '../../shared/spans.ts';

/** A span that is complete, or (`isMissed`) that was claimed before and is not. */
export type Claim = Span & {
  readonly isMissed: boolean;
  /**
   * It begins behind this trade of an earlier run, and what followed it was healed. So where that run has recorded the trade, and all up to
   * its millisecond, that millisecond is complete too.
   */
  readonly after?: string | undefined;
};

const MAX_HOLES = 1_000;
const SETTLED_AFTER_MS = 2 * 86_400_000;
/** What was missed at so little a distance counts as one hole. */
const JOINED_WITHIN_MS = 1_000;
/** The hole that ends with the next live trade. No gap_id begins with a space. */
const BLIND = ' blind';

export class SeenSpans {
  /** From here on this run sees, but for holes. */
  #begin: number | undefined;
  /** The newest live trade, and the newest one at the last claims. */
  #newest = Number.NEGATIVE_INFINITY;
  #claimedTo = Number.NEGATIVE_INFINITY;
  /** By gap_id, or a name of our own. */
  readonly #holes = new Map<string, Span>();
  /** Before the beginning. */
  #healed: Span[] = [];
  /** A gap of an earlier run that was healed up to a live trade that is still to come. */
  #awaited: { readonly id: string; readonly from: number } | undefined;
  /** Ids of trades of earlier runs, by the millisecond behind each of which something was healed. */
  readonly #resumed = new Map<number, string>();
  /** What was claimed, be it on its way; what of it is surely in the files; and all that may be there: what is wrong of that is taken back. */
  #sent: readonly Span[] = [];
  #confirmed: readonly Span[] = [];
  #said: readonly Span[] = [];
  #floor = Number.NEGATIVE_INFINITY;
  #isChanged = false;
  #ownHoles = 0;
  #lastMissed: string | undefined;

  /** A live trade was recorded. */
  live({ timestamp, id }: Pick<TradeEvent, 'timestamp' | 'id'>): void {
    if (this.#begin === undefined) this.#start(timestamp, id);
    if (this.#holes.size > 0) this.#seeAgain(timestamp);
    if (timestamp > this.#newest) this.#newest = timestamp;
  }

  /** Trades of this span were not recorded. */
  missed(from: number, to: number): void {
    this.#isChanged = true;
    const last = this.#lastMissed === undefined ? undefined : this.#holes.get(this.#lastMissed);
    const isJoined = last !== undefined && from >= last.from && from <= last.to + JOINED_WITHIN_MS;
    if (isJoined && this.#lastMissed !== undefined)
      this.#holes.set(this.#lastMissed, { from: last.from, to: Math.max(last.to, to) });
    else this.#lastMissed = this.#ownHole({ from, to });
  }

  /** From the newest live trade (or `from`, if that is earlier) on nothing is known, until the next one comes. */
  blind(from = this.#newest): void {
    this.#awaited = undefined;
    if (this.#newest === Number.NEGATIVE_INFINITY) this.#begin = undefined;
    if (this.#begin === undefined) return;
    this.#isChanged = true;
    const known = this.#holes.get(BLIND);
    const begin = Math.min(from, this.#newest, known?.from ?? Number.POSITIVE_INFINITY);
    this.#holes.set(BLIND, { from: begin, to: Number.POSITIVE_INFINITY });
  }

  /** Since the last claims something was told that could not be read: it may have been a trade. */
  doubt(): void {
    this.blind(this.#claimedTo);
  }

  /** A gap of this instrument's trades was opened, or has changed. */
  gap(gap: Pick<GapEvent, 'gap_id' | 'state' | 'from' | 'to' | 'healed_by'>): void {
    this.#isChanged = true;
    const { gap_id: id, state, from, to } = gap;
    // What an archive closes is closed in storage: its trades do not come by the feed.
    if (state === 'healed' && gap.healed_by !== 'archive') return this.#heal(gap);
    const before = this.#holes.get(id);
    if (state === 'lost' && to === null) {
      // Its end will never be told: the next live trade is one.
      this.#holes.delete(id);
      return this.blind(Math.min(before?.from ?? this.#newest, from?.timestamp ?? this.#newest));
    }
    const start = from?.timestamp ?? Number.NEGATIVE_INFINITY;
    // Its beginning was filled.
    if (before !== undefined && before.from > Number.NEGATIVE_INFINITY && start > before.from)
      this.#noteHealed({ from: before.from + 1, to: start });
    this.#holes.set(id, { from: start, to: (to?.timestamp ?? Number.POSITIVE_INFINITY) + 1 });
  }

  /**
   * What may be said now that was not said before; `isAll`: all that is not surely in the files. To be called when every trade that was
   * heard is about to be written.
   */
  claims(isAll = false): readonly Claim[] {
    if (!isAll && !this.#isChanged && this.#newest === this.#claimedTo) return none;
    const usual = isAll ? undefined : this.#goOn();
    if (usual !== undefined) return [usual];
    const feed = this.#begin === undefined ? [] : [{ from: this.#begin, to: this.#newest }];
    const base = united([...this.#healed, ...feed]);
    const truth = this.#holes.size === 0 ? base : without(base, united([...this.#holes.values()]));
    const missed = without(this.#said, truth);
    const added = without(truth, isAll ? this.#confirmed : this.#sent);
    this.#said = united([...this.#said, ...truth]);
    this.#sent = truth;
    this.#claimedTo = this.#newest;
    this.#isChanged = false;
    this.#settle();
    return [
      ...missed.map((span) => ({ ...span, isMissed: true })),
      ...added.map((span) => ({ ...span, isMissed: false, after: this.#resumed.get(span.from) })),
    ];
  }

  /** All that was claimed until now; to be handed to `confirm`. */
  get claimed(): readonly Span[] {
    return this.#sent;
  }

  /** These claims are in the files. */
  confirm(claimed: readonly Span[]): void {
    this.#confirmed = claimed;
    // Nothing else is on its way.
    if (claimed === this.#sent) this.#said = claimed;
  }

  /** What was claimed since the last confirmation is not in the files: it is claimed again, as far as it is true by then. */
  rejected(): void {
    this.#sent = within(this.#confirmed, { from: this.#floor, to: Number.POSITIVE_INFINITY });
    this.#isChanged = true;
  }

  #start(timestamp: number, id: string): void {
    this.#isChanged = true;
    this.#begin = (this.#awaited?.id === id ? this.#awaited.from : timestamp) + 1;
    this.#awaited = undefined;
  }

  #seeAgain(timestamp: number): void {
    const hole = this.#holes.get(BLIND);
    if (hole === undefined) return;
    this.#holes.delete(BLIND);
    this.#ownHole({ from: hole.from, to: Math.max(timestamp, this.#newest) + 1 });
    this.#isChanged = true;
  }

  #ownHole(hole: Span): string {
    this.#ownHoles += 1;
    const name = ` own ${this.#ownHoles}`;
    this.#holes.set(name, hole);
    return name;
  }

  #heal({ gap_id, from, to }: Pick<GapEvent, 'gap_id' | 'from' | 'to'>): void {
    const hole = this.#holes.get(gap_id);
    this.#holes.delete(gap_id);
    if (from === null) return;
    const begin = this.#begin;
    // The feed goes on over a gap of this run.
    if (begin !== undefined && from.timestamp >= begin - 1) return;
    if (this.#resumed.size < MAX_HOLES) this.#resumed.set(from.timestamp + 1, from.id);
    const start = Math.min(from.timestamp, hole !== undefined && hole.from > 0 ? hole.from : from.timestamp);
    if (to === null) {
      if (begin === undefined) this.#begin = start + 1;
      else this.#noteHealed({ from: start + 1, to: begin });
      return;
    }
    const isUpToFeed = begin !== undefined && to.timestamp >= begin - 1;
    this.#noteHealed({ from: start + 1, to: isUpToFeed ? begin : to.timestamp });
    if (begin === undefined) this.#awaited = { id: to.id, from: start };
  }

  #noteHealed(span: Span): void {
    if (this.#begin !== undefined && span.from >= this.#begin) return;
    if (this.#healed.length < MAX_HOLES) this.#healed.push(span);
  }

  /** The feed goes on, and nothing else has changed: so it is for hundreds of symbols, each time. */
  #goOn(): Claim | undefined {
    const last = this.#sent.at(-1);
    const isPlain = !this.#isChanged && this.#said === this.#sent && !this.#isSettlingDue;
    if (!isPlain || last === undefined || last.to !== this.#claimedTo) return undefined;
    this.#sent = this.#sent.with(-1, { from: last.from, to: this.#newest });
    this.#said = this.#sent;
    this.#claimedTo = this.#newest;
    return { from: last.to, to: this.#newest, isMissed: false };
  }

  get #isSettlingDue(): boolean {
    return this.#newest - this.#floor > 2 * SETTLED_AFTER_MS;
  }

  #settle(): void {
    let floor = Number.NEGATIVE_INFINITY;
    if (this.#isSettlingDue) floor = this.#newest - SETTLED_AFTER_MS;
    if (this.#holes.size > MAX_HOLES) {
      const ends = [...this.#holes.values()].map(({ to }) => to).toSorted((a, b) => a - b);
      floor = Math.max(floor, ends[ends.length >> 1] ?? floor);
    }
    if (floor <= this.#floor || !Number.isFinite(floor)) return;
    this.#floor = floor;
    const rest = { from: floor, to: Number.POSITIVE_INFINITY };
    this.#sent = within(this.#sent, rest);
    this.#said = within(this.#said, rest);
    this.#confirmed = within(this.#confirmed, rest);
    this.#healed = [...within(this.#healed, rest)];
    if (this.#begin !== undefined) this.#begin = Math.max(this.#begin, floor);
    for (const [id, { from, to }] of this.#holes) {
      if (to <= floor) this.#holes.delete(id);
      else if (from < floor) this.#holes.set(id, { from: floor, to });
    }
  }
}

const none: readonly Claim[] = [];
