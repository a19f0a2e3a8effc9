/** The sessions of a day (UTC, half-open): london 08:00-12:00, overlap 13:00-17:00, otherwise off. */
import { DAY_MS, FIRST_SESSION_MS } from '../../../shared/day-totals.ts';

export const sessions = ['london', 'overlap', 'off'] as const;
export type Session = (typeof sessions)[number];

/** One session ended and another began. */
export type SessionChange = {
  readonly from: Session;
  readonly to: Session;
  /** When it began, ms: the full hour, not when it was noticed. */
  readonly at: number;
};

const HOUR_MS = 3_600_000;

/** When which session begins, within a day. The last one lasts into the next day. */
const beginnings: readonly (readonly [at: number, session: Session])[] = [
  [FIRST_SESSION_MS, 'london'],
  [12 * HOUR_MS, 'off'],
  [13 * HOUR_MS, 'overlap'],
  [17 * HOUR_MS, 'off'],
];

/** The session of a moment, ms since 1970 UTC. */
export function sessionAt(timestamp: number): Session {
  const inDay = timestamp % DAY_MS;
  return beginnings.findLast(([at]) => at <= inDay)?.[1] ?? 'off';
}

/** Tells each change of session once, by the exchange's time. */
export class SessionClock {
  #now: number;

  /** @param now - exchange time, ms. Changes are told from then on. */
  constructor(now: number) {
    this.#now = now;
  }

  get session(): Session {
    return sessionAt(this.#now);
  }

  /** What changed up to `now`, oldest first. A clock that goes back changes nothing; of a sleep of days, the last day is told. */
  advance(now: number): readonly SessionChange[] {
    if (now <= this.#now) return [];
    const from = Math.max(this.#now, now - DAY_MS);
    this.#now = now;
    const changes: SessionChange[] = [];
    for (let day = from - (from % DAY_MS); day <= now; day += DAY_MS) {
      for (const [inDay, to] of beginnings) {
        const at = day + inDay;
        if (at > from && at <= now) changes.push({ from: sessionAt(at - 1), to, at });
      }
    }
    return changes;
  }
}
