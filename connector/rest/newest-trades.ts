/**
 * Asks for the newest trades of topics that are silent (session/silence/silence-check.ts), a few at a time and within a share of what we
 * allow ourselves of requests: a calm of the whole market makes all its topics suspect at once. Where an alarm waits for the
 * answer the question may wait for its turn; one that only might become an alarm has half of the room, or is put later.
 */
import type { Category, Instrument } from '../../shared/market.ts';
import type { Clock, Millis, MonoMs } from '../../shared/time.ts';
import type { AskNewest, Finding, NewestAnswer } from '../session/silence/silence-check.ts';
import type { AskList } from '../session/trades/trade-audit.ts';
import type { MarketRest } from './market-rest.ts';
import { RequestBudget } from './request-budget.ts';

export type NewestTradesPolicy = {
  /** Questions that are under way at a time, and urgent ones that wait. */
  readonly atOnce: number;
  readonly waiting: number;
  readonly requestsInWindow: number;
  readonly windowMs: Millis;
};

export type NewestTradesPorts = {
  readonly rest: Pick<MarketRest, 'newestTrades'>;
  readonly clock: Clock;
};

type Question = {
  readonly category: Category;
  readonly symbol: string;
  readonly answered: (answer: NewestAnswer, now: MonoMs) => Finding;
};

export class NewestTrades {
  readonly #policy: NewestTradesPolicy;
  readonly #ports: NewestTradesPorts;
  readonly #budget: RequestBudget;
  readonly #budgetOfHunches: RequestBudget;
  readonly #waiting: Question[] = [];
  #underWay = 0;
  readonly #counts = { asked: 0, confirmed: 0, withheld: 0, audited: 0, leftOut: 0 };

  constructor(policy: NewestTradesPolicy, ports: NewestTradesPorts) {
    this.#policy = policy;
    this.#ports = ports;
    const { requestsInWindow, windowMs } = policy;
    this.#budget = new RequestBudget(requestsInWindow, windowMs);
    this.#budgetOfHunches = new RequestBudget(Math.ceil(requestsInWindow / 2), windowMs);
  }

  /** The way for the topics of one market. */
  of(category: Category): AskNewest {
    return (symbol, isUrgent, answered) => this.#ask({ category, symbol, answered }, isUrgent);
  }

  /** The way for the audit of one market, which has the room that nobody else needs: one list at a time, and none beside others. */
  lists(category: Category): AskList {
    return (symbol, answered) => {
      const now = this.#ports.clock.monoMs();
      if (this.#underWay > 0 || this.#budgetOfHunches.wait(now) > 0 || this.#budget.wait(now) > 0)
        return false;
      this.#budget.take(now);
      this.#budgetOfHunches.take(now);
      void this.#readList({ category, symbol }, answered);
      return true;
    };
  }

  /**
   * For the heartbeat: questions; silences that were called because of an answer; those that were the market's, each once; lists
   * that proved something of what was told, and trades of theirs that had been left out.
   */
  vitals() {
    const { asked, confirmed, withheld, audited, leftOut } = this.#counts;
    const silences = { silence_asked: asked, silence_confirmed: confirmed, silence_withheld: withheld };
    return { ...silences, trades_audited: audited, trades_left_out: leftOut };
  }

  #ask(question: Question, isUrgent: boolean): boolean {
    const { atOnce, waiting } = this.#policy;
    const now = this.#ports.clock.monoMs();
    if (this.#budget.wait(now) > 0) return false;
    if (isUrgent) {
      if (this.#waiting.length >= waiting) return false;
      this.#budget.take(now);
      this.#waiting.push(question);
      this.#next();
      return true;
    }
    if (this.#underWay >= atOnce / 2 || this.#budgetOfHunches.wait(now) > 0) return false;
    this.#budget.take(now);
    this.#budgetOfHunches.take(now);
    void this.#read(question);
    return true;
  }

  #next(): void {
    while (this.#underWay < this.#policy.atOnce) {
      const question = this.#waiting.shift();
      if (question === undefined) return;
      void this.#read(question);
    }
  }

  async #read({ category, symbol, answered }: Question): Promise<void> {
    this.#underWay += 1;
    this.#counts.asked += 1;
    const result = await this.#ports.rest.newestTrades({ category, symbol });
    this.#underWay -= 1;
    const finding = answered(answerOf(result), this.#ports.clock.monoMs());
    if (finding === 'mute') this.#counts.confirmed += 1;
    if (finding === 'quiet') this.#counts.withheld += 1;
    this.#next();
  }

  async #readList(instrument: Instrument, answered: Parameters<AskList>[1]): Promise<void> {
    this.#underWay += 1;
    const result = await this.#ports.rest.newestTrades(instrument, true);
    this.#underWay -= 1;
    const missing = answered(answerOf(result), this.#ports.clock.monoMs());
    if (missing !== undefined) this.#counts.audited += 1;
    this.#counts.leftOut += missing ?? 0;
    this.#next();
  }
}

/** A list with a row that cannot be read proves nothing. */
function answerOf(result: Awaited<ReturnType<MarketRest['newestTrades']>>): NewestAnswer {
  if (!result.ok || result.value.bad > 0) return { kind: 'failed' };
  const { rows, exchangeAt } = result.value;
  return { kind: 'list', rows, exchangeAt };
}
