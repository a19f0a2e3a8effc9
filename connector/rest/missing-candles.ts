/**
 * Reads closed candles again whose close no socket told. The exchange may list one late, so it is asked for again, later and later.
 *
 * Pure but for its ports. At a full hour with all sockets down a whole market asks at once: so many questions are under way at
 * a time, and the others wait in the order in which they came.
 */
import type { Failure } from '../../shared/errors.ts';
import type { Instrument } from '../../shared/market.ts';
import { after, type Clock, type Millis, type MonoMs } from '../../shared/time.ts';
import type { FetchKlines, MissingKlines, RecoveredKlines } from '../session/feeds/candle-line.ts';
import type { MarketRest } from './market-rest.ts';

export type MissingCandlesPolicy = {
  /** Each pause before a question is asked again is twice as long. */
  readonly againAfterMs: Millis;
  readonly againCapMs: Millis;
  /** Answers that do not list them, after which they stay missing. */
  readonly tries: number;
  /** The same for questions in a row that nobody answered; the pauses between these grow further, up to `slowMs`. */
  readonly failuresAtMost: number;
  readonly slowMs: Millis;
  /** Questions under way at a time. */
  readonly atOnce: number;
  /** Questions that are under way or wait; what is more stays a gap. */
  readonly atMost: number;
};

export type MissingCandlesPorts = {
  readonly rest: Pick<MarketRest, 'klines'>;
  readonly clock: Clock;
  /** The reader is so slow that the candles would find no room; what was not told must not be called healed. */
  readonly isOverloaded: () => boolean;
  /** They stay missing. */
  readonly failed: (instrument: Instrument, failure: Failure) => void;
  /** Nobody answered; they are asked for again. */
  readonly unanswered: () => void;
};

type Question = {
  readonly missing: MissingKlines;
  readonly recovered: RecoveredKlines;
  tries: number;
  /** In a row. */
  failures: number;
  /** Undefined while it is under way. */
  dueAt: MonoMs | undefined;
};

export class MissingCandles {
  readonly #policy: MissingCandlesPolicy;
  readonly #ports: MissingCandlesPorts;
  readonly #questions = new Set<Question>();
  #underWay = 0;

  constructor(policy: MissingCandlesPolicy, ports: MissingCandlesPorts) {
    this.#policy = policy;
    this.#ports = ports;
  }

  readonly fetch: FetchKlines = (missing, recovered) => {
    if (this.#questions.size >= this.#policy.atMost)
      return this.#ports.failed(missing.topic, {
        code: 'requests_full',
        message: `${this.#questions.size} rows of candles are asked for already`,
      });
    const now = this.#ports.clock.monoMs();
    this.#questions.add({ missing, recovered, tries: 0, failures: 0, dueAt: now });
    this.tick(now);
  };

  /** Asks what is due and has room. */
  tick(now: MonoMs): void {
    if (this.#underWay >= this.#policy.atOnce) return;
    for (const question of this.#questions) {
      if (question.dueAt === undefined || now < question.dueAt) continue;
      question.dueAt = undefined;
      this.#underWay += 1;
      void this.#read(question);
      if (this.#underWay >= this.#policy.atOnce) return;
    }
  }

  /** The exchange answers again: what it did not answer is due at once. */
  hurry(now: MonoMs): void {
    for (const question of this.#questions)
      if (question.failures > 0 && question.dueAt !== undefined) question.dueAt = now;
    this.tick(now);
  }

  async #read(question: Question): Promise<void> {
    const { rest, clock, isOverloaded } = this.#ports;
    const { topic, first, last } = question.missing;
    const result = await rest.klines(topic, { interval: topic.interval ?? '1', from: first, to: last });
    this.#underWay -= 1;
    const failure = isOverloaded() ? overloaded : result.ok ? undefined : result.failure;
    // Where the reader was too slow nothing was handed over, so that all of it is still missing.
    const left = result.ok && failure === undefined ? question.recovered(result.value.rows) : 1;
    if (left === 0) this.#questions.delete(question);
    else this.#again(question, failure);
    this.tick(clock.monoMs());
  }

  #again(question: Question, failure: Failure | undefined): void {
    const { clock, failed, unanswered } = this.#ports;
    const { againAfterMs, againCapMs, tries, failuresAtMost, slowMs } = this.#policy;
    question.failures = failure === undefined ? 0 : question.failures + 1;
    if (failure === undefined) question.tries += 1;
    if (question.tries >= tries || question.failures >= failuresAtMost) {
      this.#questions.delete(question);
      return failed(question.missing.topic, failure ?? notListed);
    }
    if (failure !== undefined) unanswered();
    const inARow = question.failures || question.tries;
    const pause = Math.min(failure === undefined ? againCapMs : slowMs, againAfterMs * 2 ** (inARow - 1));
    question.dueAt = after(clock.monoMs(), pause);
  }
}

/** The reader takes too little for what was read again. */
export const overloaded: Failure = {
  code: 'overloaded',
  message: 'the reader is too slow: what was missed is not told now',
};

const notListed: Failure = { code: 'answer_bad', message: 'the exchange does not list them' };
