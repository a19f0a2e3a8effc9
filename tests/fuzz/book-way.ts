/**
 * The way of a book from the exchange's frames to what is served, with everything that can go wrong on it.
 *
 * `connector`: through the connector's watch and the runner's context. `foreign`: the frames reach the runner as they are, as
 * from a connector of the user's own that checks nothing.
 */

import { parseFrame } from '../../connector/bybit/frames.ts';
import { readDepth } from '../../connector/bybit/market-data.ts';
import { BookWatch } from '../../connector/session/feeds/book-watch.ts';
import { SnapshotGap } from '../../connector/session/feeds/snapshot-gap.ts';
import { SnapshotWait } from '../../connector/session/feeds/snapshot-wait.ts';
import type { BookView } from '../../runner/context/book-view.ts';
import { Context } from '../../runner/context/context.ts';
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import type { DepthEvent } from '../../shared/events/market-events.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { monoMs, unixMicros, unixMs } from '../../shared/time.ts';
import { decodeEvent } from '../../shared/wire.ts';
import { BookExchange, type BookFrameSent, NaiveBook } from './book-exchange.ts';
import type { Dice } from './scale.ts';

export const faults = [
  'none',
  'emptied',
  'lost',
  'doubled',
  'stale',
  'swapped',
  'crossed',
  'snapshot',
  'snapshot_again',
  'unreadable',
  'disconnected',
  'restart',
  'restart_unseen',
  'restart_as_delta',
  'renewed',
] as const;
export type Fault = (typeof faults)[number];

const topic = { channel: 'depth', category: 'linear', symbol: 'BTCUSDT', depth: 50 } as const;
const { freshness } = scaledPolicy(1);
const NOW = monoMs(1_000);
const NOW_MS = unixMs(1_750_000_000_000);

export class BookWay {
  readonly oracle = new NaiveBook();
  readonly #dice: Dice;
  readonly #exchange: BookExchange;
  readonly #context: Context;
  readonly #watch: BookWatch | undefined;
  /** Frames go as text over both borders: slower, so only now and then. */
  readonly #asText: boolean;
  #sent: BookFrameSent[] = [];
  /** Somebody asked for the book anew. */
  #asked = true;

  constructor(dice: Dice, way: 'connector' | 'foreign', asText: boolean) {
    this.#dice = dice;
    this.#asText = asText;
    this.#exchange = new BookExchange(dice);
    const ask = (): void => {
      this.#asked = true;
    };
    this.#context = new Context(
      { wanted: [topic], freshness, tapeCapacity: 10 },
      { onBookBroken: ask, onCandle: () => undefined },
    );
    this.#tell({ type: 'status', status: 'connected', scope: 'public', category: 'linear', socket: 0 });
    if (way === 'foreign') return;
    const emit = (event: UnnumberedEvent): void => this.#tell(event);
    let gaps = 0;
    const gap = new SnapshotGap(
      topic,
      () => {
        gaps += 1;
        return `g${gaps}`;
      },
      emit,
    );
    this.#watch = new BookWatch(
      new SnapshotWait(1_000),
      gap,
      (reason) => {
        ask();
        emit({ type: 'status', status: 'resync', scope: 'topic', ...topic, reason });
      },
      emit,
    );
  }

  /** What is served at this moment. */
  get served(): BookView {
    const view = this.#context.bookOf(topic, 1_000, NOW);
    if (view === undefined) throw new Error('the book is wanted, so there is a view of it');
    return view;
  }

  /** The next thing that happens. A book that was asked for comes after a while, whatever else happens. */
  step(fault: Fault): void {
    if (this.#asked && this.#dice.oneIn(3)) {
      this.#asked = false;
      this.#deliver(this.#exchange.snapshot());
    }
    const exchange = this.#exchange;
    switch (fault) {
      case 'none':
        return this.#deliver(exchange.delta());
      case 'emptied':
        return this.#deliver(exchange.emptied());
      case 'crossed':
        return this.#deliver(exchange.crossed());
      case 'snapshot':
        exchange.delta();
        return this.#deliver(exchange.snapshot());
      case 'snapshot_again':
        return this.#deliver(exchange.snapshot());
      case 'lost':
        exchange.delta();
        return;
      case 'doubled':
        return this.#repeat(1);
      case 'stale':
        return this.#repeat(1 + this.#dice.below(6));
      case 'swapped': {
        const first = exchange.delta();
        this.#deliver(exchange.delta());
        // It comes late, and what it says is older than what is known.
        this.#sent.push(first);
        return this.#repeat(1);
      }
      case 'unreadable':
        exchange.delta();
        if (this.#watch === undefined) return;
        this.#watch.unreadable(NOW_MS);
        return this.oracle.forget();
      case 'disconnected':
        return this.#disconnect();
      case 'restart':
        exchange.restart();
        this.#sent = [];
        return this.#deliver(exchange.snapshot());
      case 'restart_unseen':
        // Where only update 1 is known the new update 2 seems to follow: no id could tell.
        if (this.oracle.updateId === 1) return this.#deliver(exchange.delta());
        exchange.restart();
        this.#sent = [];
        return this.#deliver(exchange.delta());
      case 'restart_as_delta':
        exchange.restart();
        this.#sent = [];
        return this.#deliver({ ...exchange.snapshot(), action: 'delta' });
      case 'renewed':
        this.#watch?.renewing(NOW_MS);
        this.#asked = true;
        return;
    }
  }

  #deliver(frame: BookFrameSent): void {
    this.#sent.push(frame);
    this.oracle.take(frame);
    this.#bring(frame);
  }

  /** A delta that came before comes again, some frames late. */
  #repeat(back: number): void {
    const frame = this.#sent.at(-back);
    // An update 1 counts as a restart, whenever it comes: the book is fetched anew, which is safe.
    if (frame?.action === 'delta' && frame.u > 1) this.#bring(frame);
  }

  #bring({ action, u, bids, asks, at }: BookFrameSent): void {
    const event: DepthEvent = {
      type: 'depth',
      category: 'linear',
      symbol: 'BTCUSDT',
      timestamp: at,
      sent_at: at + 1,
      received_at: (at + 2) * 1_000,
      action,
      depth: 50,
      bids,
      asks,
      last_update_id: u,
      seq: at,
    };
    const read = this.#asText ? viaText(event) : event;
    if (this.#watch === undefined) this.#tell(read);
    else this.#watch.tell(read);
  }

  #tell(event: UnnumberedEvent): void {
    if (!this.#asText) {
      this.#context.apply(event, NOW, NOW_MS);
      return;
    }
    const decoded = decodeEvent(JSON.stringify(event), { category: 'linear' });
    if (decoded.kind !== 'event') throw new Error(`a line that is no event: ${JSON.stringify(decoded)}`);
    this.#context.apply(decoded.event, NOW, NOW_MS);
  }

  #disconnect(): void {
    this.oracle.forget();
    this.#sent = [];
    this.#tell({ type: 'status', status: 'disconnected', scope: 'public', category: 'linear', socket: 0 });
    this.#watch?.interrupted('socket_lost', NOW_MS);
    this.#tell({ type: 'status', status: 'connected', scope: 'public', category: 'linear', socket: 0 });
    this.#asked = true;
  }
}

/** As the exchange writes it and the connector reads it. */
function viaText(event: DepthEvent): DepthEvent {
  const { action, timestamp, sent_at, last_update_id: u, seq } = event;
  const [b, a] = [event.bids, event.asks].map((side) => side.map((level) => level.map(String)));
  const data = { s: 'BTCUSDT', b, a, u, seq };
  const text = JSON.stringify({
    topic: 'orderbook.50.BTCUSDT',
    type: action,
    ts: sent_at,
    data,
    cts: timestamp,
  });
  const frame = parseFrame(text);
  const read =
    frame.kind === 'data' ? readDepth(frame, topic, 50, unixMicros(event.received_at ?? 0)) : frame.kind;
  if (typeof read === 'string') throw new Error(`a valid book was refused: ${read}`);
  return read;
}
