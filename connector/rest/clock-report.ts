/**
 * What the heartbeat says of our clock: by round trips where the exchange's REST interface answers, else the bound that frames give.
 */
import type { Clock, Millis, MonoMs } from '../../shared/time.ts';
import { ClockOffset } from '../session/sockets/clock-offset.ts';
import { type ClockLookPolicy, ClockLooks } from './clock-looks.ts';
import type { MarketRest } from './market-rest.ts';

/** A wall clock that moved by more than this between two ticks was set; NTP slews by a twentieth of a millisecond meanwhile. */
const STEP_MS: Millis = 20;

export type ClockReportPolicy = ClockLookPolicy & { readonly offsetWindowMs: Millis };

export type ClockFields = { readonly clock_offset_ms?: Millis; readonly clock_error_ms?: Millis };

export class ClockReport {
  /** Hears of every frame. */
  readonly frames: ClockOffset;
  readonly #looks: ClockLooks;
  readonly #clock: Clock;
  readonly #rest: Pick<MarketRest, 'clock'> | undefined;
  /** Our wall clock minus the monotonic one at the last tick. */
  #apartMs: Millis | undefined;
  readonly #answered: (now: MonoMs) => void;

  /** `answered` hears of each answer: the exchange can be asked. */
  constructor(
    policy: ClockReportPolicy,
    clock: Clock,
    rest: Pick<MarketRest, 'clock'> | undefined,
    answered: (now: MonoMs) => void = () => undefined,
  ) {
    this.#answered = answered;
    this.frames = new ClockOffset(policy.offsetWindowMs);
    this.#looks = new ClockLooks(policy);
    this.#clock = clock;
    this.#rest = rest;
  }

  /**
   * Asks the exchange for its time when that is due; nobody waits for the answer. A step of our clock makes what is known worthless,
   * also one that is too small to be a sleep: half a second ahead is the last moment to tell before signatures are refused.
   */
  tick(now: MonoMs): void {
    const apart = this.#clock.unixMs() - now;
    if (this.#apartMs !== undefined && Math.abs(apart - this.#apartMs) >= STEP_MS) this.forget();
    this.#apartMs = apart;
    const look = this.#rest === undefined ? undefined : this.#looks.take(now);
    if (this.#rest === undefined || look === undefined) return;
    void this.#rest.clock().then((answer) => {
      this.#looks.taken(look, answer.ok ? answer.value : undefined, this.#clock.monoMs());
      if (answer.ok) this.#answered(this.#clock.monoMs());
    });
  }

  /** Fields of a heartbeat; an offset without its error is the bound, no offset at all is not known. */
  fields(now: MonoMs): ClockFields {
    const seen = this.#looks.best(now);
    if (seen !== undefined)
      return { clock_offset_ms: rounded(seen.offsetMs), clock_error_ms: rounded(seen.errorMs) };
    const bound = this.frames.read(now);
    return bound === undefined ? {} : { clock_offset_ms: bound };
  }

  /** Our clock was set, or we were asleep. */
  forget(): void {
    this.frames.forget();
    this.#looks.forget();
  }
}

/** Milliseconds with three decimals. */
function rounded(ms: Millis): Millis {
  return Math.round(ms * 1_000) / 1_000;
}
