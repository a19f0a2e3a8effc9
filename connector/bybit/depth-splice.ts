/**
 * Frames of books to lines without parsing them: the lists of levels lose their inner quotes and are lines' text.
 *
 * See trade-splice.ts. `readDepth` is the slow way, and the oracle in the tests.
 */
import { type DepthEvent, MAX_LEVELS } from '../../shared/events/market-events.ts';
import type { Category, Depth, Instrument, Level } from '../../shared/market.ts';
import type { UnixMicros } from '../../shared/time.ts';
import { COUNT, envelopeOf, keysOf, LEVELS, members, TIME } from './frame-shape.ts';

/** A book update, and when the exchange pushed it (ms). */
export type SplicedBook = { readonly event: DepthEvent; readonly sentAt: number };

/** A list of this length cannot hold more than MAX_LEVELS levels, each of which takes ten characters (`["1","1"],`). */
const SURELY_FEW_ENOUGH = 10 * MAX_LEVELS;

const SYMBOL = '"([A-Z0-9-]{2,40})"';
const bookValues = { s: SYMBOL, b: LEVELS, a: LEVELS, u: COUNT, seq: COUNT };
const frameValues = { type: '"(snapshot|delta)"', ts: TIME, cts: TIME };

type Groups = { readonly [K in keyof typeof bookValues | keyof typeof frameValues]: number };

/** A book update whose line exists already. Its levels are made only when somebody asks for them. */
class SplicedDepth implements DepthEvent {
  readonly type = 'depth';
  readonly category: Category;
  readonly symbol: string;
  readonly depth: Depth;
  readonly action: 'snapshot' | 'delta';
  readonly last_update_id: number;
  readonly timestamp: number;
  readonly received_at: number;
  /** Asked for with every update that waits for a slow reader. */
  readonly seq: number | undefined;
  readonly #spliced: string;

  constructor(fields: Omit<SplicedDepth, 'type' | 'bids' | 'asks' | 'sent_at' | 'toJSON'>) {
    this.category = fields.category;
    this.symbol = fields.symbol;
    this.depth = fields.depth;
    this.action = fields.action;
    this.last_update_id = fields.last_update_id;
    this.timestamp = fields.timestamp;
    this.received_at = fields.received_at;
    this.seq = fields.seq;
    this.#spliced = fields.spliced;
  }

  get bids(): readonly Level[] {
    return this.toJSON().bids;
  }

  get asks(): readonly Level[] {
    return this.toJSON().asks;
  }

  get sent_at(): number | undefined {
    return this.toJSON().sent_at;
  }

  /** Its line after the type. Not a property of its own: a copy of this event must not carry the line of another. */
  get spliced(): string {
    return this.#spliced;
  }

  /** The event as a plain object. */
  toJSON(): DepthEvent {
    return JSON.parse(`{"type":"depth"${this.#spliced}`) as DepthEvent;
  }
}

/** Frames of books with one order of keys; one shape serves a whole market. */
export class DepthShape {
  readonly #frame: RegExp;
  readonly #group: Groups;

  private constructor(frame: RegExp, group: Groups) {
    this.#frame = frame;
    this.#group = group;
  }

  /** The shape of a frame that was parsed; undefined where none can be made of it. */
  static of(text: string): DepthShape | undefined {
    const envelope = envelopeOf(text);
    const keys = keysOf(envelope?.data);
    if (envelope === undefined || keys === undefined) return undefined;
    const before = members(envelope.before, frameValues, 1);
    const book = before === undefined ? undefined : members(keys, bookValues, before.nextGroup);
    const after = book === undefined ? undefined : members(envelope.after, frameValues, book.nextGroup);
    if (before === undefined || book === undefined || after === undefined) return undefined;
    const groupOf = (key: string): number => before.groupOf(key) + book.groupOf(key) + after.groupOf(key);
    const { type, ts, cts, s, b, a, u, seq } = { ...frameValues, ...bookValues };
    const group = Object.fromEntries(
      Object.keys({ type, ts, cts, s, b, a, u, seq }).map((key) => [key, groupOf(key)]),
    ) as Groups;
    if ([group.type, group.ts, group.s, group.b, group.a, group.u].includes(0)) return undefined;
    const tail = after.source === '' ? '' : `,${after.source}`;
    return new DepthShape(
      new RegExp(`",${before.source},"data":\\{${book.source}\\}${tail}\\}$`, 'y'),
      group,
    );
  }

  /** The update in a frame whose topic ends at `topicEnd`; undefined when it must be parsed. */
  splice(
    text: string,
    topicEnd: number,
    { category, symbol }: Instrument,
    depth: Depth,
    receivedAt: UnixMicros,
  ): SplicedBook | undefined {
    this.#frame.lastIndex = topicEnd;
    const match = this.#frame.exec(text);
    const group = this.#group;
    if (match === null || match[group.s] !== symbol) return undefined;
    const bids = match[group.b] ?? '[]';
    const asks = match[group.a] ?? '[]';
    // Longer lists are counted where they are parsed.
    if (bids.length > SURELY_FEW_ENOUGH || asks.length > SURELY_FEW_ENOUGH) return undefined;
    const sentAt = match[group.ts] ?? '';
    const timestamp = group.cts === 0 ? sentAt : (match[group.cts] ?? '');
    const action = match[group.type] === 'delta' ? 'delta' : 'snapshot';
    const seq = group.seq === 0 ? undefined : match[group.seq];
    const end = seq === undefined ? '}' : `,"seq":${seq}}`;
    const spliced =
      `,"category":"${category}","symbol":"${symbol}","timestamp":${timestamp},"sent_at":${sentAt}` +
      `,"received_at":${receivedAt},"action":"${action}","depth":${depth},"bids":${numbers(bids)}` +
      `,"asks":${numbers(asks)},"last_update_id":${match[group.u]}${end}`;
    const event = new SplicedDepth({
      category,
      symbol,
      depth,
      action,
      last_update_id: Number(match[group.u]),
      timestamp: Number(timestamp),
      received_at: receivedAt,
      seq: seq === undefined ? undefined : Number(seq),
      spliced,
    });
    return { event, sentAt: Number(sentAt) };
  }
}

/** A list of levels with numbers in the place of texts. */
function numbers(levels: string): string {
  return levels.replace(/"/g, '');
}
