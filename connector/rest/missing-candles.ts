/**
 * Reads closed candles again whose close no socket told. The exchange may list one late, so it is asked for again, later and later.
 *
 * Pure but for its ports. At a full hour with all sockets down a whole market asks at once: so many questions are under way at
 * a time, and the others wait in the order in which they came.
 */
import type { Failure } from '../../shared/errors.ts';
import type { Instrument } from '../../shared/market.ts';
import { after, type Clock, type Millis, type MonoMs } from '../../shared/time.ts';
import type { FetchKlines, MissingKlines, RecoveredKlines } from '../session/candle-line.ts';
import type { MarketRest } from './market-rest.ts';

export type MissingCandlesPolicy = {
  /** Each pause before a question is asked again is twice as long. */
  readonly againAfterMs: Millis;
  readonly againCapMs: Millis;
  readonly tries: number;
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
  readonly failed: (instrument: Instrument, failure: Failure) => void;
};

type Question = {
  readonly missing: MissingKlines;
  readonly recovered: RecoveredKlines;
  tries: number;
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
    this.#questions.add({ missing, recovered, tries: 0, dueAt: now });
    this.tick(now);
  };

  /** Asks what is due and has room. */
  tick(now: MonoMs): void {
    if (this.#underWay >= this.#policy.atOnce) return;
    for (const question of this.#questions) {
      if (question.dueAt === undefined || now < question.dueAt) continue;
      question.dueAt = undefined;
      question.tries += 1;
      this.#underWay += 1;
      void this.#read(question);
      if (this.#underWay >= this.#policy.atOnce) return;
    }
  }

  async #read(question: Question): Promise<void> {
    const { rest, clock, isOverloaded, failed } = this.#ports;
    const { topic, first, last } = question.missing;
    const { againAfterMs, againCapMs, tries } = this.#policy;
    const result = await rest.klines(topic, { interval: topic.interval ?? '1', from: first, to: last });
    this.#underWay -= 1;
    const failure = isOverloaded() ? overloaded : result.ok ? undefined : result.failure;
    // Where the reader was too slow nothing was handed over, so that all of it is still missing.
    const left = result.ok && failure === undefined ? question.recovered(result.value.rows) : 1;
    if (left === 0 || question.tries >= tries) {
      this.#questions.delete(question);
      if (left > 0) failed(topic, failure ?? notListed);
    } else {
      const pause = Math.min(againCapMs, againAfterMs * 2 ** (question.tries - 1));
      question.dueAt = after(clock.monoMs(), pause);
    }
    this.tick(clock.monoMs());
  }
}

/** The reader takes too little for what was read again. */
export const overloaded: Failure = {
  code: 'overloaded',
  message: 'the reader is too slow: what was missed is not told now',
};

const notListed: Failure = { code: 'answer_bad', message: 'the exchange does not list them' };
