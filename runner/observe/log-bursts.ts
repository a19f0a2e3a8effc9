/**
 * Keeps a log readable when hundreds of topics change at once: of each kind of line the first of a while are written, the rest are
 * counted, and one line says how many they were. Nothing is lost by it: /ws/health names every topic and /gaps every gap.
 */
import { after, type Millis, type MonoMs } from '../../shared/time.ts';

const WINDOW_MS: Millis = 10_000;
const LINES_EACH = 20;

type Burst = { readonly until: MonoMs; lines: number };

export class LogBursts {
  readonly #now: () => MonoMs;
  readonly #tellRest: (kind: string, count: number) => void;
  readonly #bursts = new Map<string, Burst>();

  /** `tellRest` writes that so many more lines of a kind were not written. */
  constructor(now: () => MonoMs, tellRest: (kind: string, count: number) => void) {
    this.#now = now;
    this.#tellRest = tellRest;
  }

  /** May this line be written? */
  admits(kind: string): boolean {
    this.look();
    const burst = this.#bursts.get(kind) ?? { until: after(this.#now(), WINDOW_MS), lines: 0 };
    this.#bursts.set(kind, burst);
    burst.lines += 1;
    return burst.lines <= LINES_EACH;
  }

  /** Ends what is over. To be called now and then. */
  look(): void {
    const now = this.#now();
    for (const [kind, { until, lines }] of this.#bursts) {
      if (now < until) continue;
      this.#bursts.delete(kind);
      if (lines > LINES_EACH) this.#tellRest(kind, lines - LINES_EACH);
    }
  }
}
