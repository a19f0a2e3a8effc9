/**
 * What is wanted from one connection, and how far the exchange has agreed: one small machine per topic.
 *
 * Resubscription after a reconnect is not code: `disconnected` moves topics to `wanted`, and wanted topics are sent whenever
 * the connection is open. An answer is matched by request id, so a late one for an older request changes nothing. A refused
 * topic is a state with a reason: it is isolated (the rest of its request is sent again) and never fatal.
 *
 * A refusal takes the whole request along and names one topic at most. So what is left of a large refused request travels in
 * requests of half its size, down to ten; when no topic is named, ten or fewer are sent one by one until the guilty one is
 * found. What waits to be sent is kept in queues, so that a thousand topics cost a thousand steps and not a million.
 */
import type { Topic } from '../../../shared/market.ts';
import { after, type Millis, type MonoMs } from '../../../shared/time.ts';
import { SendQueues } from './send-queues.ts';
import type { TopicStateKind } from './subscription-table.ts';

/** A refused request of up to so many topics is not halved any more. */
const SMALL_REQUEST = 10;

export type Subscription = {
  readonly topic: Topic;
  /** The exchange's name of the topic. */
  readonly name: string;
  readonly state: TopicStateKind;
  readonly requestId: string | undefined;
  /** How many topics its last request named: a refusal that names none says which is meant only when that was one. */
  readonly company: number;
  /** Why it was refused; only in `rejected`. */
  readonly refusal: string | undefined;
  /** An unsubscribe must go first: the exchange still streams an earlier subscription of ours. */
  readonly releaseFirst: boolean;
  /** The exchange may hold an earlier subscription of ours: nobody has confirmed that it was released. */
  readonly maybeHeld: boolean;
  /** May travel in a request of at most so many topics, since a larger one was refused. */
  readonly atMost: number;
};

export type SubscriptionRequest = {
  readonly op: 'subscribe' | 'unsubscribe';
  readonly requestId: string;
  readonly names: readonly string[];
};

/** What an answer meant for our topics. */
export type Outcome =
  | { readonly kind: 'subscribed'; readonly topic: Topic }
  | { readonly kind: 'unsubscribed'; readonly topic: Topic }
  | { readonly kind: 'refused'; readonly topic: Topic; readonly message: string }
  | { readonly kind: 'unanswered'; readonly topic: Topic };

export type SubscriptionLimits = {
  readonly argsPerRequest: number;
  readonly answerWithinMs: Millis;
};

export class Subscriptions {
  readonly #byName = new Map<string, Subscription>();
  readonly #limits: SubscriptionLimits;
  readonly #queues = new SendQueues();
  /** Requests under way, by id. Topics that went on to another state meanwhile do not wait any more. */
  readonly #requests = new Map<string, { readonly names: readonly string[]; readonly answerBy: MonoMs }>();
  #nextRequest = 1;

  constructor(limits: SubscriptionLimits) {
    this.#limits = limits;
  }

  all(): IterableIterator<Subscription> {
    return this.#byName.values();
  }

  get(name: string): Subscription | undefined {
    return this.#byName.get(name);
  }

  get size(): number {
    return this.#byName.size;
  }

  want(topic: Topic, name: string): void {
    const known = this.#byName.get(name);
    if (known === undefined) this.#put(fresh(topic, name, false));
    else if (known.state === 'releasing') this.#put(fresh(topic, name, true));
    else if (known.state === 'rejected') this.#put(fresh(topic, name, false));
  }

  /** Gives a topic up. Answers true when nothing has to be told to the exchange: it is gone at once. */
  unwant(name: string): boolean {
    const known = this.#byName.get(name);
    if (known === undefined) return true;
    // A wanted topic may still be subscribed from an earlier request that nobody answered.
    if (
      known.state === 'requested' ||
      known.state === 'active' ||
      (known.state === 'wanted' && known.maybeHeld)
    ) {
      this.#put({ ...known, state: 'releasing', requestId: undefined });
      return false;
    }
    if (known.state === 'releasing') return false;
    this.#forget(name);
    return true;
  }

  /** Asks for a topic anew on the same connection (its book broke, or it fell silent): unsubscribe, then subscribe. */
  renew(name: string): void {
    const known = this.#byName.get(name);
    if (known?.state === 'active') this.#put(fresh(known.topic, name, true));
    if (known?.state === 'rejected') this.#put(fresh(known.topic, name, false));
  }

  /** The connection is gone: what we had is wanted again, also what was refused there; what we gave up is gone. */
  disconnected(): readonly Outcome[] {
    const outcomes: Outcome[] = [];
    this.#requests.clear();
    for (const entry of [...this.#byName.values()]) {
      if (entry.state === 'releasing') {
        this.#forget(entry.name);
        outcomes.push({ kind: 'unsubscribed', topic: entry.topic });
      } else {
        // A refusal may have been of the moment, but it must not take others along once more.
        const alone = entry.atMost === 1 || entry.state === 'rejected';
        this.#put({ ...fresh(entry.topic, entry.name, false), ...(alone ? { atMost: 1 } : {}) });
      }
    }
    return outcomes;
  }

  /** The next request that has to be sent, if any; its topics wait for the answer from now on. */
  nextRequest(now: MonoMs): SubscriptionRequest | undefined {
    const next = this.#queues.next(this.#limits.argsPerRequest);
    if (next === undefined) return undefined;
    const requestId = `${next.op === 'subscribe' ? 's' : 'u'}${this.#nextRequest}`;
    this.#nextRequest += 1;
    this.#requests.set(requestId, {
      names: next.names,
      answerBy: after(now, this.#limits.answerWithinMs),
    });
    const company = next.names.length;
    for (const entry of this.#entries(next.names)) {
      if (next.op === 'subscribe') this.#put({ ...entry, state: 'requested', requestId, company });
      // A topic that is asked for anew does not wait for the answer to its release: both are answered in order.
      else if (entry.state === 'wanted') this.#put({ ...entry, releaseFirst: false });
      else this.#put({ ...entry, requestId });
    }
    return { op: next.op, requestId, names: next.names };
  }

  /** The exchange agreed to a request. */
  acked(requestId: string): readonly Outcome[] {
    return this.#takeWaiting(requestId).map((entry) => this.#settle(entry));
  }

  /**
   * The exchange refused a request. `named` is the topic it blames; `harmless` means that this topic is subscribed already.
   * The other topics of the request were not subscribed and are sent again. A request of one topic needs no name to be
   * blamed, and a name that is not in the request is as good as none. Without a request id the name tells which it was.
   */
  refused(
    requestId: string,
    named: string | undefined,
    message: string,
    harmless: boolean,
  ): readonly Outcome[] {
    const blamed = named === undefined ? undefined : this.#byName.get(named);
    // A late refusal of an older request concerns nobody any more, whomever it names.
    const concerned = this.#takeWaiting(requestId === '' ? (blamed?.requestId ?? '') : requestId);
    const isNamed = concerned.some((entry) => entry.name === named);
    const outcomes: Outcome[] = [];
    for (const entry of concerned) {
      const isGuilty = entry.name === named || (!isNamed && entry.company === 1);
      if (entry.state === 'releasing' || (isGuilty && harmless)) {
        outcomes.push(this.#settle(entry));
      } else if (isGuilty) {
        this.#put({
          ...fresh(entry.topic, entry.name, false),
          state: 'rejected',
          refusal: message,
        });
        outcomes.push({ kind: 'refused', topic: entry.topic, message });
      } else {
        // Where one topic is subscribed already, its neighbours may be as well: they are released before they are asked for.
        this.#put({
          ...fresh(entry.topic, entry.name, harmless),
          maybeHeld: harmless || entry.maybeHeld,
          atMost: Math.min(entry.atMost, isNamed ? half(entry.company) : split(entry.company)),
        });
      }
    }
    return outcomes;
  }

  /** Requests that nobody answered in time are sent again; a topic may well be subscribed, so it is released first. */
  timedOut(now: MonoMs): readonly Outcome[] {
    const outcomes: Outcome[] = [];
    for (const [requestId, { answerBy }] of [...this.#requests]) {
      if (now < answerBy) continue;
      for (const entry of this.#takeWaiting(requestId)) {
        if (entry.state === 'releasing') {
          this.#put({ ...entry, requestId: undefined });
        } else {
          this.#put({ ...fresh(entry.topic, entry.name, true), atMost: entry.atMost });
          outcomes.push({ kind: 'unanswered', topic: entry.topic });
        }
      }
    }
    return outcomes;
  }

  /** We were asleep: nobody is late because of that. */
  restartDeadlines(now: MonoMs): void {
    for (const [requestId, { names }] of [...this.#requests])
      this.#requests.set(requestId, { names, answerBy: after(now, this.#limits.answerWithinMs) });
  }

  /** The request is over: the topics that still waited for it. */
  #takeWaiting(requestId: string): readonly Subscription[] {
    const names = this.#requests.get(requestId)?.names ?? [];
    this.#requests.delete(requestId);
    return this.#entries(names).filter((entry) => entry.requestId === requestId);
  }

  #entries(names: readonly string[]): readonly Subscription[] {
    return names.map((name) => this.#byName.get(name)).filter((entry) => entry !== undefined);
  }

  #put(entry: Subscription): void {
    this.#byName.set(entry.name, entry);
    this.#queues.place(entry);
  }

  #forget(name: string): void {
    this.#byName.delete(name);
    this.#queues.remove(name);
  }

  #settle(entry: Subscription): Outcome {
    if (entry.state === 'releasing') {
      this.#forget(entry.name);
      return { kind: 'unsubscribed', topic: entry.topic };
    }
    this.#put({ ...entry, state: 'active', requestId: undefined });
    return { kind: 'subscribed', topic: entry.topic };
  }
}

function fresh(topic: Topic, name: string, releaseFirst: boolean): Subscription {
  return {
    topic,
    name,
    state: 'wanted',
    requestId: undefined,
    company: 0,
    refusal: undefined,
    releaseFirst,
    maybeHeld: releaseFirst,
    atMost: Number.POSITIVE_INFINITY,
  };
}

/** Of a refused request that named a topic: it names only the first of several. */
function half(size: number): number {
  return Math.max(SMALL_REQUEST, Math.ceil(size / 2));
}

/** Of a refused request that named none. */
function split(size: number): number {
  return size > SMALL_REQUEST ? half(size) : 1;
}
