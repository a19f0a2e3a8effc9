/**
 * Asks for the newest trades of topics that are silent (session/silence/silence-check.ts), a few at a time and within a share of what we
 * allow ourselves of requests: a calm of the whole market makes all its topics suspect at once. Where an alarm waits for the
 * answer the question may wait for its turn; one that only might become an alarm has half of the room, or is put later.
 */
import type { Category } from '../../shared/market.ts';
import type { Clock, Millis, MonoMs } from '../../shared/time.ts';
import type { AskNewest, Finding, NewestAnswer } from '../session/silence/silence-check.ts';
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
  readonly #counts = { asked: 0, confirmed: 0, withheld: 0 };

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

  /** For the heartbeat: questions; silences that were called because of an answer; those that were the market's, each once. */
  vitals() {
    const { asked, confirmed, withheld } = this.#counts;
    return { silence_asked: asked, silence_confirmed: confirmed, silence_withheld: withheld };
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
    // A list with a row that cannot be read proves nothing.
    const isWhole = result.ok && result.value.bad === 0;
    const answer: NewestAnswer = isWhole
      ? { kind: 'list', rows: result.value.rows, exchangeAt: result.value.exchangeAt }
      : { kind: 'failed' };
    const finding = answered(answer, this.#ports.clock.monoMs());
    if (finding === 'mute') this.#counts.confirmed += 1;
    if (finding === 'quiet') this.#counts.withheld += 1;
    this.#next();
  }
}
