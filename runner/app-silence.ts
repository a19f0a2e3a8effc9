/** What the app does about silence: judges its topics, takes the steps that mend them, counts and tells each. */
import type { TowlineEvent } from '../shared/events/event.ts';
import type { Logger } from '../shared/io/log.ts';
import type { Policy } from '../shared/policy.ts';
import type { Clock, MonoMs } from '../shared/time.ts';
import type { Context } from './context/context.ts';
import { Escalation } from './context/escalation.ts';
import type { Subscriber } from './subscriber.ts';

/** Steps for topics that the list of the child's life tells in a minute; a stall of a wide market would fill it. */
const TOPICS_TOLD = 10;
const TOLD_WITHIN_MS = 60_000;

export type AppSilencePorts = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly context: () => Context;
  readonly subscriber: Subscriber;
  readonly replaceChild: (message: string) => void;
  /** For the list of the child's life. */
  readonly live: (kind: string, text: string) => void;
};

export class AppSilence {
  readonly escalation: Escalation;
  readonly #ports: AppSilencePorts;
  readonly #stalledAfterMs: number;
  #toldSince: MonoMs | undefined;
  #told = 0;

  constructor({ escalation, stalledAfterMs }: Policy, ports: AppSilencePorts) {
    this.#ports = ports;
    this.#stalledAfterMs = stalledAfterMs;
    this.escalation = new Escalation(escalation, {
      renew: (topic) => ports.subscriber.renew(topic),
      replaceChild: (message) => {
        ports.log.error({ event: 'child_fruitless' }, `${message}: it is replaced`);
        ports.replaceChild(message);
      },
      told: ({ step, what, cause }) => {
        if (step !== 'topic' || this.#mayTell()) ports.live(`silent_${step}`, `${what}: ${cause}`);
      },
    });
  }

  /** A status or an error of the child, after the context has taken it in. */
  heard(event: TowlineEvent, now: MonoMs): void {
    const context = this.#ports.context();
    if (context.clock === 'replay') return;
    this.escalation.heard(event, now, this.#ports.clock.unixMs(), () => context.topics(now));
  }

  childEnded(): void {
    this.escalation.childEnded();
  }

  /** To be called a few times a second. */
  tick(now: MonoMs): void {
    const context = this.#ports.context();
    for (const { topic, reason } of context.judge(now, this.#stalledAfterMs)) {
      if (context.clock === 'replay') continue;
      this.#ports.log.warn({ event: 'topic_missed', ...topic, reason }, 'the topic is subscribed anew');
      this.escalation.missed(topic, reason, this.#ports.clock.unixMs());
    }
  }

  #mayTell(): boolean {
    const now = this.#ports.clock.monoMs();
    if (this.#toldSince === undefined || now - this.#toldSince > TOLD_WITHIN_MS) {
      this.#toldSince = now;
      this.#told = 0;
    }
    this.#told += 1;
    return this.#told <= TOPICS_TOLD;
  }
}
