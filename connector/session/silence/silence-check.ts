/**
 * Is a topic of trades mute, or is nothing traded? The exchange's own list of its newest trades tells, and is asked before a
 * silence is called one.
 *
 * Trades that are newer than the last one that came, and that had to come by now, prove that the topic is mute: then the pace of
 * a topic that trades seldom need not be waited for. A list that ends with that last one proves that the market is quiet: the
 * alarm is withheld, and the question put again later, each pause half as long as the silence so far. Where nobody answers,
 * the length of the silence decides alone.
 *
 * What a trade's age proves depends on the socket: one that has brought something which the exchange pushed a second after that
 * trade will not bring the trade any more. Without such a witness the link may be stalled, so that the trade must be older.
 *
 * Of a subscription that has brought nothing yet there is no last trade, and no pace. What it owes is then known by the moment
 * of the acknowledgement: trades that the list dates clearly after it had to come. So a topic that is mute from birth is found,
 * too; and so is one that stays mute after its socket was replaced.
 */
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import { after, type Millis, type MonoMs, type UnixMs } from '../../../shared/time.ts';
import { LastTrade } from '../trades/last-trade.ts';
import { isBefore, type TradePlace } from '../trades/trade-overlap.ts';
import type { FeedPulse, Suspicion } from './feed-pulse.ts';

/** The newest trades, in match order; `exchangeAt`: the exchange's clock as it answered. */
export type NewestAnswer =
  | { readonly kind: 'list'; readonly rows: readonly TradeEvent[]; readonly exchangeAt: UnixMs }
  | { readonly kind: 'failed' };

/** What came of an answer; `useless`: it proved nothing. */
export type Finding = 'mute' | 'quiet' | 'useless';

/**
 * Asks for the newest trades of an instrument; false: not now. `isUrgent`: an alarm waits for the answer, which comes once, and
 * never before this has returned.
 */
export type AskNewest = (
  symbol: string,
  isUrgent: boolean,
  answered: (answer: NewestAnswer, now: MonoMs) => Finding,
) => boolean;

export type SilenceCheckPolicy = {
  /** An alarm waits so long for the answer. */
  readonly answerWithinMs: Millis;
  /** A trade is missing when the socket has brought what was pushed so long after it; */
  readonly missingAfterMs: Millis;
  /** or when it is so old. */
  readonly missingAloneAfterMs: Millis;
  /** The question is put again after this, and after half of the silence so far, but after the cap at the latest. */
  readonly againAfterMs: Millis;
  readonly againCapMs: Millis;
  readonly againAfterFailureMs: Millis;
  /** A subscription that has brought nothing is asked about so long after its acknowledgement, and no sooner again. */
  readonly bornAfterMs: Millis;
  /** What the list dates so long after the acknowledgement, the subscription owes. */
  readonly owedAfterMs: Millis;
};

export type SilenceCheckPorts = {
  readonly ask: AskNewest;
  /** When the exchange pushed what this socket brought last, ms by its clock; undefined before anything. */
  readonly sentAt: () => number | undefined;
  /** Hears each list that was read for a subscription that has brought nothing yet. */
  readonly listed: (rows: readonly TradeEvent[], exchangeAt: UnixMs, now: MonoMs) => void;
};

/** An alarm, and why; without a reason it is by the length of the silence. */
export type Alarm = { readonly why: string | undefined };
const bySilence: Alarm = { why: undefined };

/** Who judges the silence of a topic by more than its length. */
export type TopicCheck = Pick<SilenceCheck, 'interrupted' | 'agreed' | 'isVouched' | 'judge'>;

export class SilenceCheck {
  readonly #symbol: string;
  readonly #policy: SilenceCheckPolicy;
  readonly #ports: SilenceCheckPorts;
  /** The last trade that came on this socket. */
  readonly #last = new LastTrade();
  /** What follows it on this socket follows it at the exchange. */
  #isJoined = false;
  /** When the exchange acknowledged the present subscription. */
  #agreedAt: MonoMs | undefined;
  /** The market's quiet is vouched for until then: by that time another answer is there. */
  #vouchedUntil: MonoMs | undefined;
  /** Frames that had come when the present silence began: another number is another silence. */
  #arrivals = -1;
  #askedAt: MonoMs | undefined;
  #againAt: MonoMs | undefined;
  /** The last answer said that nothing is missing yet. */
  #isTrusted = false;
  #alarm: Alarm | undefined;
  /** An answer showed that nothing was traded up to here, and the pulse has not heard of it. */
  #quietUntil: MonoMs | undefined;
  /** This silence was called the market's already; it counts once. */
  #isCounted = false;

  constructor(symbol: string, policy: SilenceCheckPolicy, ports: SilenceCheckPorts) {
    this.#symbol = symbol;
    this.#policy = policy;
    this.#ports = ports;
  }

  /** Trades came, in match order. */
  told(trades: readonly TradeEvent[]): void {
    const last = trades.at(-1);
    if (last === undefined) return;
    this.#last.advance(last);
    this.#isJoined = true;
  }

  /** What comes next does not join what came before: newer trades lie in a gap, and prove nothing about this socket. */
  interrupted(): void {
    this.#isJoined = false;
    this.#agreedAt = undefined;
    this.#rest();
  }

  /** The exchange acknowledged: from now on it owes this socket every trade. */
  agreed(now: MonoMs): void {
    this.#agreedAt = now;
    this.#rest();
  }

  /** The exchange has said, lately, that nothing is missing. */
  isVouched(now: MonoMs): boolean {
    return this.#vouchedUntil !== undefined && now < this.#vouchedUntil;
  }

  /** To be called with each look at the clock. Answers an alarm; undefined: none, or not yet. */
  judge(pace: Suspicion, pulse: FeedPulse, now: MonoMs): Alarm | undefined {
    const suspicion = pace === 'none' && this.#isUnheard(pulse, now) ? 'suspected' : pace;
    if (suspicion === 'none') {
      this.#rest();
      return undefined;
    }
    const { arrivals } = pulse;
    if (arrivals !== this.#arrivals) this.#rest();
    this.#arrivals = arrivals;
    // What was read with the answer has been taken in by now: this is a later turn of our loop.
    if (this.#alarm !== undefined) return this.#alarm;
    if (this.#quietUntil !== undefined) {
      pulse.excused(this.#quietUntil, 'nothing was traded meanwhile, says the exchange');
      this.#quietUntil = undefined;
      return undefined;
    }
    const isSilent = suspicion === 'silent';
    if (this.#askedAt !== undefined && now - this.#askedAt < this.#policy.answerWithinMs) return undefined;
    const isDue = this.#askedAt === undefined && (this.#againAt === undefined || now >= this.#againAt);
    if (isDue && this.#ask(isSilent, pulse, now)) return undefined;
    return isSilent && !this.#isTrusted ? bySilence : undefined;
  }

  /** The subscription was acknowledged a while ago, and nothing at all has come of it. */
  #isUnheard(pulse: FeedPulse, now: MonoMs): boolean {
    if (this.#agreedAt === undefined || this.#isJoined || pulse.isStale) return false;
    return now - this.#agreedAt >= this.#policy.bornAfterMs;
  }

  #ask(isUrgent: boolean, pulse: FeedPulse, now: MonoMs): boolean {
    const agreedAt = this.#agreedAt;
    if (!this.#isJoined && agreedAt === undefined) return false;
    const { arrivals } = pulse;
    const isAsked = this.#ports.ask(this.#symbol, isUrgent, (answer, answeredAt) => {
      if (!this.#isJoined && answer.kind === 'list')
        this.#ports.listed(answer.rows, answer.exchangeAt, answeredAt);
      // Another silence has begun, or none is any more.
      if (this.#askedAt !== now || pulse.arrivals !== arrivals) return 'useless';
      const silentMs = answeredAt - (agreedAt ?? answeredAt);
      return this.#found(
        answer,
        this.#isJoined ? (pulse.ageMs(answeredAt) ?? silentMs) : silentMs,
        answeredAt,
      );
    });
    if (!isAsked) return false;
    this.#askedAt = now;
    this.#isTrusted = false;
    return true;
  }

  #found(answer: NewestAnswer, ageMs: Millis, now: MonoMs): Finding {
    const { againAfterMs, againAfterFailureMs } = this.#policy;
    const askedAt = this.#askedAt;
    this.#askedAt = undefined;
    if (answer.kind === 'failed' || askedAt === undefined) {
      this.#againAt = after(now, againAfterFailureMs);
      return 'useless';
    }
    const owed = this.#owed(answer.rows, answer.exchangeAt, askedAt);
    if (owed === undefined) {
      // The list lags behind what came.
      this.#againAt = after(now, againAfterMs);
      return 'useless';
    }
    this.#isTrusted = true;
    const [first] = owed;
    if (first === undefined) return this.#quiet(askedAt, ageMs, now);
    if (!this.#isMissing(first, answer.exchangeAt)) {
      this.#againAt = after(now, againAfterMs);
      return 'useless';
    }
    const count = owed.length === answer.rows.length ? `${owed.length} or more` : String(owed.length);
    const since = this.#isJoined ? '' : ' after the acknowledgement';
    this.#alarm = {
      why: `nothing for ${Math.round(ageMs)} ms${since}, but the exchange lists ${count} trades since`,
    };
    return 'mute';
  }

  #quiet(askedAt: MonoMs, ageMs: Millis, now: MonoMs): Finding {
    const { againAfterMs, againCapMs, againAfterFailureMs, bornAfterMs } = this.#policy;
    const leastMs = this.#isJoined ? againAfterMs : bornAfterMs;
    this.#againAt = after(now, Math.min(againCapMs, Math.max(leastMs, ageMs / 2)));
    this.#vouchedUntil = after(this.#againAt, againAfterFailureMs);
    this.#quietUntil = askedAt;
    const isNew = !this.#isCounted;
    this.#isCounted = true;
    return isNew ? 'quiet' : 'useless';
  }

  /** The rows that this socket had to bring after what it brought last; undefined where the list has not come to that. */
  #owed(rows: readonly TradeEvent[], exchangeAt: UnixMs, askedAt: MonoMs): readonly TradeEvent[] | undefined {
    const last = this.#last.place;
    if (this.#isJoined && last !== undefined) return newerThan(last, rows);
    // The exchange read its clock after we had asked, so that this is not before the acknowledgement.
    const agreedAt = exchangeAt - (askedAt - (this.#agreedAt ?? askedAt));
    return rows.filter(({ timestamp }) => timestamp >= agreedAt + this.#policy.owedAfterMs);
  }

  #isMissing({ timestamp }: TradeEvent, exchangeAt: UnixMs): boolean {
    const { missingAfterMs, missingAloneAfterMs } = this.#policy;
    const sentAt = this.#ports.sentAt();
    const isOvertaken = sentAt !== undefined && sentAt - timestamp >= missingAfterMs;
    return isOvertaken || exchangeAt - timestamp >= missingAloneAfterMs;
  }

  #rest(): void {
    this.#askedAt = undefined;
    this.#againAt = undefined;
    this.#isTrusted = false;
    this.#alarm = undefined;
    this.#quietUntil = undefined;
    this.#isCounted = false;
    this.#vouchedUntil = undefined;
  }
}

/** The rows that are surely newer than `last`; undefined where the list has not come to it. */
function newerThan(last: TradePlace, rows: readonly TradeEvent[]): readonly TradeEvent[] | undefined {
  const place = rows.findLastIndex(({ id }) => id === last.id);
  if (place >= 0) return rows.slice(place + 1);
  const newer = rows.filter((row) => isBefore(last, row));
  return newer.length === 0 ? undefined : newer;
}
