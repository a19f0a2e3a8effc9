/** Everything a connector can say: one discriminated union, tagged `type` (DESIGN 7.1). */
import { z } from 'zod';
import { executionSchema, orderSchema, positionSchema, walletSchema } from './account-events.ts';
import {
  bookCheckSchema,
  depthSchema,
  instrumentSchema,
  klineSchema,
  liquidationSchema,
  tickerSchema,
  tradeSchema,
} from './market-events.ts';
import { errorSchema, gapSchema, progressSchema, replySchema, statusSchema } from './process-events.ts';

/** Version of the line protocol; a child says it in `ready`. */
export const PROTOCOL_VERSION = 1;

export const eventSchemas = {
  trade: tradeSchema,
  depth: depthSchema,
  kline: klineSchema,
  ticker: tickerSchema,
  liquidation: liquidationSchema,
  instrument: instrumentSchema,
  book_check: bookCheckSchema,
  status: statusSchema,
  error: errorSchema,
  gap: gapSchema,
  reply: replySchema,
  progress: progressSchema,
  execution: executionSchema,
  order: orderSchema,
  position: positionSchema,
  wallet: walletSchema,
} as const;

export type EventType = keyof typeof eventSchemas;
export type TowlineEvent = {
  readonly [T in EventType]: Readonly<z.infer<(typeof eventSchemas)[T]>>;
}[EventType];

/** What a connector hands to its writer, which gives the line number when the line leaves. */
export type UnnumberedEvent = TowlineEvent extends infer E
  ? E extends TowlineEvent
    ? Omit<E, 'n'>
    : never
  : never;

export const eventSchema = z.discriminatedUnion('type', [
  tradeSchema,
  depthSchema,
  klineSchema,
  tickerSchema,
  liquidationSchema,
  instrumentSchema,
  bookCheckSchema,
  statusSchema,
  errorSchema,
  gapSchema,
  replySchema,
  progressSchema,
  executionSchema,
  orderSchema,
  positionSchema,
  walletSchema,
]);

export function isEventType(type: unknown): type is EventType {
  return typeof type === 'string' && Object.hasOwn(eventSchemas, type);
}
