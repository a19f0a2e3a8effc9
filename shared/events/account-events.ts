/**
 * The account's events (DESIGN 7.1): execution, order, position, wallet, in neutral names.
 *
 * Money is exact: decimal strings, never numbers; null where the exchange says nothing. Fields of the exchange that have no
 * neutral name travel in `extra`.
 */
import { z } from 'zod';
import { categories } from '../market.ts';

const lineNumber = z.int().positive().optional();
const timestamp = z.number().int().positive();
const decimal = z.string().regex(/^-?\d+(\.\d+)?$/, 'must be a decimal number as text');
const decimalOrNull = decimal.nullable();
const id = z.string().min(1).max(100);
const extra = z.record(z.string(), z.unknown()).optional();
const instrumentFields = {
  n: lineNumber,
  category: z.enum(categories),
  symbol: z.string().min(1).max(40),
  timestamp,
  received_at: z.number().int().positive().optional(),
};

/** What happened to an order or a position. Only `trade` is a fill. */
export const executionCauses = [
  'trade',
  'funding',
  'adl',
  'bust',
  'delivery',
  'settle',
  'block',
  'other',
] as const;

export const executionSchema = z.object({
  type: z.literal('execution'),
  ...instrumentFields,
  execution_id: id,
  order_id: z.string().max(100),
  client_order_id: z.string().max(100).nullable(),
  side: z.enum(['buy', 'sell']).nullable(),
  cause: z.enum(executionCauses),
  price: decimal,
  qty: decimal,
  value: decimalOrNull,
  fees: z.array(z.object({ currency: z.string().max(20), amount: decimal })).max(20),
  is_maker: z.boolean(),
  leaves_qty: decimalOrNull,
  extra,
});

export const orderSchema = z.object({
  type: z.literal('order'),
  ...instrumentFields,
  order_id: id,
  client_order_id: z.string().max(100).nullable(),
  side: z.enum(['buy', 'sell']),
  order_type: z.enum(['limit', 'market', 'other']),
  /** Lower snake case of the exchange's word: new, partially_filled, filled, cancelled, rejected ... */
  status: z
    .string()
    .regex(/^[a-z][a-z_]*$/)
    .max(60),
  price: decimalOrNull,
  qty: decimal,
  cum_exec_qty: decimalOrNull,
  avg_price: decimalOrNull,
  leaves_qty: decimalOrNull,
  time_in_force: z.string().max(20).nullable(),
  reduce_only: z.boolean().optional(),
  reject_reason: z.string().max(200).nullable().optional(),
  extra,
});

export const positionSchema = z.object({
  type: z.literal('position'),
  ...instrumentFields,
  /** `flat` when the size is 0. */
  side: z.enum(['long', 'short', 'flat']),
  /** 0 one-way, 1 hedge long, 2 hedge short. */
  position_index: z.literal([0, 1, 2]),
  size: decimal,
  entry_price: decimalOrNull,
  mark_price: decimalOrNull,
  liquidation_price: decimalOrNull,
  unrealised_pnl: decimalOrNull,
  realised_pnl: decimalOrNull,
  extra,
});

export const walletSchema = z.object({
  type: z.literal('wallet'),
  n: lineNumber,
  timestamp,
  received_at: z.number().int().positive().optional(),
  account: z.string().max(40),
  /** Only the coins that changed: merge, do not replace. */
  coins: z
    .array(
      z.object({
        coin: z.string().max(20),
        equity: decimalOrNull,
        balance: decimalOrNull,
        locked: decimalOrNull,
        unrealised_pnl: decimalOrNull,
      }),
    )
    .max(500),
  extra,
});

export type ExecutionEvent = Readonly<z.infer<typeof executionSchema>>;
export type OrderEvent = Readonly<z.infer<typeof orderSchema>>;
export type PositionEvent = Readonly<z.infer<typeof positionSchema>>;
export type WalletEvent = Readonly<z.infer<typeof walletSchema>>;
export type AccountEvent = ExecutionEvent | OrderEvent | PositionEvent | WalletEvent;
