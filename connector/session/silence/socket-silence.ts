/**
 * Is a whole socket silent for too long? It is open and answers pings, but gives no data: then only a new one helps.
 *
 * How much silence proves that depends on what is known.
 * - Where a topic is missed (stale by its own pace, or without the snapshot that every subscription begins with), a short
 *   while without any data is enough.
 * - Where other sockets of the same market give data, the market is not silent. Then the pace of the socket as a whole
 *   decides, which is known long before that of each thin topic. It decides as well where no book could: trades alone tell
 *   their common pace, too.
 * - Where neither is so and no book of the socket has shown its pace, nothing is missed by anybody, and a socket that died
 *   right after its snapshots would be believed for ever; so it is replaced all the same. The same holds, after a longer while,
 *   for a socket without books that has not shown its pace, unless the exchange's lists say of each of its topics that nothing is missing.
 *
 * The last two may be wrong: a market of thin symbols is silent for minutes. Each replacement doubles the wait for the next
 * one, until a pace is known. Once one is, it decides alone: a slow book says how slow it is.
 */
import { Freshness, type FreshnessPolicy } from '../../../shared/freshness.ts';
import type { Policy } from '../../../shared/policy.ts';
import type { Millis, MonoMs } from '../../../shared/time.ts';

/** What a topic of the socket adds to the judgement. */
export type TopicSilence = {
  /** The exchange's name of it. */
  readonly name: string;
  /** A book to which the exchange has agreed. */
  readonly isActiveBook: boolean;
  /** Its own silence can be judged. */
  readonly isPaceKnown: boolean;
  /** Stale, or without its snapshot. */
  readonly isMissed: boolean;
  /** The exchange has said, lately, that nothing of it is missing. */
  readonly isVouched: boolean;
  /** It stays mute although it was asked for anew on this socket, again and again. */
  readonly wantsSocket: boolean;
};

export class SocketSilence {
  readonly #policy: Policy['connection'];
  readonly #pacePolicy: FreshnessPolicy;
  /** The pace of all topics of the socket together. */
  #pace: Freshness;
  #since: MonoMs | undefined;
  #dataAt: MonoMs | undefined;
  /** Replacements in a row after which no pace became known. */
  #replaced = 0;

  constructor({ connection, freshness }: Pick<Policy, 'connection' | 'freshness'>) {
    this.#policy = connection;
    // Without a ceiling: a socket on which little ever happens is not judged by its silence.
    this.#pacePolicy = {
      ...freshness.other,
      floorMs: connection.silentAfterMs,
      ceilingMs: Number.POSITIVE_INFINITY,
      learnForMs: 0,
      cautiousForMs: 0,
    };
    this.#pace = new Freshness(this.#pacePolicy);
  }

  /** A data frame came. */
  seen(now: MonoMs): void {
    this.#since = now;
    this.#dataAt = now;
    this.#pace.seen(now);
  }

  /** Silence is counted from now: the socket opened, or we ourselves were asleep. */
  restart(now: MonoMs): void {
    this.#since = now;
    this.#pace.resumed(now);
  }

  /** A topic was given up: how fast those that are left are must be learned anew. */
  forgetPace(): void {
    this.#pace = new Freshness(this.#pacePolicy);
  }

  /** When data came last; undefined before the first. */
  get dataAt(): MonoMs | undefined {
    return this.#dataAt;
  }

  /**
   * For how long nothing came, when it is so long that the socket must be replaced; otherwise undefined. `siblingDataAt` is
   * when another socket of the market gave data last.
   */
  judge(topics: readonly TopicSilence[], now: MonoMs, siblingDataAt: MonoMs | undefined): Millis | undefined {
    this.#since ??= now;
    const silentFor = now - this.#since;
    const books = topics.filter(({ isActiveBook }) => isActiveBook);
    const isBookPaceKnown = books.some(({ isPaceKnown }) => isPaceKnown);
    if (isBookPaceKnown || (books.length === 0 && this.#pace.isPaceKnown)) this.#replaced = 0;
    if (topics.some(({ isMissed }) => isMissed) && silentFor >= this.#policy.silentAfterMs) return silentFor;
    const { siblingMovedWithinMs, silentBeforeKnownMs, silentWithoutBooksMs } = this.#policy;
    const siblingsMove = siblingDataAt !== undefined && now - siblingDataAt <= siblingMovedWithinMs;
    if ((siblingsMove || books.length === 0) && this.#pace.isPaceKnown)
      return this.#judgeByPace(topics, silentFor, now);
    if (books.length === 0) {
      // A topic that has shown its own pace is judged by that.
      const isQuiet = topics.every(({ isVouched, isPaceKnown }) => isVouched || isPaceKnown);
      return isQuiet ? undefined : this.#judgeUnknown(silentWithoutBooksMs, silentFor);
    }
    if (isBookPaceKnown) return undefined;
    return this.#judgeUnknown(silentBeforeKnownMs, silentFor);
  }

  #judgeByPace(topics: readonly TopicSilence[], silentFor: Millis, now: MonoMs): Millis | undefined {
    if (topics.length === 0 || !this.#pace.isStale(now)) return undefined;
    this.#pace.calledStale();
    return silentFor;
  }

  #judgeUnknown(standardMs: Millis, silentFor: Millis): Millis | undefined {
    const limit = Math.min(this.#policy.silentBeforeKnownCapMs, standardMs * 2 ** this.#replaced);
    if (silentFor < limit) return undefined;
    this.#replaced += 1;
    return silentFor;
  }
}
