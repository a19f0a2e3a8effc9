/**
 * What one socket has brought of a topic since nothing of it was missed last: an unbroken run of the exchange's trades.
 *
 * A run that shares a trade with the line is joined to it: all that follows in the run then follows in the line. Until then
 * its trades are held, since they may lie after something that nobody has seen.
 */
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import type { MonoMs, UnixMs } from '../../../shared/time.ts';
import type { RaceCounts } from './trade-line-ids.ts';
import type { TradePlace } from './trade-overlap.ts';

export class TradeRun {
  readonly socket: number;
  readonly counts: RaceCounts = { first: 0, only: 0 };
  isJoined = false;
  /** The id of the newest trade of a joined run; in step only while several sockets, or a gap, make it needed. */
  lastId: string | undefined;
  /** Asked for anew on the same connection: what still comes does not join what will come. */
  isRenewing = false;
  /** When its newest trade came, of those that it brought while it was asked for anew. */
  doubtedAt: UnixMs | undefined;
  /** Joined there since a list showed that nothing was traded; what it brings next may still be from before that. */
  quietAt: TradePlace | undefined;
  /** Since when the exchange owes every trade to this run: it acknowledged, and nothing was missed. */
  aliveSince: MonoMs | undefined;
  /** Since when the oldest trade is held. */
  heldSince: MonoMs | undefined;
  /** Trades in a row that were refused as older than the line. */
  refusals = 0;
  #held: TradeEvent[] = [];
  readonly #heldIds = new Set<string>();

  constructor(socket: number) {
    this.socket = socket;
  }

  /** The exchange has owed it every trade since that moment. */
  isAliveSince(moment: number): boolean {
    return this.aliveSince !== undefined && this.aliveSince <= moment;
  }

  /** Joined there: nothing was traded since. */
  joinQuiet(last: TradePlace | undefined): void {
    this.isJoined = true;
    this.quietAt = last;
    this.lastId = last?.id;
  }

  get held(): number {
    return this.#held.length;
  }

  hold(trade: TradeEvent, now: MonoMs): void {
    this.heldSince ??= now;
    this.#held.push(trade);
    this.#heldIds.add(trade.id);
  }

  holds(id: string): boolean {
    return this.#heldIds.has(id);
  }

  /** Takes out what is held, oldest first. */
  takeHeld(): readonly TradeEvent[] {
    const held = this.#held;
    this.#held = [];
    this.#heldIds.clear();
    this.heldSince = undefined;
    return held;
  }

  /** Something of it was, or may have been, missed: what comes next begins a run of its own. Answers what was held. */
  breakOff(): readonly TradeEvent[] {
    this.isJoined = false;
    this.quietAt = undefined;
    this.lastId = undefined;
    this.doubtedAt = undefined;
    this.refusals = 0;
    return this.takeHeld();
  }
}
