/** Why nothing is recorded at present, if so: said once when it begins and once when it is over, with what was left out. */
import type { HistoryPolicy } from '../../shared/history-policy.ts';
import type { Logger } from '../../shared/io/log.ts';
import type { MonoMs } from '../../shared/time.ts';

export const pauses = ['disk_low', 'limit', 'failed', 'slow_disk'] as const;
/**
 * `disk_low`: less than MIN_FREE_DISK_MB are free; `limit`: RECORD_MAX_MB is reached by today alone; `failed`: a write failed, it is tried
 * again in a moment; `slow_disk`: as much waits for the disk as may wait.
 */
export type Pause = (typeof pauses)[number];

export class RecordingPause {
  readonly #log: Logger;
  readonly #policy: HistoryPolicy['recording'];
  readonly #reasons: Record<Pause, string | null> = {
    disk_low: null,
    limit: null,
    failed: null,
    slow_disk: null,
  };
  readonly dropped: Record<Pause, number> = { disk_low: 0, limit: 0, failed: 0, slow_disk: 0 };
  /** The first of `pauses` that holds. */
  cause: Pause | null = null;
  #said: Pause | null = null;
  #lost = 0;
  #tryAt = Number.NEGATIVE_INFINITY;

  constructor(log: Logger, policy: HistoryPolicy['recording']) {
    this.#log = log;
    this.#policy = policy;
  }

  look(now: MonoMs, diskFault: string | null): void {
    this.#set('disk_low', diskFault);
    // From now on trades are taken again; whether they can be written shows by the next batch.
    if (this.#reasons.failed !== null && now >= this.#tryAt) this.#reasons.failed = null;
    this.#choose();
  }

  /** So many trades wait. Below half of the bound there is room again. */
  room(waiting: number): void {
    const { maxWaiting } = this.#policy;
    if (this.#reasons.slow_disk === null) {
      if (waiting >= maxWaiting)
        this.#set(
          'slow_disk',
          `${waiting} trades wait for the disk of DATA_DIR: further ones are not recorded`,
        );
    } else if (waiting < maxWaiting / 2) this.#set('slow_disk', null);
  }

  limit(reason: string | null): void {
    this.#set('limit', reason);
  }

  /** A batch could not be written. */
  failed(message: string, lost: number, now: MonoMs): void {
    this.dropped.failed += lost;
    this.#lost += lost;
    this.#tryAt = now + this.#policy.retryAfterMs;
    this.#set(
      'failed',
      `trades cannot be recorded: ${message}; make room on the disk of DATA_DIR, or look at its rights`,
    );
  }

  /** A batch was written. */
  worked(): void {
    if (this.cause !== null || this.#said === null) return;
    this.#log.warn(
      { event: 'recording_resumed', cause: this.#said, lost: this.#lost },
      'trades are recorded again; those that were not are in no span that is said to be complete',
    );
    this.#said = null;
    this.#lost = 0;
  }

  /** A trade is not recorded. */
  drop(): void {
    if (this.cause === null) return;
    this.dropped[this.cause] += 1;
    this.#lost += 1;
  }

  /** Nothing must be tried now. */
  isShut(now: MonoMs): boolean {
    return this.#reasons.disk_low !== null || (this.#reasons.failed !== null && now < this.#tryAt);
  }

  #set(cause: Pause, reason: string | null): void {
    if ((this.#reasons[cause] === null) === (reason === null)) return;
    this.#reasons[cause] = reason;
    this.#choose();
  }

  #choose(): void {
    this.cause = pauses.find((pause) => this.#reasons[pause] !== null) ?? null;
    if (this.cause === null || this.#said !== null) return;
    this.#said = this.cause;
    this.#log.error({ event: 'recording_paused', cause: this.cause }, this.#reasons[this.cause] ?? '');
  }
}
