/** Tells each kind of error at most once per interval, and how many were held back meanwhile: a broken exchange must not flood us. */
import type { ErrorEvent } from '../../shared/events/process-events.ts';
import type { Millis, MonoMs } from '../../shared/time.ts';

export class ErrorThrottle {
  readonly #everyMs: Millis;
  readonly #emit: (event: ErrorEvent) => void;
  readonly #byCode = new Map<string, { toldAt: MonoMs; heldBack: number }>();

  constructor(everyMs: Millis, emit: (event: ErrorEvent) => void) {
    this.#everyMs = everyMs;
    this.#emit = emit;
  }

  emit(event: ErrorEvent, now: MonoMs): void {
    const code = event.code ?? '';
    const known = this.#byCode.get(code);
    if (known !== undefined && now - known.toldAt < this.#everyMs) {
      known.heldBack += 1;
      return;
    }
    const more = known === undefined || known.heldBack === 0 ? '' : ` (and ${known.heldBack} more like it)`;
    this.#byCode.set(code, { toldAt: now, heldBack: 0 });
    this.#emit({ ...event, error: `${event.error.slice(0, 3_000)}${more}` });
  }
}
