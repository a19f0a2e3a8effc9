/** When the flight recorder is written out without being asked: which events are faults, and how often at most. Pure. */
import type { TowlineEvent, UnnumberedEvent } from './events/event.ts';
import type { GapCause } from './events/process-events.ts';
import type { Millis, MonoMs } from './time.ts';

/** The causes of a gap that a look at the frames explains. A lost socket is daily life, and its frames show nothing. */
const faultyCauses: readonly GapCause[] = ['data_silent', 'overload', 'bad_frame', 'book_broken'];
/** The same of errors. */
const faultyCodes: readonly (string | undefined)[] = [
  'book_gap',
  'book_crossed',
  'bad_frame',
  'overloaded',
  'data_silent',
];

/** The fault that an event tells of, in one word; undefined when it tells of none. */
export function faultOf(event: TowlineEvent | UnnumberedEvent): string | undefined {
  // A gap is told again when its end is known: the fault is its beginning.
  if (event.type === 'gap')
    return event.state === 'open' && faultyCauses.includes(event.cause) ? event.cause : undefined;
  return event.type === 'error' && faultyCodes.includes(event.code) ? event.code : undefined;
}

export type DumpLimits = {
  /** Between two dumps that nobody asked for. */
  readonly everyMs: Millis;
  readonly most: number;
  /** Within so long. */
  readonly withinMs: Millis;
};

/** Says whether a fault may write a dump now: a fault that comes a thousand times explains itself the first time. */
export class DumpBudget {
  readonly #limits: DumpLimits;
  #taken: readonly MonoMs[] = [];
  /** Faults for which nothing was written. */
  suppressed = 0;

  constructor(limits: DumpLimits) {
    this.#limits = limits;
  }

  /** True when one may be written, which is then counted. */
  take(now: MonoMs): boolean {
    const { everyMs, most, withinMs } = this.#limits;
    this.#taken = this.#taken.filter((at) => now - at < withinMs);
    const newest = this.#taken.at(-1);
    if (this.#taken.length >= most || (newest !== undefined && now - newest < everyMs)) {
      this.suppressed += 1;
      return false;
    }
    this.#taken = [...this.#taken, now];
    return true;
  }
}
