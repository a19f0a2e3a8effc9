/**
 * Bybit's limit on HTTP requests per IP: 600 in 5 s, then nothing but HTTP 403 for ten minutes (bybit-v5.md 6.3).
 *
 * The ban counts from the request that went too far. Time is an argument, ms of the monotonic clock; both durations are
 * scaled, so that a test need not wait for ten minutes.
 */

const REQUESTS_MOST = 600;
const WINDOW_MS = 5000;
const BAN_MS = 600_000;
/** Addresses remembered; beyond it the one that was silent for longest is forgotten. */
const ADDRESSES_MOST = 1000;

interface Visitor {
  times: number[];
  bannedUntil: number;
}

/** Counts requests by address. */
export class RequestLimit {
  private readonly visitors = new Map<string, Visitor>();
  private readonly timeScale: number;

  constructor(timeScale: number) {
    this.timeScale = timeScale;
  }

  /** Counts a request; false when it must be answered with 403. */
  admit(address: string, now: number): boolean {
    const visitor = this.visitors.get(address) ?? { times: [], bannedUntil: 0 };
    this.visitors.delete(address);
    this.visitors.set(address, visitor);
    const oldest = this.visitors.keys().next().value;
    if (this.visitors.size > ADDRESSES_MOST && oldest !== undefined) this.visitors.delete(oldest);
    if (now < visitor.bannedUntil) return false;
    const windowStart = now - WINDOW_MS * this.timeScale;
    const firstInside = visitor.times.findIndex((time) => time > windowStart);
    visitor.times = firstInside < 0 ? [] : visitor.times.slice(firstInside);
    visitor.times.push(now);
    if (visitor.times.length <= REQUESTS_MOST) return true;
    visitor.bannedUntil = now + BAN_MS * this.timeScale;
    visitor.times = [];
    return false;
  }
}
