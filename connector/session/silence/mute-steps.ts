/**
 * What comes next for a topic that stays mute although it was asked for anew: it is asked for again, later and later, and
 * where it must have given something by now, its socket is replaced, ever more seldom.
 *
 * A new socket costs all others of the old one a hole that has to be healed, so it is no step for a topic that may just be quiet,
 * and one that no socket cures must not cost them that every minute.
 */
import { after, type Millis, type MonoMs } from '../../../shared/time.ts';

export type MuteStepsPolicy = {
  /** The next request after the first one; each pause is twice as long. */
  readonly againAfterMs: Millis;
  readonly againCapMs: Millis;
  /** Requests in vain before the socket is replaced. */
  readonly requestsBeforeSocket: number;
  /** The next new socket after the first one; each pause is four times as long. */
  readonly socketAgainAfterMs: Millis;
  readonly socketCapMs: Millis;
};

export type MuteStep = 'nothing' | 'renew' | 'replace';

export class MuteSteps {
  readonly #policy: MuteStepsPolicy;
  /** Requests since the topic fell silent, or since its socket is new. */
  #requests = 0;
  #againAt: MonoMs | undefined;
  #sockets = 0;
  #socketNotBefore: MonoMs | undefined;

  constructor(policy: MuteStepsPolicy) {
    this.#policy = policy;
  }

  /** How often it was asked for in vain. */
  get inVain(): number {
    return this.#requests;
  }

  /** It is asked for anew now for another reason than time: it fell silent, or its snapshot is overdue. Answers what to do instead. */
  asked(now: MonoMs, isProven: boolean): Exclude<MuteStep, 'nothing'> {
    if (isProven && this.#isSocketDue(now)) return this.#replace(now);
    const { againAfterMs, againCapMs } = this.#policy;
    this.#againAt = after(now, Math.min(againCapMs, againAfterMs * 2 ** Math.min(20, this.#requests)));
    this.#requests += 1;
    return 'renew';
  }

  /** It is still mute. `isProven`: it must have given something by now, so that it is no calm of the market. */
  stillMute(now: MonoMs, isProven: boolean): MuteStep {
    if (this.#againAt !== undefined && now < this.#againAt) return 'nothing';
    return this.asked(now, isProven);
  }

  /** A new connection: what was asked on the old one counts no longer. */
  reconnected(): void {
    this.#requests = 0;
    this.#againAt = undefined;
  }

  /** It flows. */
  flows(): void {
    if (this.#requests === 0 && this.#sockets === 0) return;
    this.reconnected();
    this.#sockets = 0;
    this.#socketNotBefore = undefined;
  }

  #isSocketDue(now: MonoMs): boolean {
    if (this.#requests < this.#policy.requestsBeforeSocket) return false;
    return this.#socketNotBefore === undefined || now >= this.#socketNotBefore;
  }

  #replace(now: MonoMs): 'replace' {
    const { socketAgainAfterMs, socketCapMs } = this.#policy;
    const pause = Math.min(socketCapMs, socketAgainAfterMs * 4 ** Math.min(10, this.#sockets));
    this.#socketNotBefore = after(now, pause);
    this.#sockets += 1;
    return 'replace';
  }
}
