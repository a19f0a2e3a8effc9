/**
 * Which days of one instrument are to be asked for, and when; and what of today nobody can tell.
 *
 * Today is asked for once the live feed has begun, up to it, and again whenever a part of it is missing that was not there or that
 * nobody was asked for: history answers with what was recorded, or with candles. A day that is over is asked for some minutes after
 * midnight and then as often as the answer says that something better may come. Pure: times are arguments.
 */
import type { HistoryPolicy } from '../../shared/history-policy.ts';
import { type Span, united, within, without } from '../../shared/spans.ts';
import type { Millis, MonoMs, UnixMs } from '../../shared/time.ts';
import type { KnownOfDay } from '../context/day/instrument-days.ts';
import { MINUTE_MS } from '../context/day/stand-in.ts';

/** What stands now. */
export type DayFacts = {
  /** UTC. */
  readonly today: string;
  readonly yesterday: string;
  readonly known: KnownOfDay;
  /** Has a live trade come? */
  readonly isLive: boolean;
  /** Has the exchange said the tick size? */
  readonly hasTick: boolean;
};

/** Of today's trades, without an end or with both; what lies in one may be healed yet. */
export type GapOfToday = 'none' | 'endless' | 'ended';

/** When asking for a day again may bring something better, exchange time; `never`. */
export type AskAgain = UnixMs | 'never';

/** A candle counts as closed so long after its end (DESIGN 6). */
const CLOSED_AFTER_MS: Millis = 2_000;

export class DayAsks {
  readonly #policy: HistoryPolicy['backfill'];
  readonly #since: MonoMs;
  #today: string;
  /** When a day that is over is asked for, exchange time. */
  readonly #over = new Map<string, number>();
  readonly #settled = new Set<string>();
  #liveSince: MonoMs | undefined;
  #holeSince: MonoMs | undefined;
  #askedAt: MonoMs | undefined;
  /** Today may be asked for again only after a pause that grows with failures. */
  #notBefore = Number.NEGATIVE_INFINITY;
  #isAnswered = false;
  /** Of today: was asked for, and nobody has it. */
  #conceded: readonly Span[] = [];
  failures = 0;

  constructor(
    { today, yesterday }: Pick<DayFacts, 'today' | 'yesterday'>,
    now: MonoMs,
    policy: HistoryPolicy['backfill'],
  ) {
    this.#policy = policy;
    this.#since = now;
    this.#today = today;
    this.#over.set(yesterday, 0);
  }

  /** To be called a few times a second, before anything else is asked. */
  look({ today, yesterday, known, isLive }: DayFacts, now: MonoMs, exchange: UnixMs): void {
    if (today !== this.#today) this.#turn(today, yesterday, exchange);
    if (isLive) this.#liveSince ??= now;
    if (this.missing(known).length === 0) this.#holeSince = undefined;
    else this.#holeSince ??= now;
  }

  /** The days to be asked for now, today first. */
  due(facts: DayFacts, gap: GapOfToday, now: MonoMs, exchange: UnixMs): readonly string[] {
    const isTodayDue = this.#isTodayDue(facts, gap, now, exchange);
    if (!this.#isAnswered && !isTodayDue) return [];
    const over = [...this.#over].filter(([, at]) => at <= exchange).map(([date]) => date);
    return [...(isTodayDue ? [this.#today] : []), ...over.toSorted().toReversed()];
  }

  isToday(date: string): boolean {
    return date === this.#today;
  }

  /** Another day than today and yesterday, for a gap that lies in it. */
  want(date: string): void {
    if (date !== this.#today && !this.#over.has(date) && !this.#settled.has(date)) this.#over.set(date, 0);
  }

  asked(dates: readonly string[], now: MonoMs): void {
    if (dates.includes(this.#today)) this.#askedAt = now;
    for (const date of dates) if (this.#over.has(date)) this.#over.set(date, Number.POSITIVE_INFINITY);
  }

  /** A day was answered. `known`: of today, after it was joined; `asked`: the parts of it that were asked for and are not on their way. */
  answered(date: string, again: AskAgain, known: KnownOfDay | undefined, asked: readonly Span[]): void {
    if (date === this.#today) {
      this.#isAnswered = true;
      if (known !== undefined) this.concede(known, asked);
    } else if (this.#over.get(date) !== Number.POSITIVE_INFINITY) {
      // It was asked for while it went on: what came after is asked for in its turn.
    } else if (again === 'never') {
      this.#over.delete(date);
      this.#settled.add(date);
    } else {
      this.#over.set(date, again);
    }
  }

  /** What is missing of today now in the parts that were asked for, nobody has. What is missing besides was asked of nobody yet. */
  concede(known: KnownOfDay, asked: readonly Span[]): void {
    this.#conceded = united([...this.#conceded, ...missingOf(known, asked)]);
  }

  /** These days were not answered: they are asked for again after a while. */
  failed(dates: readonly string[], now: MonoMs, exchange: UnixMs, pauseMs: number): void {
    if (dates.includes(this.#today)) this.#notBefore = now + pauseMs;
    for (const date of dates) if (this.#over.has(date)) this.#over.set(date, exchange + pauseMs);
  }

  /** Has today been answered for, if only with the word that nobody has it? */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** Are today and all days before it answered? */
  get isDone(): boolean {
    return (
      this.#isAnswered && ![...this.#over.values()].some((at) => at === 0 || at === Number.POSITIVE_INFINITY)
    );
  }

  /** What of today neither trades nor candles tell, unless it was asked for and nobody has it. */
  missing(known: KnownOfDay): readonly Span[] {
    return without(uncovered(known), this.#conceded);
  }

  #isTodayDue({ isLive, hasTick, known }: DayFacts, gap: GapOfToday, now: MonoMs, exchange: UnixMs): boolean {
    const { settleMs, healWithinMs, quietAfterMs, againAfterMs } = this.#policy;
    if (now < this.#notBefore) return false;
    if (!this.#isAnswered) {
      if (!isLive || !hasTick) return now - this.#since >= quietAfterMs;
      return now - (this.#liveSince ?? now) >= (gap === 'none' ? settleMs : healWithinMs);
    }
    // Of a symbol that does not trade, and while the feed is away, there is more to ask for with each second.
    if (gap === 'endless') this.#holeSince = now;
    if (!isLive || this.#holeSince === undefined) return false;
    if (this.#askedAt !== undefined && now - this.#askedAt < againAfterMs) return false;
    if (wholeMinutes(this.missing(known), exchange).length === 0) return false;
    return now - this.#holeSince >= (gap === 'none' ? settleMs : healWithinMs);
  }

  #turn(today: string, yesterday: string, exchange: UnixMs): void {
    this.#over.set(yesterday, exchange + this.#policy.afterMidnightMs);
    this.#settled.delete(yesterday);
    this.#today = today;
    this.#conceded = [];
    this.#holeSince = undefined;
    this.#notBefore = Number.NEGATIVE_INFINITY;
  }
}

/** What is missing of a day within these parts of it. */
export function missingOf(known: KnownOfDay, parts: readonly Span[]): readonly Span[] {
  return parts.flatMap((part) => within(uncovered(known), part));
}

/** The minutes that these spans touch, of those whose last minute is over: its candle is there. */
export function wholeMinutes(spans: readonly Span[], exchange: UnixMs): readonly Span[] {
  const minutes = spans.map(({ from, to }) => ({
    from: from - (from % MINUTE_MS),
    to: Math.ceil(to / MINUTE_MS) * MINUTE_MS,
  }));
  return united(minutes.filter(({ to }) => to + CLOSED_AFTER_MS <= exchange));
}

/** The parts of a day that has happened of which no trades are known. */
export function untold({ window, byTrades }: KnownOfDay): readonly Span[] {
  return window.from < window.to ? without([window], within(byTrades, window)) : [];
}

/** Of these, those for which no candle stands in either. */
export function uncovered(known: KnownOfDay): readonly Span[] {
  const { window, byTrades, byKlines } = known;
  if (window.from >= window.to) return [];
  return without([window], united([...within(byTrades, window), ...within(byKlines, window)]));
}
