/**
 * Frames of trades to lines without parsing them: each line is put together from the frame's own text.
 *
 * Four times as fast as parsing, checking and writing anew (docs/performance.md); most of that time goes into making strings
 * and numbers that are only written down again. `readTrades` is the slow way, and the oracle in the tests.
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { Category, Instrument } from '../../shared/market.ts';
import type { UnixMicros } from '../../shared/time.ts';
import { COUNT, envelopeOf, FLAG, keysOf, members, POSITIVE, TIME } from './frame-shape.ts';

/** Trades in match order, and when the exchange pushed them (ms). */
export type SplicedTrades = { readonly trades: readonly TradeEvent[]; readonly sentAt: number };

const ID = '"([A-Za-z0-9-]{1,64})"';
const SYMBOL = '"([A-Z0-9-]{2,40})"';
const rowValues = {
  T: TIME,
  s: SYMBOL,
  S: '"(Buy|Sell)"',
  v: POSITIVE,
  p: POSITIVE,
  i: ID,
  BT: FLAG,
  RPI: FLAG,
  seq: COUNT,
};

const COMMA = 44;
const BUY = ',"side":"buy","is_buyer_maker":false,"id":"';
const SELL = ',"side":"sell","is_buyer_maker":true,"id":"';

type RowGroups = { readonly [K in keyof typeof rowValues]: number };

/** The texts of one row. */
type RowTexts = {
  readonly id: string;
  readonly timestamp: string;
  readonly seq: string | undefined;
  /** The line after its type and number. */
  readonly spliced: string;
};

/** A trade whose line exists already. What is seldom asked for is read from it then. */
class SplicedTrade implements TradeEvent {
  readonly type = 'trade';
  readonly category: Category;
  readonly symbol: string;
  readonly received_at: number;
  readonly id: string;
  readonly #spliced: string;
  readonly #timestamp: string;
  readonly #seq: string | undefined;

  constructor({ category, symbol }: Instrument, receivedAt: number, texts: RowTexts) {
    this.category = category;
    this.symbol = symbol;
    this.received_at = receivedAt;
    this.id = texts.id;
    this.#spliced = texts.spliced;
    this.#timestamp = texts.timestamp;
    this.#seq = texts.seq;
  }

  get timestamp(): number {
    return Number(this.#timestamp);
  }

  get seq(): number | undefined {
    return this.#seq === undefined ? undefined : Number(this.#seq);
  }

  get sent_at(): number | undefined {
    return this.toJSON().sent_at;
  }

  get price(): number {
    return this.toJSON().price;
  }

  get qty(): number {
    return this.toJSON().qty;
  }

  get side(): TradeEvent['side'] {
    return this.toJSON().side;
  }

  get is_buyer_maker(): boolean {
    return this.toJSON().is_buyer_maker;
  }

  get block(): boolean | undefined {
    return this.toJSON().block;
  }

  get rpi(): boolean | undefined {
    return this.toJSON().rpi;
  }

  /** Its line after the type. Not a property of its own: a copy of this event must not carry the line of another. */
  get spliced(): string {
    return this.#spliced;
  }

  /** The event as a plain object. */
  toJSON(): TradeEvent {
    return JSON.parse(`{"type":"trade"${this.#spliced}`) as TradeEvent;
  }
}

/** Frames of trades with one order of keys. Its patterns hold no symbol, so that one shape serves a whole market. */
export class TradeShape {
  readonly #head: RegExp;
  readonly #row: RegExp;
  readonly #tail: RegExp;
  readonly #tsGroup: number;
  readonly #group: RowGroups;

  private constructor(head: RegExp, row: RegExp, tail: RegExp, tsGroup: number, group: RowGroups) {
    this.#head = head;
    this.#row = row;
    this.#tail = tail;
    this.#tsGroup = tsGroup;
    this.#group = group;
  }

  /** The shape of a frame that was parsed; undefined where none can be made of it. */
  static of(text: string): TradeShape | undefined {
    const envelope = envelopeOf(text);
    if (envelope === undefined || !Array.isArray(envelope.data)) return undefined;
    const keys = keysOf(envelope.data[0]);
    const head = members(envelope.before, { ts: TIME }, 1);
    const tail = members(envelope.after, {}, 1);
    const row = keys === undefined ? undefined : members(keys, rowValues, 1);
    if (head === undefined || tail === undefined || row === undefined || head.groupOf('ts') === 0)
      return undefined;
    const group = Object.fromEntries(
      Object.keys(rowValues).map((key) => [key, row.groupOf(key)]),
    ) as RowGroups;
    if ([group.T, group.s, group.S, group.v, group.p, group.i].includes(0)) return undefined;
    return new TradeShape(
      new RegExp(`",${head.source},"data":\\[`, 'y'),
      new RegExp(`\\{${row.source}\\}`, 'y'),
      new RegExp(`\\]${tail.source === '' ? '' : `,${tail.source}`}\\}$`, 'y'),
      head.groupOf('ts'),
      group,
    );
  }

  /** The trades of a frame whose topic ends at `topicEnd`; undefined when it must be parsed. */
  splice(
    text: string,
    topicEnd: number,
    instrument: Instrument,
    receivedAt: UnixMicros,
  ): SplicedTrades | undefined {
    this.#head.lastIndex = topicEnd;
    const sentAt = this.#head.exec(text)?.[this.#tsGroup];
    if (sentAt === undefined) return undefined;
    const start = `,"category":"${instrument.category}","symbol":"${instrument.symbol}","timestamp":`;
    const middle = `,"sent_at":${sentAt},"received_at":${receivedAt},"price":`;
    const trades: TradeEvent[] = [];
    let at = this.#head.lastIndex;
    for (;;) {
      this.#row.lastIndex = at;
      const match = this.#row.exec(text);
      if (match === null || match[this.#group.s] !== instrument.symbol) return undefined;
      trades.push(new SplicedTrade(instrument, receivedAt, this.#textsOf(match, start, middle)));
      at = this.#row.lastIndex;
      if (text.charCodeAt(at) !== COMMA) break;
      at += 1;
    }
    this.#tail.lastIndex = at;
    return this.#tail.test(text) ? { trades, sentAt: Number(sentAt) } : undefined;
  }

  #textsOf(match: RegExpExecArray, start: string, middle: string): RowTexts {
    const { T, S, v, p, i, BT, RPI, seq: seqGroup } = this.#group;
    const id = match[i] ?? '';
    const timestamp = match[T] ?? '';
    const seq = seqGroup === 0 ? undefined : match[seqGroup];
    const side = match[S] === 'Buy' ? BUY : SELL;
    const spliced =
      start +
      timestamp +
      middle +
      match[p] +
      ',"qty":' +
      match[v] +
      side +
      id +
      (seq === undefined ? '"' : `","seq":${seq}`) +
      (BT !== 0 && match[BT] === 'true' ? ',"block":true' : '') +
      (RPI !== 0 && match[RPI] === 'true' ? ',"rpi":true}' : '}');
    return { id, timestamp, seq, spliced };
  }
}
