/** What a session needs of the world, and what it is told at its beginning. */
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import type { Category } from '../../shared/market.ts';
import type { Policy } from '../../shared/policy.ts';
import type { Clock, Millis, Random } from '../../shared/time.ts';
import type { FetchKlines } from './feeds/candle-line.ts';
import type { AskNewest } from './silence/silence-check.ts';
import type { ClockOffset } from './sockets/clock-offset.ts';
import type { Outcome } from './subscriptions/subscriptions.ts';
import type { TradeLines } from './trades/trade-lines.ts';

export type SessionPorts = {
  readonly clock: Clock;
  readonly random: Random;
  /** May a connection be opened now? 0, or after how many milliseconds to ask again. */
  readonly admit: (again: boolean) => Millis;
  /** Opens a socket to the URL; the former one, if any, is silent from now on. */
  readonly open: (url: string) => void;
  readonly close: () => void;
  readonly send: (text: string) => void;
  readonly emit: (event: UnnumberedEvent) => void;
  /** How a wish of ours ended; for the reply to the command that expressed it. */
  readonly settled: (outcome: Outcome) => void;
  /** Hears of each data frame; one for all sessions, since there is one clock of ours. */
  readonly clockOffset: Pick<ClockOffset, 'seen' | 'forget'>;
  /** The trades of the market, over all its sockets; without it they are told as far as this socket brings them. */
  readonly lines?: TradeLines | undefined;
  readonly fetchKlines?: FetchKlines | undefined;
  /** Asks the exchange about trades that do not come. */
  readonly askNewest?: AskNewest | undefined;
};

export type SessionConfig = {
  readonly category: Category;
  /** Its number among the sockets of the category. */
  readonly socket: number;
  readonly url: string;
  readonly policy: Policy;
  /** Unique among all sessions and processes; gap ids begin with it. */
  readonly name: string;
};
