/**
 * The rows of hftbacktest 2.4 in TypeScript: event row, order row, flags and enums (facts of its `types.rs`, `types.py`).
 *
 * Times are nanoseconds: beyond 2^53, so bigint, and only here. Flags reach bit 31, where JavaScript's bit operators turn
 * negative: `ev` is a bigint too.
 */
import { z } from 'zod';

/** Low byte of `ev`. */
export const eventKinds = {
  depth: 1n,
  trade: 2n,
  depth_clear: 3n,
  depth_snapshot: 4n,
  depth_bbo: 5n,
  add_order: 10n,
  cancel_order: 11n,
  modify_order: 12n,
  fill: 13n,
} as const;

/** High bits of `ev`. BUY marks the bid side of a depth row and the aggressor of a trade. */
export const eventFlags = { exch: 1n << 31n, local: 1n << 30n, buy: 1n << 29n, sell: 1n << 28n } as const;

const U64_MAX = (1n << 64n) - 1n;
const I64_MAX = (1n << 63n) - 1n;
const u64 = z.bigint().min(0n).max(U64_MAX);
const i64 = z
  .bigint()
  .min(-I64_MAX - 1n)
  .max(I64_MAX);
/** NaN is a legal price: it clears a whole side. */
const f64 = z.union([z.number(), z.nan()]);

/** One row of a feed: 64 bytes, fields in on-disk order. */
export const eventRowSchema = z.object({
  ev: u64.refine((ev) => isKnownKind(ev & 0xffn), 'the low byte is not a known kind'),
  exch_ts: i64,
  local_ts: i64,
  px: f64,
  qty: z.number(),
  order_id: u64,
  ival: i64,
  fval: z.number(),
});

/** Byte offset and numpy type of each field of the event row. */
export const eventRowLayout = [
  { name: 'ev', offset: 0, type: '<u8' },
  { name: 'exch_ts', offset: 8, type: '<i8' },
  { name: 'local_ts', offset: 16, type: '<i8' },
  { name: 'px', offset: 24, type: '<f8' },
  { name: 'qty', offset: 32, type: '<f8' },
  { name: 'order_id', offset: 40, type: '<u8' },
  { name: 'ival', offset: 48, type: '<i8' },
  { name: 'fval', offset: 56, type: '<f8' },
] as const satisfies readonly {
  readonly name: keyof EventRow;
  readonly offset: number;
  readonly type: string;
}[];
export const EVENT_ROW_BYTES = 64;

export const orderSides = { buy: 1, sell: -1, none: 0, unsupported: 127 } as const;
export const orderStatuses = {
  none: 0,
  new: 1,
  expired: 2,
  filled: 3,
  canceled: 4,
  partially_filled: 5,
  rejected: 6,
  replaced: 7,
  unsupported: 255,
} as const;
export const timesInForce = { gtc: 0, gtx: 1, fok: 2, ioc: 3 } as const;
export const orderTypes = { limit: 0, market: 1 } as const;

/** One order of the engine: 96 bytes. Prices are in ticks, times in nanoseconds. */
export const orderRowSchema = z.object({
  qty: z.number(),
  leaves_qty: z.number(),
  exec_qty: z.number(),
  exec_price_tick: i64,
  price_tick: i64,
  tick_size: z.number().positive(),
  exch_timestamp: i64,
  local_timestamp: i64,
  order_id: u64,
  maker: z.boolean(),
  order_type: z.literal(Object.values(orderTypes)),
  req: z.literal(Object.values(orderStatuses)),
  status: z.literal(Object.values(orderStatuses)),
  side: z.literal(Object.values(orderSides)),
  time_in_force: z.literal(Object.values(timesInForce)),
});

export type EventRow = Readonly<z.infer<typeof eventRowSchema>>;
export type OrderRow = Readonly<z.infer<typeof orderRowSchema>>;

/** hftbacktest's own rule: every wanted bit must be set, and a wanted low byte must be equal (so 5 does not match 1). */
export function eventMatches(ev: bigint, wanted: bigint): boolean {
  const kind = wanted & 0xffn;
  return (ev & wanted) === wanted && (kind === 0n || (ev & 0xffn) === kind);
}

function isKnownKind(kind: bigint): boolean {
  return Object.values(eventKinds).some((known) => known === kind);
}
