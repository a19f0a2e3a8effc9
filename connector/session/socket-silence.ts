/**
 * Is a whole socket silent for too long? It is open and answers pings, but gives no data: then only a new one helps.
 *
 * How much silence proves that depends on what is known. Where a topic is missed (stale by its own pace, or without the
 * snapshot that every subscription begins with), a short while without any data is enough. Where no book of the socket has
 * shown its pace, nothing is missed by anybody, and a socket that died right after its snapshots would be believed for ever;
 * so it is replaced after a longer while. That may be wrong: a market of thin symbols is silent for minutes. Each replacement
 * doubles the wait for the next one, until a pace is known. Once one is, it decides alone: a slow book says how slow it is.
 */
import type { Policy } from '../../shared/policy.ts';
import type { Millis, MonoMs } from '../../shared/time.ts';

/** What a topic of the socket adds to the judgement. */
export type TopicSilence = {
  /** A book to which the exchange has agreed. */
  readonly isActiveBook: boolean;
  /** Its own silence can be judged. */
  readonly isPaceKnown: boolean;
  /** Stale, or without its snapshot. */
  readonly isMissed: boolean;
};

export class SocketSilence {
  readonly #policy: Policy['connection'];
  #since: MonoMs | undefined;
  /** Replacements in a row after which no pace became known. */
  #replaced = 0;

  constructor(policy: Policy['connection']) {
    this.#policy = policy;
  }

  /** Silence is counted from now: data came, the socket opened, or we ourselves were asleep. */
  restart(now: MonoMs): void {
    this.#since = now;
  }

  /** For how long nothing came, when it is so long that the socket must be replaced; otherwise undefined. */
  judge(topics: readonly TopicSilence[], now: MonoMs): Millis | undefined {
    this.#since ??= now;
    const silentFor = now - this.#since;
    const books = topics.filter(({ isActiveBook }) => isActiveBook);
    if (books.some(({ isPaceKnown }) => isPaceKnown)) this.#replaced = 0;
    if (topics.some(({ isMissed }) => isMissed) && silentFor >= this.#policy.silentAfterMs) return silentFor;
    if (books.length === 0 || books.some(({ isPaceKnown }) => isPaceKnown)) return undefined;
    const { silentBeforeKnownMs, silentBeforeKnownCapMs } = this.#policy;
    if (silentFor < Math.min(silentBeforeKnownCapMs, silentBeforeKnownMs * 2 ** this.#replaced))
      return undefined;
    this.#replaced += 1;
    return silentFor;
  }
}
