/**
 * A topic of candles that has brought nothing since its acknowledgement: is it mute, or is nothing traded?
 *
 * Candles are pushed every 1 to 60 s (bybit-v5.md 3.5); whether without trades, too, is not known, and a thin symbol may be without
 * for hours. So the length of the silence proves nothing, but a trade after the acknowledgement does: it moves the candle, which
 * must have been pushed a minute later. The exchange's list of newest trades is asked for such a trade, and once more when its
 * minute is over. A list without one says that the market is quiet, and is asked for ever more seldom.
 *
 * Once candles have come the pace of the topic is learned and tells as that of any other one (shared/freshness.ts).
 */
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import { after, type Millis, type MonoMs, monoMs, type UnixMs } from '../../../shared/time.ts';
import type { FeedPulse, Suspicion } from './feed-pulse.ts';
import type { Alarm, AskNewest, Finding, NewestAnswer } from './silence-check.ts';

export type CandleCheckPolicy = {
  /** The first question, so long after the acknowledgement; and no sooner again while nothing is traded. */
  readonly candleAfterMs: Millis;
  /** A trade shows in a candle within this. */
  readonly candleWithinMs: Millis;
  /** What the list dates so long after the acknowledgement, the subscription owes. */
  readonly owedAfterMs: Millis;
  readonly againCapMs: Millis;
  readonly againAfterFailureMs: Millis;
  /** The next try where nobody could be asked. */
  readonly missingAfterMs: Millis;
};

export type CandleCheckPorts = {
  readonly ask: AskNewest;
  /** The candle of this moment (exchange time, ms), and what follows it, was owed and has not come. */
  readonly owed: (timestamp: number) => void;
};

const bySilence: Alarm = { why: undefined };

export class CandleCheck {
  readonly #symbol: string;
  readonly #policy: CandleCheckPolicy;
  readonly #ports: CandleCheckPorts;
  /** Since when nothing has come, although the exchange acknowledged; undefined when candles come. */
  #unheardSince: MonoMs | undefined;
  #askedAt: MonoMs | undefined;
  #againAt: MonoMs | undefined;
  /** When the oldest trade was made that is owed a candle. */
  #owedSince: MonoMs | undefined;
  /** The acknowledgement by the exchange's clock, or a little before it. */
  #agreedTimestamp = 0;
  #alarm: Alarm | undefined;
  /** This calm was counted. */
  #isCounted = false;

  constructor(symbol: string, policy: CandleCheckPolicy, ports: CandleCheckPorts) {
    this.#symbol = symbol;
    this.#policy = policy;
    this.#ports = ports;
  }

  /** A candle came. */
  told(): void {
    if (this.#unheardSince !== undefined) this.#rest(undefined);
  }

  interrupted(): void {
    this.#rest(undefined);
  }

  agreed(now: MonoMs): void {
    this.#rest(now);
  }

  /** What is known of trades says nothing of a whole socket. */
  isVouched(): boolean {
    return false;
  }

  /** To be called with each look at the clock. Answers an alarm; undefined: none, or not yet. */
  judge(pace: Suspicion, pulse: FeedPulse, now: MonoMs): Alarm | undefined {
    if (pace === 'silent') return bySilence;
    if (this.#unheardSince === undefined || pulse.isStale) return undefined;
    // What was read with the answer has been taken in by now: this is a later turn of our loop.
    if (this.#alarm !== undefined) {
      this.#ports.owed(this.#agreedTimestamp);
      return this.#alarm;
    }
    this.#againAt ??= after(this.#unheardSince, this.#policy.candleAfterMs);
    if (this.#askedAt === undefined && now >= this.#againAt) this.#ask(this.#unheardSince, now);
    return undefined;
  }

  #ask(unheardSince: MonoMs, now: MonoMs): void {
    const isAsked = this.#ports.ask(this.#symbol, false, (answer, answeredAt) => {
      // Candles have come meanwhile, or the topic was asked for anew.
      if (this.#askedAt !== now || this.#unheardSince !== unheardSince) return 'useless';
      this.#askedAt = undefined;
      return this.#found(answer, now, unheardSince, answeredAt);
    });
    if (isAsked) this.#askedAt = now;
    else this.#againAt = after(now, this.#policy.missingAfterMs);
  }

  #found(answer: NewestAnswer, askedAt: MonoMs, unheardSince: MonoMs, now: MonoMs): Finding {
    const { candleWithinMs, againAfterFailureMs } = this.#policy;
    this.#againAt = after(now, againAfterFailureMs);
    if (answer.kind === 'failed') return 'useless';
    const { rows, exchangeAt } = answer;
    if (this.#owedSince === undefined) {
      const first = this.#firstOwed(rows, exchangeAt, now - unheardSince, now - askedAt);
      if (first === undefined) return this.#quiet(now, now - unheardSince);
      // The exchange read its clock before this moment, so that the trade is at least so old.
      this.#owedSince = monoMs(now - Math.max(0, exchangeAt - first.timestamp));
      this.#agreedTimestamp = exchangeAt - (now - unheardSince);
    }
    if (now - this.#owedSince < candleWithinMs) {
      this.#againAt = after(this.#owedSince, candleWithinMs);
      return 'useless';
    }
    const silentMs = Math.round(now - unheardSince);
    this.#alarm = {
      why: `no candle for ${silentMs} ms after the acknowledgement, but the exchange lists trades since`,
    };
    return 'mute';
  }

  /** The oldest trade of the list after the acknowledgement. Blocks are agreed upon off the book, and may be in no candle. */
  #firstOwed(
    rows: readonly TradeEvent[],
    exchangeAt: UnixMs,
    unheardMs: Millis,
    tookMs: Millis,
  ): TradeEvent | undefined {
    // The exchange read its clock after we had asked, so that this is not before the acknowledgement.
    const agreedAt = exchangeAt - (unheardMs - tookMs);
    const from = agreedAt + this.#policy.owedAfterMs;
    return rows.find(({ timestamp, block }) => timestamp >= from && block !== true);
  }

  #quiet(now: MonoMs, silentMs: Millis): Finding {
    const { candleAfterMs, againCapMs } = this.#policy;
    this.#againAt = after(now, Math.min(againCapMs, Math.max(candleAfterMs, silentMs / 2)));
    const isNew = !this.#isCounted;
    this.#isCounted = true;
    return isNew ? 'quiet' : 'useless';
  }

  #rest(unheardSince: MonoMs | undefined): void {
    this.#unheardSince = unheardSince;
    this.#askedAt = undefined;
    this.#againAt = undefined;
    this.#owedSince = undefined;
    this.#alarm = undefined;
    this.#isCounted = false;
  }
}
