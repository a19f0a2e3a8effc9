/**
 * When a book that our own check found wrong is subscribed anew: at once, and then ever more seldom while it goes on breaking.
 *
 * A book can be crossed in each snapshot (before a listing, in an auction), and a connector can number its updates in a way of
 * its own. Asking again at once each time would be a loop as fast as the way there and back, and would eat the outgoing
 * frames of its socket, which all other topics share. Pure: what to do is answered, time is an argument.
 */
import { type BackoffPolicy, backoffDelay } from '../shared/backoff.ts';
import { type Topic, topicKey } from '../shared/market.ts';
import { type Millis, type MonoMs, monoMs } from '../shared/time.ts';

export type RenewalPolicy = {
  readonly backoff: BackoffPolicy;
  /** A book that was valid for so long is as good as one that never broke. */
  readonly forgetAfterMs: Millis;
};

type Entry = {
  readonly topic: Topic;
  renewals: number;
  notBefore: MonoMs;
  /** It broke again before its next renewal was allowed. */
  isAwaited: boolean;
  validSince: MonoMs | undefined;
};

/** The longest wait of the backoff, not a random one: it limits us, and there is no herd to be spread. */
const wholeWait = () => 1;

export class BookRenewals {
  readonly #policy: RenewalPolicy;
  /** Books that broke lately, by topic key: at most one each that is wanted. */
  readonly #entries = new Map<string, Entry>();

  constructor(policy: RenewalPolicy) {
    this.#policy = policy;
  }

  /** A book was found wrong. Answers how long its renewal has to wait: 0 is at once, undefined when one is awaited already. */
  broken(topic: Topic, now: MonoMs): Millis | undefined {
    const entry = this.#entryOf(topic, now);
    entry.validSince = undefined;
    if (entry.isAwaited) return undefined;
    const wait = Math.max(0, entry.notBefore - now);
    if (wait === 0) this.#renewed(entry, now);
    else entry.isAwaited = true;
    return wait;
  }

  /** The books whose renewal is due and that are still wrong. To be called a few times a second. */
  due(now: MonoMs, isValid: (topic: Topic) => boolean): readonly Topic[] {
    const due: Topic[] = [];
    for (const [key, entry] of this.#entries) {
      if (isValid(entry.topic)) {
        entry.isAwaited = false;
        entry.validSince ??= now;
        if (now - entry.validSince >= this.#policy.forgetAfterMs) this.#entries.delete(key);
        continue;
      }
      entry.validSince = undefined;
      if (!entry.isAwaited || now < entry.notBefore) continue;
      this.#renewed(entry, now);
      due.push(entry.topic);
    }
    return due;
  }

  /** The topic is no longer wanted. */
  forget(topic: Topic): void {
    this.#entries.delete(topicKey(topic));
  }

  /** The next child subscribes everything anew. */
  childEnded(): void {
    this.#entries.clear();
  }

  #entryOf(topic: Topic, now: MonoMs): Entry {
    const known = this.#entries.get(topicKey(topic));
    if (known !== undefined) return known;
    const entry: Entry = { topic, renewals: 0, notBefore: now, isAwaited: false, validSince: undefined };
    this.#entries.set(topicKey(topic), entry);
    return entry;
  }

  #renewed(entry: Entry, now: MonoMs): void {
    entry.isAwaited = false;
    entry.notBefore = monoMs(now + backoffDelay(entry.renewals, this.#policy.backoff, wholeWait));
    entry.renewals += 1;
  }
}
