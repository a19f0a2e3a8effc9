/**
 * What is done about silence, step by step, counted and told: the topic is asked for anew, then its socket is replaced, then the
 * child.
 *
 * The first two steps are the connector's, which says so (`stale`, and an error `data_silent` for a socket that it gave up); the
 * first is also ours where a ticker proves that trades are missed. The last one is ours alone: a connector whose sockets come
 * and go without any data of a market cannot help itself (a name that resolves to a dead machine, a proxy, a bug of its own),
 * while a new process begins with nothing of that. It is asked for after several sockets in a row; then ever more seldom, since
 * an exchange that is mute to everybody is not cured by it. A recording has no child that could do better. Pure: what to do goes
 * out through ports.
 */
import type { TowlineEvent } from '../../shared/events/event.ts';
import { type Category, type Topic, topicKey } from '../../shared/market.ts';
import type { Policy } from '../../shared/policy.ts';
import { type Millis, type MonoMs, monoMs, type UnixMs } from '../../shared/time.ts';
import type { TopicView } from './topic-feed.ts';

export const escalationSteps = ['topic', 'socket', 'child'] as const;
export type EscalationStep = (typeof escalationSteps)[number];

/** One step that was taken. `what`: the topic, or the market. `cause` in words. */
export type Escalated = {
  readonly step: EscalationStep;
  readonly what: string;
  readonly cause: string;
  readonly at: UnixMs;
};

export type EscalationPorts = {
  /** Asks the child for a topic anew. */
  readonly renew: (topic: Topic) => void;
  /** The child is to be replaced; `message` says why. */
  readonly replaceChild: (message: string) => void;
  readonly told: (taken: Escalated) => void;
};

export class Escalation {
  readonly #policy: Policy['escalation'];
  readonly #ports: EscalationPorts;
  readonly #counts: Record<EscalationStep, number> = { topic: 0, socket: 0, child: 0 };
  #last: Escalated | undefined;
  /** When sockets of a market were given up as silent by the present child. */
  readonly #replaced = new Map<Category, MonoMs[]>();
  #childReplacements = 0;
  #notBefore: MonoMs | undefined;

  constructor(policy: Policy['escalation'], ports: EscalationPorts) {
    this.#policy = policy;
    this.#ports = ports;
  }

  /** An event of the child. `topics` answers all of the present moment; it is asked seldom. */
  heard(event: TowlineEvent, now: MonoMs, nowMs: UnixMs, topics: () => readonly TopicView[]): void {
    if (event.type === 'status' && event.status === 'stale') {
      const { category, symbol, channel } = event;
      if (category === undefined || symbol === undefined || channel === undefined) return;
      this.#take('topic', topicKey({ ...event, category, symbol, channel }), event.reason ?? 'stale', nowMs);
    } else if (event.type === 'error' && event.code === 'data_silent' && event.category !== undefined) {
      this.#take('socket', event.category, event.error, nowMs);
      this.#socketReplaced(event.category, now, nowMs, topics());
    }
  }

  /** Another channel proves that data of a topic are missed. */
  missed(topic: Topic, reason: string, nowMs: UnixMs): void {
    this.#take('topic', topicKey(topic), reason, nowMs);
    this.#ports.renew(topic);
  }

  /** Another child has sockets of its own. */
  childEnded(): void {
    this.#replaced.clear();
  }

  /** How often each step was taken since the runner started. */
  get counts(): Readonly<Record<EscalationStep, number>> {
    return this.#counts;
  }

  get last(): Escalated | undefined {
    return this.#last;
  }

  #socketReplaced(category: Category, now: MonoMs, nowMs: UnixMs, topics: readonly TopicView[]): void {
    const own = topics.filter(({ topic, phase }) => topic.category === category && phase !== 'refused');
    const newest = Math.max(...own.map(({ age_ms }) => (age_ms === null ? -Infinity : now - age_ms)));
    const { windowMs, socketsBeforeChild } = this.#policy;
    const before = this.#replaced.get(category) ?? [];
    const inVain = [...before.filter((at) => at > newest && now - at < windowMs), now];
    this.#replaced.set(category, inVain);
    if (newest > (this.#notBefore ?? now)) this.#childReplacements = 0;
    if (inVain.length < socketsBeforeChild || (this.#notBefore !== undefined && now < this.#notBefore))
      return;
    this.#notBefore = monoMs(now + this.#waitMs());
    this.#childReplacements += 1;
    const cause = `${inVain.length} sockets of ${category} in a row gave no data`;
    this.#take('child', category, cause, nowMs);
    this.#ports.replaceChild(`the connector's sockets come and go, but ${cause}`);
  }

  #waitMs(): Millis {
    const { childEveryMs, childCapMs } = this.#policy;
    return Math.min(childCapMs, childEveryMs * 2 ** Math.min(20, this.#childReplacements));
  }

  #take(step: EscalationStep, what: string, cause: string, at: UnixMs): void {
    this.#counts[step] += 1;
    this.#last = { step, what, cause, at };
    this.#ports.told(this.#last);
  }
}
