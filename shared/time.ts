/**
 * Units of time as types, so that an exchange time, a receipt time and a deadline can never be mixed up.
 *
 * `UnixMs` comes from the exchange's clock, `UnixMicros` is our wall clock at receipt, `MonoMs` is for deadlines only and
 * means nothing outside one process. Nanoseconds exist only in the hftbacktest exporter, as bigint.
 */
declare const unit: unique symbol;

/** Milliseconds since 1970-01-01 UTC. */
export type UnixMs = number & { readonly [unit]: 'unix-ms' };
/** Microseconds since 1970-01-01 UTC (16 digits: exact in a double until the year 2255). */
export type UnixMicros = number & { readonly [unit]: 'unix-micros' };
/** Milliseconds of the monotonic clock of this process. */
export type MonoMs = number & { readonly [unit]: 'mono-ms' };
/** A length of time in milliseconds. */
export type Millis = number;

/** The clocks that pure code may be handed. `io/clock.ts` has the real ones, tests have a virtual one. */
export type Clock = {
  readonly unixMs: () => UnixMs;
  readonly unixMicros: () => UnixMicros;
  readonly monoMs: () => MonoMs;
};

/** A source of randomness: a number in [0, 1). */
export type Random = () => number;

/** Marks a number that is known to be milliseconds since the epoch. */
export function unixMs(value: number): UnixMs {
  return value as UnixMs;
}

/** Marks a number that is known to be microseconds since the epoch. */
export function unixMicros(value: number): UnixMicros {
  return value as UnixMicros;
}

/** Marks a number that is known to be a reading of the monotonic clock. */
export function monoMs(value: number): MonoMs {
  return value as MonoMs;
}

/** The moment `wait` after `now`. */
export function after(now: MonoMs, wait: Millis): MonoMs {
  return (now + wait) as MonoMs;
}
