/**
 * Asks each new child for everything that is wanted, and turns its replies into what the context understands.
 *
 * A child that is ours tells `subscribed` and `topic_refused` itself; a foreign one may only reply. Both end in the same
 * events, so nothing downstream has to know the difference. What a child refused because it did not read is owed to it:
 * it hears of it as soon as it reads again. What its heartbeats list otherwise than it is wanted is told to it again.
 */
import { type Command, subscribeCommand, unsubscribeCommand } from '../shared/commands.ts';
import type { ErrorEvent, ReplyEvent, StatusEvent } from '../shared/events/process-events.ts';
import { type Topic, topicKey } from '../shared/market.ts';
import type { OwedPoint, ResumePoint } from './intake/gaps-types.ts';
import { TopicReconciler } from './symbols/topic-reconciler.ts';

export type SubscriberPorts = {
  /** False when there is no child or it does not read. */
  readonly send: (command: Command) => boolean;
  /** How far a topic was seen: a new child goes on from there. */
  readonly resumeOf: (topic: Topic) => ResumePoint | undefined;
  /** Since when trades are owed of which nothing was seen. */
  readonly owedOf: (topic: Topic) => OwedPoint | undefined;
};

/** `renew`: a subscription that is there is given up and asked for again. */
type Wish = 'subscribe' | 'unsubscribe' | 'renew';

export class Subscriber {
  readonly #ports: SubscriberPorts;
  readonly #wanted = new Map<string, Topic>();
  /** By the id of the question. Only the newest one for a topic counts, so there is at most one each. */
  readonly #asked = new Map<string, Topic>();
  readonly #newestId = new Map<string, string>();
  /** What the child did not take, by topic: only the newest wish for it counts. */
  readonly #owed = new Map<string, { readonly topic: Topic; readonly wish: Wish }>();
  /** What the present child answered with a refusal: it need not list it. */
  readonly #refused = new Set<string>();
  readonly #reconciler = new TopicReconciler();
  /** Nothing is asked yet: what earlier runs had seen may be known in a moment. */
  #isHeld = false;
  #nextId = 1;
  /** Topics that were told to a child again since it did not list them as they are wanted. */
  reconciled = 0;

  constructor(ports: SubscriberPorts) {
    this.#ports = ports;
  }

  want(topic: Topic): void {
    this.#wanted.set(topicKey(topic), topic);
  }

  unwant(topic: Topic): void {
    const key = topicKey(topic);
    this.#wanted.delete(key);
    this.#asked.delete(this.#newestId.get(key) ?? '');
    this.#newestId.delete(key);
    this.#tell(topic, 'unsubscribe');
  }

  /** The child is ready, but hears what is wanted only when it is time to `goOn`. */
  hold(): void {
    this.#isHeld = true;
  }

  goOn(): void {
    if (this.#isHeld) this.subscribeAll();
  }

  /** The child is ready: it hears everything at once. */
  subscribeAll(): void {
    this.#isHeld = false;
    this.#owed.clear();
    for (const topic of this.#wanted.values()) this.subscribe(topic);
  }

  subscribe(topic: Topic): void {
    if (this.#isHeld) return;
    // A child that never heard that the topic was given up still has it, and a mere "subscribe" would change nothing.
    const owed = this.#owed.get(topicKey(topic))?.wish ?? 'subscribe';
    this.#tell(topic, owed === 'subscribe' ? 'subscribe' : 'renew');
  }

  /** Our own check found a book wrong: only a fresh subscription gives a fresh snapshot. */
  renew(topic: Topic): void {
    this.#tell(topic, 'renew');
  }

  /** The child takes commands again after it had refused some. */
  childReadsAgain(): void {
    for (const { topic, wish } of [...this.#owed.values()]) this.#tell(topic, wish);
  }

  /** A heartbeat may list the topics that the child knows. */
  heard({ status, topics }: StatusEvent): void {
    if (status !== 'heartbeat') return;
    const { missing, surplus } = this.#reconciler.look(topics, this.#wanted);
    const asked = missing.filter((topic) => !this.#refused.has(topicKey(topic)));
    this.reconciled += asked.length + surplus.length;
    for (const topic of asked) this.subscribe(topic);
    for (const topic of surplus) this.#tell(topic, 'unsubscribe');
  }

  /** Sends what the wish needs; what is refused is owed. */
  #tell(topic: Topic, wish: Wish): void {
    const key = topicKey(topic);
    this.#owed.delete(key);
    this.#refused.delete(key);
    if (wish !== 'subscribe' && !this.#ports.send(unsubscribeCommand(topic)))
      this.#owed.set(key, { topic, wish });
    else if (wish !== 'unsubscribe' && !this.#ask(topic)) this.#owed.set(key, { topic, wish: 'subscribe' });
  }

  /** False when the child did not take the question. */
  #ask(topic: Topic): boolean {
    const id = `sub-${this.#nextId}`;
    this.#nextId += 1;
    const key = topicKey(topic);
    this.#asked.delete(this.#newestId.get(key) ?? '');
    this.#newestId.set(key, id);
    this.#asked.set(id, topic);
    const canResume = topic.channel === 'trades' || topic.channel === 'kline';
    const resume = canResume ? this.#ports.resumeOf(topic) : undefined;
    const command = subscribeCommand(topic, id);
    if (command.command !== 'subscribe') return this.#ports.send(command);
    const owed = topic.channel === 'trades' && resume === undefined ? this.#ports.owedOf(topic) : undefined;
    return this.#ports.send({ ...command, ...(resume && { resume }), ...(owed && { owed }) });
  }

  /** What a reply means for the topic that it answers. */
  replied({ id, ok, error }: ReplyEvent): readonly (StatusEvent | ErrorEvent)[] {
    const topic = this.#asked.get(id);
    this.#asked.delete(id);
    if (topic === undefined || !this.#wanted.has(topicKey(topic))) return [];
    if (ok) return [{ type: 'status', status: 'subscribed', scope: 'topic', ...topic }];
    this.#refused.add(topicKey(topic));
    const words = error ?? 'refused without a reason';
    return [{ type: 'error', error: words, code: 'topic_refused', retryable: false, ...topic }];
  }

  /** Nobody will answer what was asked of a child that is gone. */
  childEnded(): void {
    this.#isHeld = false;
    this.#asked.clear();
    this.#newestId.clear();
    this.#owed.clear();
    this.#refused.clear();
    this.#reconciler.childEnded();
  }
}
