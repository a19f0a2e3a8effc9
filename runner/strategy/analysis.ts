/**
 * An analysis on demand: each strategy is told a timer now, and what it concludes until it has worked that off is the answer.
 *
 * Nobody waits longer than one call of a handler may take; who has not answered by then is named.
 */
import type { MonoMs } from '../../shared/time.ts';
import type { PublishedSignal } from './ports.ts';

export type Analysis = {
  /** Signals that left since it was asked, newest first. */
  readonly signals: readonly PublishedSignal[];
  /** By strategy, in the order of their statuses: has it worked off what it was told? */
  readonly answered: readonly boolean[];
};

export class RunningAnalysis {
  readonly promise: Promise<Analysis>;
  readonly #resolve: (analysis: Analysis) => void;
  readonly #deadline: MonoMs;
  readonly #signals: () => readonly PublishedSignal[];
  readonly #answered: (boolean | undefined)[];

  /** `hosts`: how many there are; `signals`: those since the beginning. */
  constructor(hosts: number, deadline: MonoMs, signals: () => readonly PublishedSignal[]) {
    const { promise, resolve } = Promise.withResolvers<Analysis>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#deadline = deadline;
    this.#signals = signals;
    this.#answered = Array.from({ length: hosts }, () => undefined);
  }

  /** Answers true when all have said so. */
  heard(host: number, answered: boolean): boolean {
    this.#answered[host] = answered;
    return this.#endIf(this.#answered.every((one) => one !== undefined));
  }

  /** Answers true when it is over. */
  tick(now: MonoMs): boolean {
    return this.#endIf(now > this.#deadline || this.#answered.length === 0);
  }

  #endIf(isOver: boolean): boolean {
    if (isOver)
      this.#resolve({ signals: this.#signals(), answered: this.#answered.map((one) => one === true) });
    return isOver;
  }
}
