/**
 * What a client may add to the rules that every request follows (gate, budget, retry): a pace, a breaker, a say in how many are under
 * way. The live connector adds nothing; history does (connector/history/polite).
 */
import type { Failure } from '../../shared/errors.ts';
import type { Millis, MonoMs } from '../../shared/time.ts';
import type { Blame, Tried } from './request.ts';

export type Manners = {
  /** Tries that may be under way at a time, as of now. */
  readonly concurrency: () => number;
  /** How long until the next try may begin; 0: now. */
  readonly wait: (now: MonoMs) => Millis;
  /** A try begins. */
  readonly begun: (now: MonoMs) => void;
  /** Makes a try and hears what came of it, or throws a RequestFailed instead. */
  readonly around: <T>(endpoint: string, attempt: () => Promise<Tried<T>>) => Promise<Tried<T>>;
};

/** A try that failed. `until`: it was not even sent, since something is shut until then. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';
  readonly failure: Failure;
  readonly blame: Blame;
  readonly until: MonoMs | undefined;

  constructor(failure: Failure, blame: Blame, until: MonoMs | undefined) {
    super(failure.message);
    this.failure = failure;
    this.blame = blame;
    this.until = until;
  }
}
