/**
 * When the lists are looked at again: at a fixed time of the day in UTC and a random while later, and soon after a topic was refused.
 * Pure.
 */
import type { Category } from '../../shared/market.ts';
import type { Policy } from '../../shared/policy.ts';
import {
  after,
  type Millis,
  type MonoMs,
  monoMs,
  type Random,
  type UnixMs,
  unixMs,
} from '../../shared/time.ts';

const DAY_MS: Millis = 86_400_000;

/** The first moment of the daily look that lies after `nowMs`. */
export function nextDaily(
  nowMs: UnixMs,
  { dailyAtMs, dailyJitterMs }: Pick<Policy['symbols'], 'dailyAtMs' | 'dailyJitterMs'>,
  random: Random,
): UnixMs {
  const jitter = Math.floor(random() * dailyJitterMs);
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS + dailyAtMs + jitter;
  return unixMs(today > nowMs ? today : today + DAY_MS);
}

export class LookTimes {
  readonly #policy: Policy['symbols'];
  readonly #random: Random;
  #dailyAt: UnixMs;
  #refusalAt: MonoMs | undefined;
  /** Before it no refusal leads to a look: a market that refuses all day is not asked all day. */
  #refusalsFrom = monoMs(0);
  readonly #refused = new Set<Category>();

  constructor(policy: Policy['symbols'], nowMs: UnixMs, random: Random) {
    this.#policy = policy;
    this.#random = random;
    this.#dailyAt = nextDaily(nowMs, policy, random);
  }

  refused(category: Category, now: MonoMs): void {
    this.#refused.add(category);
    this.#refusalAt ??= monoMs(Math.max(this.#refusalsFrom, after(now, this.#policy.afterRefusalMs)));
  }

  /** Whether the day's look is due, and markets that are to be looked at because of refusals. Each is answered once. */
  due(now: MonoMs, nowMs: UnixMs): { readonly daily: boolean; readonly refused: readonly Category[] } {
    const daily = nowMs >= this.#dailyAt;
    if (daily) this.#dailyAt = nextDaily(nowMs, this.#policy, this.#random);
    if (this.#refusalAt === undefined || now < this.#refusalAt) return { daily, refused: [] };
    const refused = [...this.#refused];
    this.#refused.clear();
    this.#refusalAt = undefined;
    this.#refusalsFrom = after(now, this.#policy.refusalsApartMs);
    return { daily, refused };
  }
}
