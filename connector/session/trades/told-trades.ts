/**
 * What one line of trades has told of late, to be held against the exchange's list of its newest trades.
 *
 * Nothing in the stream counts trades: what was left out of a joined socket's run without a word is shown by nobody but the list,
 * which is one unbroken run. What stands in it between two trades that were told live, with no gap between them, and
 * was not told itself, was left out. Remembered is only what is told while the topic is watched (trade-audit.ts).
 */
import type { UnnumberedEvent } from '../../../shared/events/event.ts';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import { type GapEvent, gapBound } from '../../../shared/events/process-events.ts';
import { digestOfText } from '../../../shared/text-digest.ts';
import { type Millis, type UnixMs, unixMs } from '../../../shared/time.ts';
import type { LineGaps } from './trade-line-gaps.ts';
import { RecentList, type TradePlace } from './trade-overlap.ts';
import { type RingEntry, TradeRing } from './trade-ring.ts';

/** Trades remembered a watched topic; twice what a list holds. */
export const WATCHED_TRADES = 2_048;

export type ToldPolicy = {
  /** What is younger than this by the exchange's clock may be on its way. */
  readonly inFlightMs: Millis;
  /** Frames change their order by less than this: what was told so long before the first remembered one is not in question. */
  readonly marginMs: Millis;
};

/** Trades of a list that were not told, between two that were. */
export type Hole = { readonly from: TradePlace; readonly to: TradePlace; readonly count: number };

export class ToldTrades {
  /** The turn in which the topic was audited last, and since which it is watched (trade-audit.ts). */
  turn = 0;
  watchedSince: number | undefined;
  readonly #policy: ToldPolicy;
  /** Found by id only when a list is read: that is seldom, and trades are many. */
  readonly #newest = new TradeRing(WATCHED_TRADES);
  #count = 0;
  /** What is told live between two gaps is one stretch: nothing in it is known to be missing. */
  #stretch = 0;
  #stretches = 0;
  /** So many had been told when a list was read last. */
  #auditedAt = 0;
  /** What happened before this may have been told before all that is remembered, ms by the exchange's clock. */
  #knownFrom: number | undefined;

  constructor(policy: ToldPolicy) {
    this.#policy = policy;
  }

  watch(turn: number): void {
    this.watchedSince ??= turn;
  }

  unwatch(): void {
    if (this.watchedSince === undefined) return;
    this.watchedSince = undefined;
    this.#newest.clear();
    this.#knownFrom = undefined;
  }

  /** A list could show something new. */
  get isOfUse(): boolean {
    return this.#count - this.#auditedAt >= 2;
  }

  /** Whatever the line tells; to be called before anybody hears of it. */
  heard(event: UnnumberedEvent): void {
    if (this.watchedSince === undefined) return;
    if (event.type === 'trade') this.#add(event);
    else if (event.type === 'gap') this.#interrupted(event);
  }

  /**
   * A gap begins: what is told live from now on is behind it. Where it heals before a trade has come after it the line goes on
   * where it stood.
   */
  #interrupted({ state, from, to }: GapEvent): void {
    if (to !== null) return;
    const before =
      state === 'healed' && from !== null ? this.#newest.byId().get(digestOfText(from.id)) : undefined;
    if (before === undefined) {
      this.#stretches += 1;
      this.#stretch = this.#stretches;
      return;
    }
    this.#newest.join(this.#stretch, before.stretch);
    this.#stretch = before.stretch;
  }

  /** Where a list shows that something was left out; undefined where it does not reach what was told. */
  holes(rows: readonly TradeEvent[], exchangeAt: UnixMs): readonly Hole[] | undefined {
    const entries = this.#newest.byId();
    const knownFrom = (this.#knownFrom ?? Number.POSITIVE_INFINITY) + this.#policy.marginMs;
    const until = exchangeAt - this.#policy.inFlightMs;
    let reached = 0;
    let found: Hole[] = [];
    const holes: Hole[] = [];
    let sure: RingEntry | undefined;
    let from: TradeEvent | undefined;
    let count = 0;
    let isSettled = true;
    for (const row of rows) {
      const entry = entries.get(digestOf(row));
      if (entry === undefined) {
        count += 1;
        isSettled = row.timestamp <= until;
        continue;
      }
      if (from !== undefined && count > 0 && isSettled)
        found.push({ from: gapBound(from), to: gapBound(row), count });
      from = row;
      count = 0;
      if (!entry.isLive || row.timestamp < knownFrom) continue;
      // Between two stretches lies what was told to be missing.
      if (sure?.stretch === entry.stretch) {
        reached += 1;
        holes.push(...found);
      }
      sure = entry;
      found = [];
    }
    return reached === 0 ? undefined : holes;
  }

  /** Tells, as gaps that are healed at once, what a list shows to be left out. Answers how many trades; undefined: it proves nothing. */
  fillIn(
    gaps: LineGaps,
    rows: readonly TradeEvent[],
    exchangeAt: UnixMs,
    canHeal: () => void,
  ): number | undefined {
    // While it is known that something is missing, who heals that reads lists.
    if (gaps.size > 0) return undefined;
    const holes = this.holes(rows, exchangeAt);
    if (holes === undefined) return undefined;
    this.#auditedAt = this.#count;
    if (holes.length === 0) return 0;
    const at = unixMs(Math.floor((rows[0]?.received_at ?? exchangeAt * 1_000) / 1_000));
    for (const { from, to } of holes) gaps.pending.between('data_silent', from, to, at);
    gaps.recent(new RecentList(rows));
    // The reader had no room for all of it: another list brings the rest.
    if (gaps.size > 0) canHeal();
    return holes.reduce((sum, { count }) => sum + count, 0);
  }

  #add(trade: TradeEvent): void {
    const { timestamp } = trade;
    this.#count += 1;
    this.#knownFrom ??= timestamp;
    const entry = { timestamp, isLive: trade.origin !== 'healed', stretch: this.#stretch };
    const leaving = this.#newest.push(digestOf(trade), entry);
    if (leaving !== undefined) this.#knownFrom = Math.max(this.#knownFrom, leaving);
  }
}

/** A trade that was cut out of its frame knows the bytes of its id, and need not make a text of them. */
type Digested = TradeEvent & { readonly idDigest?: number };

function digestOf(trade: Digested): number {
  return trade.idDigest ?? digestOfText(trade.id);
}
