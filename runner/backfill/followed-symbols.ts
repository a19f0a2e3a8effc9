/** The symbols whose history is wanted: which of their days are due, and what of today is missing. */
import { DAY_MS, dayStart, utcDateOf } from '../../shared/day-totals.ts';
import { type Instrument, instrumentKey } from '../../shared/market.ts';
import { type Span, within } from '../../shared/spans.ts';
import type { MonoMs } from '../../shared/time.ts';
import { DayAsks, type DayFacts } from './day-asks.ts';
import type { BackfillPorts } from './ports.ts';

export type Followed = {
  readonly instrument: Instrument;
  readonly asks: DayAsks;
  /** Of which every trade is in the archive's files on this machine. */
  archived: readonly Span[];
};

/** What is to be asked for now. */
export type Due = { readonly followed: Followed; readonly dates: readonly string[] };

/** Parts of today that are missing and may come yet. `isFirst`: nobody has answered for today so far. */
export type MissingToday = { readonly isFirst: boolean; readonly spans: readonly Span[] };

export class FollowedSymbols {
  readonly #ports: BackfillPorts;
  readonly #followed = new Map<string, Followed>();
  #wanted: ReadonlySet<string> = new Set();

  constructor(ports: BackfillPorts) {
    this.#ports = ports;
  }

  /** Follows what is wanted now; answers what is due. */
  look(now: MonoMs): readonly Due[] {
    const { instruments, moment, policy } = this.#ports;
    const all = instruments();
    this.#wanted = new Set(all.map(instrumentKey));
    for (const key of this.#followed.keys()) if (!this.#wanted.has(key)) this.#followed.delete(key);
    const { exchange, proven } = moment();
    // Which day it is must not be a guess.
    if (!Number.isFinite(proven)) return [];
    const due: Due[] = [];
    const gaps = this.#ports.gaps();
    for (const instrument of all) {
      const key = instrumentKey(instrument);
      const facts = this.facts(instrument);
      if (facts === undefined) continue;
      let followed = this.#followed.get(key);
      if (followed === undefined) {
        followed = { instrument, asks: new DayAsks(facts, now, policy), archived: [] };
        this.#followed.set(key, followed);
      }
      const { asks } = followed;
      asks.look(facts, now, exchange);
      const ended = gaps.ended.get(key) ?? [];
      for (const date of datesOf(ended, exchange - policy.gapsKeptMs)) asks.want(date);
      const isOfToday = ended.some(({ to }) => to > dayStart(facts.today));
      const gap = gaps.endless.has(key) ? 'endless' : isOfToday ? 'ended' : 'none';
      const dates = asks.due(facts, gap, now, exchange);
      if (dates.length > 0) due.push({ followed, dates });
    }
    return due;
  }

  /** How it stands; undefined while that is not known. */
  facts(instrument: Instrument): DayFacts | undefined {
    const { days: daysOf, tickSize, moment } = this.#ports;
    const days = daysOf(instrument);
    if (days === undefined) return undefined;
    const today = utcDateOf(moment().exchange);
    const known = days.known(today);
    if (known === undefined) return undefined;
    const yesterday = utcDateOf(dayStart(today) - DAY_MS);
    return { today, yesterday, known, isLive: days.cut !== undefined, hasTick: tickSize(instrument).isKnown };
  }

  find(instrument: Instrument): Followed | undefined {
    return this.#followed.get(instrumentKey(instrument));
  }

  /** Have all days that are wanted been answered? */
  get areDone(): boolean {
    const all = [...this.#followed.values()];
    return all.length > 0 && all.every(({ asks }) => asks.isDone);
  }

  /** Undefined when nothing of today is, or when its history is not wanted. */
  missing(instrument: Instrument): MissingToday | undefined {
    if (!this.#wanted.has(instrumentKey(instrument))) return undefined;
    const asks = this.find(instrument)?.asks;
    const facts = this.facts(instrument);
    if (asks === undefined || facts === undefined) return { isFirst: true, spans: [] };
    if (!asks.isAnswered) return { isFirst: true, spans: [facts.known.window] };
    const spans = facts.isLive ? asks.missing(facts.known) : [];
    return spans.length === 0 ? undefined : { isFirst: false, spans };
  }
}

/**
 * Today of all of them before everything else, since somebody waits for it, and days that are over of a few: a question is not to take so long
 * that the next one comes late.
 */
export function chosenOf(
  due: readonly Due[],
  { symbolsAtOnce, filesAtOnce }: BackfillPorts['policy'],
): readonly Due[] {
  const isToday = ({ followed, dates }: Due): boolean => dates.some((date) => followed.asks.isToday(date));
  const inOrder = due.toSorted((one, other) => Number(isToday(other)) - Number(isToday(one)));
  let files = 0;
  const chosen = inOrder.slice(0, symbolsAtOnce).map(({ followed, dates }) => ({
    followed,
    dates: dates.filter((date) => {
      if (followed.asks.isToday(date)) return true;
      files += 1;
      return files <= filesAtOnce;
    }),
  }));
  return chosen.filter(({ dates }) => dates.length > 0);
}

/** Days in which spans lie. */
function datesOf(spans: readonly Span[], since: number): ReadonlySet<string> {
  const dates = new Set<string>();
  for (const { from, to } of within(spans, { from: since, to: Number.POSITIVE_INFINITY }))
    for (let at = from; at < to; at = dayStart(utcDateOf(at)) + DAY_MS) dates.add(utcDateOf(at));
  return dates;
}
