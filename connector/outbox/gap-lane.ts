/**
 * Events of which none is left out silently: liquidations, closed candles. Past their bound new ones are given up, as
 * one gap per topic whose two ends are the last one that waits and the first one that fits again.
 */
import type { KlineEvent, LiquidationEvent } from '../../shared/events/market-events.ts';
import { type GapBound, type GapEvent, liquidationBound } from '../../shared/events/process-events.ts';
import type { Topic } from '../../shared/market.ts';
import type { Way } from './way.ts';

type Counted = LiquidationEvent | KlineEvent;

export type GapLaneRules<E extends Counted> = {
  readonly topicOf: (event: E) => Topic;
  /** Names the topic among those of its category. */
  readonly nameOf: (event: E) => string;
  readonly boundOf: (event: E) => GapBound;
  /** What a gap is when its end is known. */
  readonly ended: 'open' | 'lost';
  /** May it be told later than what came after it, since it was read again? */
  readonly mayBeLate: (event: E) => boolean;
};

/** No list of past liquidations can be asked for. */
export const liquidationRules: GapLaneRules<LiquidationEvent> = {
  topicOf: ({ category, symbol }) => ({ channel: 'liquidation', category, symbol }),
  nameOf: ({ symbol }) => symbol,
  boundOf: liquidationBound,
  ended: 'lost',
  mayBeLate: () => false,
};

/** Closed candles only. */
export const candleRules: GapLaneRules<KlineEvent> = {
  topicOf: ({ category, symbol, interval }) => ({ channel: 'kline', category, symbol, interval }),
  nameOf: ({ symbol, interval }) => `${interval}:${symbol}`,
  boundOf: ({ start }) => ({ id: String(start), timestamp: start }),
  ended: 'open',
  mayBeLate: () => true,
};

export type GapLanePorts = {
  readonly nextGapId: () => string;
  readonly nowMs: () => number;
  /** Gives up what goes before these events. */
  readonly makeRoom: () => void;
};

type Missing = { readonly gap: GapEvent; missing: number };

export class GapLane<E extends Counted> {
  /** Events that were given up. */
  dropped = 0;
  readonly #way: Way;
  readonly #maxBytes: number;
  readonly #rules: GapLaneRules<E>;
  readonly #ports: GapLanePorts;
  /** By category, then by name: building a key for every event would cost more than the two look-ups. */
  readonly #last = new Map<string, Map<string, GapBound>>();
  /** The newest of all. Only when another topic has its turn is a bound made of it: kept whole it would keep its frame alive. */
  #newest: E | undefined;
  readonly #gaps = new Map<string, Missing>();

  constructor(way: Way, maxBytes: number, rules: GapLaneRules<E>, ports: GapLanePorts) {
    this.#way = way;
    this.#maxBytes = maxBytes;
    this.#rules = rules;
    this.#ports = ports;
  }

  offer(event: E): void {
    const open = this.#gaps.size === 0 ? undefined : this.#gaps.get(this.#keyOf(event));
    // What was read again of a time before is no end of what is given up now, and is itself not given up: it is bounded by
    // the lists that are read, and its gap is about to be told as healed.
    if (this.#rules.mayBeLate(event) && this.#isLate(event, open)) {
      this.#way.send(event);
      return;
    }
    if (open === undefined && this.#way.bytes > this.#maxBytes) this.#ports.makeRoom();
    // Half of the room must be free before a gap ends, so that it does not end and begin again and again.
    if (this.#way.bytes > (open === undefined ? this.#maxBytes : this.#maxBytes / 2)) {
      this.#giveUp(event, open);
      return;
    }
    if (open !== undefined) this.#end(open, event);
    this.#remember(event);
    this.#way.send(event);
  }

  #isLate(event: E, open: Missing | undefined): boolean {
    const last = open === undefined ? this.#lastBefore(event) : open.gap.from;
    if (last === null) return false;
    const { timestamp, seq } = this.#rules.boundOf(event);
    if (timestamp !== last.timestamp) return timestamp < last.timestamp;
    return seq === undefined || last.seq === undefined || seq <= last.seq;
  }

  #end({ gap, missing }: Missing, event: E): void {
    const { boundOf, ended } = this.#rules;
    this.#gaps.delete(this.#keyOf(event));
    this.#way.send({ ...gap, state: ended, to: boundOf(event), missing });
  }

  #remember(event: E): void {
    const before = this.#newest;
    this.#newest = event;
    if (before === undefined) return;
    const name = this.#rules.nameOf(before);
    if (name === this.#rules.nameOf(event) && before.category === event.category) return;
    const bound = this.#rules.boundOf(before);
    const byName = this.#last.get(before.category);
    if (byName === undefined) this.#last.set(before.category, new Map([[name, bound]]));
    else byName.set(name, bound);
  }

  /** The last one of the event's topic that left or waits. */
  #lastBefore(event: E): GapBound | null {
    const { nameOf, boundOf } = this.#rules;
    const newest = this.#newest;
    if (newest?.category === event.category && nameOf(newest) === nameOf(event)) return boundOf(newest);
    return this.#last.get(event.category)?.get(nameOf(event)) ?? null;
  }

  #giveUp(event: E, open: Missing | undefined): void {
    this.dropped += 1;
    if (open !== undefined) {
      open.missing += 1;
      return;
    }
    const gap: GapEvent = {
      type: 'gap',
      gap_id: this.#ports.nextGapId(),
      state: 'open',
      ...this.#rules.topicOf(event),
      cause: 'overload',
      from: this.#lastBefore(event),
      to: null,
      at: this.#ports.nowMs(),
    };
    this.#gaps.set(this.#keyOf(event), { gap, missing: 1 });
    this.#way.send(gap);
  }

  #keyOf(event: E): string {
    return `${event.category}:${this.#rules.nameOf(event)}`;
  }
}
