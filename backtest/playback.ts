/**
 * The way of stored trades into the runner: in their order, each at its own time, with gaps told where something is missing.
 *
 * Time is that of the trades: before the first trade of a new second the runner looks at what time has brought (candles that are due,
 * onTimer, gates). Every event is worked off by the strategy before the next one comes, so the size of the batches in which trades are
 * read changes nothing.
 */
import type { Span } from '../connector/history/store/spans.ts';
import type { TradeEvent } from '../shared/events/market-events.ts';
import type { GapBound, GapCause, GapEvent } from '../shared/events/process-events.ts';
import { gapCauses } from '../shared/events/process-events.ts';
import { unixMs } from '../shared/time.ts';
import type { Missing } from './coverage.ts';
import type { TradeColumns } from './ports.ts';
import type { World } from './world.ts';

/** How often time is looked at, ms of event time. */
export const TICK_MS = 1_000;

export type PlaybackWatcher = {
  /** Before the runner hears of it. */
  readonly onTrade: (price: number, at: number) => void;
  readonly onGap: () => void;
  /** After the runner has looked at the time. */
  readonly onTick: (at: number) => void;
};

export type Played = {
  readonly trades: number;
  /** Times of the first and the last, ms; null without any. */
  readonly first: number | null;
  readonly last: number | null;
};

export class Playback {
  readonly #world: World;
  readonly #span: Span;
  readonly #missing: readonly Missing[];
  readonly #watcher: PlaybackWatcher;
  /** The next gap to be opened, and the one that has no end yet. */
  #nextGap = 0;
  #openGap: GapEvent | undefined;
  #nextTick = 0;
  #trades = 0;
  #first: number | null = null;
  #last: GapBound | null = null;

  /** `missing`: what of the span is not covered, ascending. */
  constructor(world: World, span: Span, missing: readonly Missing[], watcher: PlaybackWatcher) {
    this.#world = world;
    this.#span = span;
    this.#missing = missing;
    this.#watcher = watcher;
  }

  /** Plays rows from `start` on until the batch is over or `isEnough`. Answers the row to go on with. */
  play(batch: TradeColumns, start: number, isEnough: () => boolean): number {
    for (let row = start; row < batch.rows; row += 1) {
      this.#trade(tradeOf(batch, row, this.#world));
      if (isEnough()) return row + 1;
    }
    return batch.rows;
  }

  /** All trades were played: what is missing after the last one is told, and what is due is done. */
  end(): void {
    this.#gapsUpTo(this.#span.to);
    this.#look(this.#span.to);
  }

  get played(): Played {
    return { trades: this.#trades, first: this.#first, last: this.#last?.timestamp ?? null };
  }

  #trade(trade: TradeEvent): void {
    const { clock, app } = this.#world;
    const at = trade.timestamp;
    this.#gapsUpTo(at);
    if (at >= this.#nextTick) this.#look(at - (at % TICK_MS));
    clock.moveTo(at);
    if (this.#openGap !== undefined && this.#isOver(at)) this.#closeGap(trade);
    this.#watcher.onTrade(trade.price, at);
    this.#trades += 1;
    this.#first ??= at;
    this.#last = boundOf(trade);
    app.dispatch(trade);
    this.#world.settle();
  }

  #look(at: number): void {
    this.#world.clock.moveTo(at);
    this.#nextTick = at + TICK_MS;
    this.#world.app.tick();
    this.#world.settle();
    this.#watcher.onTick(this.#world.clock.unixMs());
  }

  /** Opens the gaps that begin at or before `at`. */
  #gapsUpTo(at: number): void {
    for (let gap = this.#missing[this.#nextGap]; gap !== undefined && gap.from <= at; ) {
      this.#nextGap += 1;
      this.#world.clock.moveTo(gap.from);
      this.#openGap ??= this.#opened(gap);
      this.#watcher.onGap();
      this.#world.tell(this.#openGap);
      gap = this.#missing[this.#nextGap];
    }
  }

  #opened({ from, why }: Missing): GapEvent {
    const cause: GapCause = gapCauses.find((known) => known === why) ?? 'runner_stopped';
    const { category, symbol } = this.#world.instrument;
    return {
      ...{
        type: 'gap',
        gap_id: `missing-${from}`,
        state: 'open',
        channel: 'trades',
        category,
        symbol,
        cause,
      },
      ...{ from: this.#last, to: null, at: Math.max(1, from) },
    };
  }

  /** Is a trade at this time after everything that is missing so far? */
  #isOver(at: number): boolean {
    return at >= (this.#missing[this.#nextGap - 1]?.to ?? 0);
  }

  #closeGap(trade: TradeEvent): void {
    if (this.#openGap !== undefined)
      this.#world.tell({ ...this.#openGap, state: 'lost', to: boundOf(trade), at: trade.timestamp });
    this.#openGap = undefined;
  }
}

function tradeOf(batch: TradeColumns, row: number, { instrument }: World): TradeEvent {
  const timestamp = batch.timestamp[row] ?? 0;
  const side = batch.side[row] ?? 'buy';
  const seq = batch.seq[row];
  const trade = {
    type: 'trade' as const,
    category: instrument.category,
    symbol: instrument.symbol,
    timestamp: unixMs(timestamp),
    received_at: timestamp * 1_000,
    price: batch.price[row] ?? 0,
    qty: batch.qty[row] ?? 0,
    side,
    is_buyer_maker: side === 'sell',
    id: batch.id[row] ?? '',
    ...(seq === null || seq === undefined ? {} : { seq }),
  };
  const block = batch.block[row];
  const rpi = batch.rpi[row];
  if (block !== true && rpi !== true) return trade;
  return { ...trade, ...(block === true ? { block } : {}), ...(rpi === true ? { rpi } : {}) };
}

function boundOf({ id, timestamp, seq }: TradeEvent): GapBound {
  return seq === undefined ? { id, timestamp } : { id, timestamp, seq };
}
