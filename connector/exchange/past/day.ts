/** Days as the exchange counts them: UTC, named by their first millisecond. */

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
/** Minutes of a day. */
export const DAY_MINUTES = 1440;

/** The day that contains `at` (ms since 1970). */
export function dayOf(at: number): number {
  return at - (at % DAY_MS);
}

/** A day as its date: 2026-08-01. */
export function dateOf(day: number): string {
  return new Date(day).toISOString().slice(0, 10);
}

/** The day of a date; undefined when there is no such date. */
export function dayOfDate(date: string): number | undefined {
  const at = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(at) || dateOf(at) !== date ? undefined : at;
}
