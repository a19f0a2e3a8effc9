/**
 * Holds one topic of trades after the other against the exchange's list of its newest trades, whatever is known of it: a trade that
 * was left out without a word is found by nothing else.
 *
 * Every turn one topic, the one whose last turn is longest ago, of those that flow. So many topics are watched at a time: what they
 * tell is remembered. Where there are more, each is watched in turn, and this is a sample.
 */
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import { after, type Millis, type MonoMs, type UnixMs } from '../../../shared/time.ts';
import type { NewestAnswer } from '../silence/silence-check.ts';
import type { ToldPolicy, ToldTrades } from './told-trades.ts';

export type TradeAuditPolicy = ToldPolicy & {
  readonly everyMs: Millis;
  readonly watchedAtOnce: number;
};

/** One topic of trades, as the audit sees it. */
export type AuditSubject = {
  readonly symbol: string;
  readonly told: ToldTrades;
  /** Answers how many trades of the list had been left out; undefined: it proves nothing. */
  readonly compare: (rows: readonly TradeEvent[], exchangeAt: UnixMs, now: MonoMs) => number | undefined;
};

/** Asks for as many of the newest trades as there are, when nobody else asks; false: not now. Never answers before it has returned. */
export type AskList = (
  symbol: string,
  answered: (answer: NewestAnswer, now: MonoMs) => number | undefined,
) => boolean;

export type TradeAuditPorts = {
  readonly subjects: () => readonly AuditSubject[];
  readonly ask: AskList;
};

export class TradeAudit {
  readonly #policy: TradeAuditPolicy;
  readonly #ports: TradeAuditPorts;
  #turn = 0;
  #nextAt: MonoMs | undefined;

  constructor(policy: TradeAuditPolicy, ports: TradeAuditPorts) {
    this.#policy = policy;
    this.#ports = ports;
  }

  tick(now: MonoMs): void {
    if (this.#nextAt !== undefined && now < this.#nextAt) return;
    const { everyMs, watchedAtOnce } = this.#policy;
    this.#turn += 1;
    const subjects = this.#ports.subjects().toSorted((one, other) => one.told.turn - other.told.turn);
    const watched = subjects.slice(0, watchedAtOnce);
    for (const { told } of watched) told.watch(this.#turn);
    for (const { told } of subjects.slice(watchedAtOnce)) told.unwatch();
    // Markets that want to ask at the same moment come one after the other.
    this.#nextAt = after(now, this.#takeTurn(watched) ? everyMs : everyMs / 10);
  }

  /** Answers false where it is to be tried again soon. */
  #takeTurn(watched: readonly AuditSubject[]): boolean {
    for (const { symbol, told, compare } of watched) {
      if (told.isOfUse) {
        const isAsked = this.#ports.ask(symbol, (answer, now) =>
          answer.kind === 'list' ? compare(answer.rows, answer.exchangeAt, now) : undefined,
        );
        if (isAsked) told.turn = this.#turn;
        return isAsked;
      }
      // One that does not flow leaves its place to another one.
      const since = told.watchedSince ?? this.#turn;
      if (this.#turn - since >= this.#policy.watchedAtOnce) told.turn = this.#turn;
    }
    return true;
  }
}
