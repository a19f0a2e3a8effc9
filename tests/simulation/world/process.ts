/**
 * Processes without an operating system: they run, are stopped and continued, get signals, and end; pipes run between them.
 *
 * Whatever reaches a process goes through `run`: a stopped one does it all when it is continued, in its order; a dead one
 * never. What a program throws ends its process as a bug does, and is told.
 */
import type { Millis } from '../../../shared/time.ts';
import type { Cancel, VirtualTime } from './time.ts';

export type Signal = 'SIGTERM' | 'SIGKILL';

/** How a process ended. */
export type End = { readonly code: number | null; readonly signal: string | null };

export class Process {
  readonly name: string;
  readonly pid: number;
  /** Hears of a request to stop; without one it ends at once. */
  onSigterm: (() => void) | undefined;
  readonly #time: VirtualTime;
  readonly #onBug: (error: unknown) => void;
  readonly #backlog: (() => void)[] = [];
  readonly #timers: Cancel[] = [];
  readonly #onEnd: ((end: End) => void)[] = [];
  #state: 'running' | 'stopped' | 'ended' = 'running';

  constructor(name: string, pid: number, time: VirtualTime, onBug: (error: unknown) => void) {
    this.name = name;
    this.pid = pid;
    this.#time = time;
    this.#onBug = onBug;
  }

  get isAlive(): boolean {
    return this.#state !== 'ended';
  }

  get isStopped(): boolean {
    return this.#state === 'stopped';
  }

  /** Something reaches the process. */
  run(task: () => void): void {
    if (this.#state === 'ended') return;
    if (this.#state === 'stopped') {
      this.#backlog.push(task);
      return;
    }
    try {
      task();
    } catch (error) {
      this.#onBug(error);
      this.end({ code: 70, signal: null });
    }
  }

  after(ms: Millis, task: () => void): Cancel {
    return this.#time.after(ms, () => this.run(task));
  }

  /** A timer, which rings once for all that it missed while the process was stopped. */
  every(ms: Millis, task: () => void): void {
    let isWaiting = false;
    const ring = (): void => {
      isWaiting = false;
      task();
    };
    const cancel = this.#time.every(ms, () => {
      if (isWaiting) return;
      isWaiting = this.#state === 'stopped';
      this.run(ring);
    });
    this.#timers.push(cancel);
  }

  /** SIGSTOP, or a long pause of the machine. */
  stop(): void {
    if (this.#state === 'running') this.#state = 'stopped';
  }

  /** SIGCONT. */
  continue(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'running';
    for (let next = this.#backlog.shift(); next !== undefined; next = this.#backlog.shift()) {
      this.run(next);
      if (this.#state !== 'running') return;
    }
  }

  /** A signal arrives a moment after it was sent. */
  signal(signal: Signal): void {
    this.#time.after(0.05, () => {
      if (signal === 'SIGKILL') this.end({ code: null, signal });
      else
        this.run(() => (this.onSigterm === undefined ? this.end({ code: null, signal }) : this.onSigterm()));
    });
  }

  end(end: End): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#backlog.length = 0;
    for (const cancel of this.#timers) cancel();
    for (const tell of this.#onEnd) tell(end);
  }

  /** To be told when it ends; the tellers belong to the machine, not to the process. */
  whenEnded(tell: (end: End) => void): void {
    this.#onEnd.push(tell);
  }
}

/** A pipe of the kernel: bounded, in order; what was written is read even if the writer has died since. */
export class Pipe {
  readonly #time: VirtualTime;
  readonly #reader: Process;
  readonly #capacity: number;
  readonly #onText: (text: string) => void;
  readonly #onDrain: () => void;
  #length = 0;
  #isFull = false;
  /** The most that ever waited in it. */
  mostLength = 0;

  constructor(
    {
      time,
      reader,
      capacity,
    }: { readonly time: VirtualTime; readonly reader: Process; readonly capacity: number },
    { onText, onDrain }: { readonly onText: (text: string) => void; readonly onDrain: () => void },
  ) {
    this.#time = time;
    this.#reader = reader;
    this.#capacity = capacity;
    this.#onText = onText;
    this.#onDrain = onDrain;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  write(text: string): void {
    this.#length += text.length;
    this.mostLength = Math.max(this.mostLength, this.#length);
    if (this.#length > this.#capacity) this.#isFull = true;
    this.#later(() => {
      this.#length -= text.length;
      this.#onText(text);
      if (!this.#isFull || this.#length > 0) return;
      this.#isFull = false;
      this.#time.after(0, this.#onDrain);
    });
  }

  /** The writer's end is closed: the reader hears of it after all that was written. */
  end(onEnd: () => void): void {
    this.#later(onEnd);
  }

  #later(task: () => void): void {
    this.#time.after(0.05, () => this.#reader.run(task));
  }
}
