/**
 * What is wanted from one connection, and how far the exchange has agreed: one small machine per topic.
 *
 * Resubscription after a reconnect is not code: `disconnected` moves topics to `wanted`, and wanted topics are sent whenever
 * the connection is open. An answer is matched by request id, so a late one for an older request changes nothing. A refused
 * topic is a state with a reason: it is isolated (the rest of its request is sent again) and never fatal. When a refusal
 * names no topic, its topics are sent one by one until the guilty one is found.
 */
import type { Topic } from '../../shared/market.ts';
import { after, type Millis, type MonoMs } from '../../shared/time.ts';
import type { TopicStateKind } from './subscription-table.ts';

export type Subscription = {
  readonly topic: Topic;
  /** The exchange's name of the topic. */
  readonly name: string;
  readonly state: TopicStateKind;
  readonly requestId: string | undefined;
  /** Its last request named other topics too, so a refusal that names none does not say which is meant. */
  readonly inCompany: boolean;
  readonly answerBy: MonoMs | undefined;
  /** Why it was refused; only in `rejected`. */
  readonly refusal: string | undefined;
  /** An unsubscribe must go first: the exchange still streams an earlier subscription of ours. */
  readonly releaseFirst: boolean;
  /** The exchange may hold an earlier subscription of ours: nobody has confirmed that it was released. */
  readonly maybeHeld: boolean;
  /** Must travel alone in its request, since a request with others was refused without naming a topic. */
  readonly alone: boolean;
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
  readonly argsLengthPerConnection: number;
  readonly answerWithinMs: Millis;
};

export class Subscriptions {
  readonly #byName = new Map<string, Subscription>();
  readonly #limits: SubscriptionLimits;
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

  want(topic: Topic, name: string): void {
    const known = this.#byName.get(name);
    if (known === undefined) this.#byName.set(name, fresh(topic, name, false));
    else if (known.state === 'releasing') this.#byName.set(name, fresh(topic, name, true));
    else if (known.state === 'rejected') this.#byName.set(name, fresh(topic, name, false));
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
      this.#byName.set(name, { ...known, state: 'releasing', requestId: undefined, answerBy: undefined });
      return false;
    }
    if (known.state === 'releasing') return false;
    this.#byName.delete(name);
    return true;
  }

  /** Asks for a topic anew on the same connection (its book broke, or it fell silent): unsubscribe, then subscribe. */
  renew(name: string): void {
    const known = this.#byName.get(name);
    if (known?.state === 'active') this.#byName.set(name, fresh(known.topic, name, true));
    if (known?.state === 'rejected') this.#byName.set(name, fresh(known.topic, name, false));
  }

  /** The connection is gone: what we had is wanted again, also what was refused there; what we gave up is gone. */
  disconnected(): readonly Outcome[] {
    const outcomes: Outcome[] = [];
    for (const entry of [...this.#byName.values()]) {
      if (entry.state === 'releasing') {
        this.#byName.delete(entry.name);
        outcomes.push({ kind: 'unsubscribed', topic: entry.topic });
      } else {
        // A refusal may have been of the moment, but it must not take others along once more.
        const alone = entry.alone || entry.state === 'rejected';
        this.#byName.set(entry.name, { ...fresh(entry.topic, entry.name, false), alone });
      }
    }
    return outcomes;
  }

  /** The next request that has to be sent, if any; its topics wait for the answer from now on. */
  nextRequest(now: MonoMs): SubscriptionRequest | undefined {
    const releases = [...this.#byName.values()].filter(
      (entry) =>
        (entry.state === 'releasing' && entry.requestId === undefined) ||
        (entry.state === 'wanted' && entry.releaseFirst),
    );
    if (releases.length > 0) return this.#release(releases, now);
    const wanted = [...this.#byName.values()].filter((entry) => entry.state === 'wanted');
    const first = wanted[0];
    if (first === undefined) return undefined;
    const together = wanted.filter((entry) => !entry.alone).slice(0, this.#limits.argsPerRequest);
    const batch = together.length > 0 ? together : [first];
    const inCompany = batch.length > 1;
    return this.#request('subscribe', batch, now, (entry, requestId, answerBy) => ({
      ...entry,
      state: 'requested',
      requestId,
      inCompany,
      answerBy,
    }));
  }

  /** The exchange agreed to a request. */
  acked(requestId: string): readonly Outcome[] {
    return this.#waitingFor(requestId).map((entry) => this.#settle(entry));
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
    const concerned = this.#waitingFor(requestId === '' ? (blamed?.requestId ?? '') : requestId);
    const isNamed = concerned.some((entry) => entry.name === named);
    const outcomes: Outcome[] = [];
    for (const entry of concerned) {
      const isGuilty = entry.name === named || (!isNamed && !entry.inCompany);
      if (entry.state === 'releasing' || (isGuilty && harmless)) {
        outcomes.push(this.#settle(entry));
      } else if (isGuilty) {
        this.#byName.set(entry.name, {
          ...fresh(entry.topic, entry.name, false),
          state: 'rejected',
          refusal: message,
        });
        outcomes.push({ kind: 'refused', topic: entry.topic, message });
      } else {
        // Where one topic is subscribed already, its neighbours may be as well: they are released before they are asked for.
        this.#byName.set(entry.name, {
          ...fresh(entry.topic, entry.name, harmless),
          maybeHeld: harmless || entry.maybeHeld,
          alone: !isNamed || entry.alone,
        });
      }
    }
    return outcomes;
  }

  /** Requests that nobody answered in time are sent again; a topic may well be subscribed, so it is released first. */
  timedOut(now: MonoMs): readonly Outcome[] {
    const outcomes: Outcome[] = [];
    for (const entry of [...this.#byName.values()]) {
      if (entry.answerBy === undefined || now < entry.answerBy) continue;
      if (entry.state === 'releasing') {
        this.#byName.set(entry.name, { ...entry, requestId: undefined, answerBy: undefined });
      } else if (entry.state === 'requested') {
        this.#byName.set(entry.name, { ...fresh(entry.topic, entry.name, true), alone: entry.alone });
        outcomes.push({ kind: 'unanswered', topic: entry.topic });
      }
    }
    return outcomes;
  }

  /** We were asleep: nobody is late because of that. */
  restartDeadlines(now: MonoMs): void {
    for (const entry of [...this.#byName.values()]) {
      if (entry.answerBy !== undefined)
        this.#byName.set(entry.name, { ...entry, answerBy: after(now, this.#limits.answerWithinMs) });
    }
  }

  /** Would this topic still fit the length of args that one connection may have? */
  hasRoomFor(name: string): boolean {
    let length = name.length;
    for (const entry of this.#byName.values()) length += entry.name === name ? 0 : entry.name.length;
    return length <= this.#limits.argsLengthPerConnection;
  }

  #release(entries: readonly Subscription[], now: MonoMs): SubscriptionRequest {
    return this.#request(
      'unsubscribe',
      entries.slice(0, this.#limits.argsPerRequest),
      now,
      (entry, requestId, answerBy) =>
        entry.state === 'wanted' ? { ...entry, releaseFirst: false } : { ...entry, requestId, answerBy },
    );
  }

  #request(
    op: SubscriptionRequest['op'],
    entries: readonly Subscription[],
    now: MonoMs,
    mark: (entry: Subscription, requestId: string, answerBy: MonoMs) => Subscription,
  ): SubscriptionRequest {
    const requestId = `${op === 'subscribe' ? 's' : 'u'}${this.#nextRequest}`;
    this.#nextRequest += 1;
    for (const entry of entries)
      this.#byName.set(entry.name, mark(entry, requestId, after(now, this.#limits.answerWithinMs)));
    return { op, requestId, names: entries.map((entry) => entry.name) };
  }

  #waitingFor(requestId: string): readonly Subscription[] {
    if (requestId === '') return [];
    return [...this.#byName.values()].filter((entry) => entry.requestId === requestId);
  }

  #settle(entry: Subscription): Outcome {
    if (entry.state === 'releasing') {
      this.#byName.delete(entry.name);
      return { kind: 'unsubscribed', topic: entry.topic };
    }
    this.#byName.set(entry.name, { ...entry, state: 'active', requestId: undefined, answerBy: undefined });
    return { kind: 'subscribed', topic: entry.topic };
  }
}

function fresh(topic: Topic, name: string, releaseFirst: boolean): Subscription {
  return {
    topic,
    name,
    state: 'wanted',
    requestId: undefined,
    inCompany: false,
    answerBy: undefined,
    refusal: undefined,
    releaseFirst,
    maybeHeld: releaseFirst,
    alone: false,
  };
}
