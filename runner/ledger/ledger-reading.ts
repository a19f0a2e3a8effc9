/**
 * Reads what earlier runs left behind, and tries again each second until it is read. Until then nothing of the environment may be written,
 * since that would say that the time between was seen. Whoever waits for it waits a bounded time: the feed comes first.
 */
import type { Result } from '../../shared/errors.ts';
import { after, type Clock, type Millis, type MonoMs } from '../../shared/time.ts';
import type { LedgerRemains } from './changes.ts';

/** Waited for at most; not scaled, since disks are not. */
const WAITED_FOR_MS: Millis = 2_000;
const AGAIN_AFTER_MS: Millis = 1_000;

type Answer = Result<LedgerRemains, string>;

export type ReadingPorts = {
  readonly read: (environment: string) => Answer | Promise<Answer>;
  readonly clock: Clock;
  /** Once, with what was read. */
  readonly onRead: (environment: string, remains: LedgerRemains) => void;
  /** Once: nobody need wait any longer, for it is read or takes too long. */
  readonly onSettled: () => void;
};

export class LedgerReading {
  readonly #ports: ReadingPorts;
  readonly #settled = Promise.withResolvers<void>();
  #environment: string | undefined;
  #since: MonoMs | undefined;
  #againAt: MonoMs | undefined;
  #failure: string | undefined;
  #isRead = false;
  #isSettled = false;

  constructor(ports: ReadingPorts) {
    this.#ports = ports;
  }

  /** The first call begins; each waits until it is settled. */
  begin(environment: string): Promise<void> {
    if (this.#environment === undefined) {
      this.#environment = environment;
      this.#since = this.#ports.clock.monoMs();
      this.#ask(environment);
    }
    return this.#settled.promise;
  }

  get isBegun(): boolean {
    return this.#environment !== undefined;
  }

  /** Is it worth waiting for? */
  get isAwaited(): boolean {
    return this.isBegun && !this.#isSettled;
  }

  /** Undefined until it is read. */
  get environment(): string | undefined {
    return this.#isRead ? this.#environment : undefined;
  }

  /** To be called a few times a second. */
  tick(now: MonoMs): void {
    if (this.#environment === undefined || this.#since === undefined || this.#isRead) return;
    if (this.#againAt !== undefined && now >= this.#againAt) {
      this.#againAt = undefined;
      this.#ask(this.#environment);
    }
    if (!this.#isSettled && now - this.#since >= WAITED_FOR_MS) this.#settle();
  }

  /** What is wrong with reading, in words; null while nothing is. */
  fault(now: MonoMs): string | null {
    if (this.#since === undefined || this.#isRead || (this.#failure === undefined && !this.#isSettled))
      return null;
    const why = this.#failure ?? `the disk has not answered for ${Math.round((now - this.#since) / 1_000)} s`;
    return `the gaps of earlier runs in DATA_DIR cannot be read (${why}); until they are, none is written and /coverage is not known; mend the disk, or restart the runner`;
  }

  #ask(environment: string): void {
    const read = this.#ports.read(environment);
    if ('then' in read) void read.then((answer) => this.#answered(environment, answer));
    else this.#answered(environment, read);
  }

  #answered(environment: string, read: Answer): void {
    if (!read.ok) {
      this.#failure = read.failure;
      this.#againAt = after(this.#ports.clock.monoMs(), AGAIN_AFTER_MS);
      return;
    }
    this.#isRead = true;
    this.#ports.onRead(environment, read.value);
    if (!this.#isSettled) this.#settle();
  }

  #settle(): void {
    this.#isSettled = true;
    this.#settled.resolve();
    this.#ports.onSettled();
  }
}
