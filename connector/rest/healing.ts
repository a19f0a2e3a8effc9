/**
 * Reads by REST what the sockets missed: the newest trades of a topic, and candles whose close was not seen.
 *
 * Pure but for its ports. After a loss of all sockets every topic of a market asks at once: so many questions are under way at a
 * time, the busiest topics first, since their trades leave the exchange's list soonest. What cannot be had stays a gap, as it
 * was told; why is told once in a while.
 */
import { type Failure, isRetryable } from '../../shared/errors.ts';
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import type { Instrument } from '../../shared/market.ts';
import type { Clock, Millis, MonoMs } from '../../shared/time.ts';
import { ErrorThrottle } from '../session/error-throttle.ts';
import type { FetchKlines } from '../session/feeds/candle-line.ts';
import type { ReadRecent, RecentQuestion } from '../session/trades/trade-lines.ts';
import type { MarketRest } from './market-rest.ts';
import { MissingCandles, type MissingCandlesPolicy, overloaded } from './missing-candles.ts';

export type HealingPolicy = {
  /** Questions for newest trades that are under way at a time. */
  readonly readsAtOnce: number;
  readonly klines: MissingCandlesPolicy;
  /** What had failed is asked for again as soon as the exchange answers anything, at most so often. */
  readonly hurryEveryMs: Millis;
};

export type HealingPorts = {
  readonly rest: Pick<MarketRest, 'recentTrades' | 'klines'>;
  readonly clock: Clock;
  readonly emit: (event: UnnumberedEvent) => void;
  /** The reader is so slow that healed events would find no room; what was not told must not be called healed. */
  readonly isOverloaded: () => boolean;
  /** Lists of trades that had failed are due at once. */
  readonly hurry: (now: MonoMs) => void;
};

export class Healing {
  readonly #policy: HealingPolicy;
  readonly #ports: HealingPorts;
  readonly #errors: ErrorThrottle;
  readonly #waiting: RecentQuestion[] = [];
  #underWay = 0;
  readonly #candles: MissingCandles;
  #hasFailed = false;
  #hurriedAt: MonoMs | undefined;

  constructor(policy: HealingPolicy, errorEveryMs: Millis, ports: HealingPorts) {
    this.#policy = policy;
    this.#ports = ports;
    this.#errors = new ErrorThrottle(errorEveryMs, ports.emit);
    const failed = (instrument: Instrument, failure: Failure): void =>
      this.#tell(instrument, 'closed candles', failure);
    this.#candles = new MissingCandles(policy.klines, {
      ...ports,
      failed,
      unanswered: () => {
        this.#hasFailed = true;
      },
    });
  }

  readonly readRecent: ReadRecent = (question) => {
    this.#waiting.push(question);
    this.#readNext();
  };

  readonly fetchKlines: FetchKlines = (missing, recovered) => this.#candles.fetch(missing, recovered);

  /** Asks again for candles that are due. */
  tick(now: MonoMs): void {
    this.#candles.tick(now);
  }

  /** The exchange has answered somebody: an outage, or a shut-out, may be over. */
  answers(now: MonoMs): void {
    if (!this.#hasFailed) return;
    if (this.#hurriedAt !== undefined && now - this.#hurriedAt < this.#policy.hurryEveryMs) return;
    this.#hasFailed = false;
    this.#hurriedAt = now;
    this.#candles.hurry(now);
    this.#ports.hurry(now);
  }

  #readNext(): void {
    while (this.#underWay < this.#policy.readsAtOnce) {
      const question = this.#takeBusiest();
      if (question === undefined) return;
      this.#underWay += 1;
      void this.#read(question);
    }
  }

  /** Takes the question of the busiest topic, and those that nobody waits for, out of the list. */
  #takeBusiest(): RecentQuestion | undefined {
    let busiest: RecentQuestion | undefined;
    let most = -1;
    const wanted = this.#waiting.filter((question) => {
      const weight = question.weight();
      if (weight !== undefined && weight > most) {
        busiest = question;
        most = weight;
      }
      return weight !== undefined;
    });
    this.#waiting.length = 0;
    for (const question of wanted) if (question !== busiest) this.#waiting.push(question);
    return busiest;
  }

  async #read({ instrument, answered }: RecentQuestion): Promise<void> {
    const { rest, clock, isOverloaded } = this.#ports;
    const result = await rest.recentTrades(instrument);
    this.#underWay -= 1;
    const failure = isOverloaded() ? overloaded : result.ok ? unreadable(result.value) : result.failure;
    if (result.ok && failure === undefined) {
      this.answers(clock.monoMs());
      answered({ kind: 'rows', rows: result.value.rows }, clock.monoMs());
    } else {
      this.#hasFailed = true;
      if (failure !== undefined) this.#tell(instrument, 'the newest trades', failure);
      answered({ kind: 'failed' }, clock.monoMs());
    }
    this.#readNext();
  }

  #tell({ category, symbol }: Instrument, what: string, { code, message }: Failure): void {
    const { clock } = this.#ports;
    const error = `${what} of ${category} ${symbol} could not be read again: ${message}; what is missing stays a gap`;
    const retryable = isRetryable(code);
    this.#errors.emit(
      { type: 'error', error, code, retryable, at: clock.unixMs(), category, symbol },
      clock.monoMs(),
    );
  }
}

/** A list with a row that cannot be read proves nothing about what lies between the others. */
function unreadable({ bad, firstBad }: { bad: number; firstBad: string | undefined }): Failure | undefined {
  return bad === 0 ? undefined : { code: 'answer_bad', message: `${bad} rows are unreadable: ${firstBad}` };
}
