/**
 * How much may wait in all before an event of a type finds no room, as a share of the outbox's bound.
 *
 * The order of the shares is the order in which things are given up: what is fetched anew before what is not, what is counted
 * before what explains the count. A gap is the last: without it something would be missing that nobody told.
 */
import type { EventType } from '../../shared/events/event.ts';

/** A type without a share does not compile. */
export const roomShares: Readonly<Record<EventType, number>> = {
  depth: 1,
  trade: 1,
  liquidation: 1,
  ticker: 1.25,
  kline: 1.25,
  instrument: 1.25,
  book_check: 1.25,
  progress: 1.25,
  error: 1.25,
  reply: 1.25,
  status: 1.5,
  execution: 2,
  order: 2,
  position: 2,
  wallet: 2,
  gap: 2,
};
