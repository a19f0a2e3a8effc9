/**
 * The promise of the tape: every execution of the exchange, from the acknowledgement on, was told, or lies inside exactly
 * one gap with exact bounds; none was told twice; what a gap calls healed was told; live trades came in match order.
 */

import type { Execution } from '../../../connector/exchange/market/market.ts';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import type { GapEvent } from '../../../shared/events/process-events.ts';
import { instrumentKey } from '../../../shared/market.ts';
import type { Broken } from '../world/journal.ts';

/** One trade as a runner told it; `life` counts the runners. */
type Told = { readonly trade: TradeEvent; readonly life: number };

/** A runner was told that the topic is acknowledged when so many had been executed. */
export type Granted = { readonly life: number; readonly executed: number };

/** A topic that a runner had seen for less long than this when it was killed may not have been written down (docs/semantics.md). */
export const UNWRITTEN_MS = 500;

/** What all runners told of trades. */
export class ToldTrades {
  readonly #byInstrument = new Map<string, Told[]>();
  /** When each instrument was acknowledged, or its first one told. */
  readonly #begun = new Map<string, number>();
  /** How much had been executed when it was acknowledged, for each runner. */
  readonly #granted = new Map<string, Granted[]>();
  /** The runner that was killed right after that. */
  readonly #unwritten = new Map<string, number>();
  readonly #seen = new Map<string, number>();

  /** The exchange owes each execution from now on. */
  granted(instrument: string, executed: number, life: number, atMs: number): void {
    if (!this.#begun.has(instrument)) this.#begun.set(instrument, atMs);
    const list = this.#granted.get(instrument) ?? [];
    this.#granted.set(instrument, [...list, { life, executed }]);
  }

  /** Answers what is wrong with it at once. */
  add(trade: TradeEvent, life: number, atMs: number): string | undefined {
    const instrument = instrumentKey(trade);
    if (!this.#begun.has(instrument)) this.#begun.set(instrument, atMs);
    const list = this.#byInstrument.get(instrument);
    if (list === undefined) this.#byInstrument.set(instrument, [{ trade, life }]);
    else list.push({ trade, life });
    const key = `${instrument} ${trade.id}`;
    const before = this.#seen.get(key);
    this.#seen.set(key, life);
    return before === life ? `trade ${key} was told twice` : undefined;
  }

  /** This runner was killed: what it began to tell in its last moments need not go on with the next one. */
  runnerKilled(life: number, atMs: number): void {
    for (const [instrument, begunAt] of this.#begun) {
      if (atMs - begunAt >= UNWRITTEN_MS) continue;
      this.#unwritten.set(instrument, life);
      this.#begun.delete(instrument);
    }
  }

  /** The first runner from which on every trade of the instrument is accounted for. */
  accountedFrom(instrument: string): number {
    return (this.#unwritten.get(instrument) ?? 0) + 1;
  }

  grantsOf(instrument: string): readonly Granted[] {
    return this.#granted.get(instrument) ?? [];
  }

  of(instrument: string): readonly Told[] {
    return this.#byInstrument.get(instrument) ?? [];
  }
}

export type TradeTruth = {
  readonly instrument: string;
  /** Everything that was executed, in match order. */
  readonly executions: readonly Execution[];
  readonly told: readonly Told[];
  /** See `ToldTrades`. */
  readonly accountedFrom: number;
  readonly granted: readonly Granted[];
  /** The gaps of this instrument's trades. */
  readonly gaps: readonly GapEvent[];
};

export type TradeSums = {
  readonly executed: number;
  readonly told: number;
  readonly inGaps: number;
  readonly healed: number;
};

/** Compares; the first thing that is wrong is answered. */
export function checkTrades({
  instrument,
  executions,
  told,
  accountedFrom,
  granted,
  gaps,
}: TradeTruth): Omit<Broken, 'atMs'> | TradeSums {
  const place = new Map(executions.map(({ id }, index) => [id, index]));
  const lifeOf = new Map<number, number>();
  const lastLive = new Map<number, number>();
  let healed = 0;
  for (const { trade, life } of told) {
    const at = place.get(trade.id);
    if (at === undefined)
      return wrong('only what was executed is told', `${instrument} ${trade.id} was never executed`);
    lifeOf.set(at, life);
    if (trade.origin === 'healed') {
      healed += 1;
      continue;
    }
    if (at <= (lastLive.get(life) ?? -1))
      return wrong(
        'live trades come in match order',
        `${instrument} ${trade.id} (${at}) came after ${lastLive.get(life)}`,
      );
    lastLive.set(life, at);
  }
  const accounted = [...lifeOf].filter(([, life]) => life >= accountedFrom).map(([at]) => at);
  const owed = granted.filter(({ life }) => life >= accountedFrom).map(({ executed }) => executed);
  const first = [...accounted, ...owed].reduce((a, b) => Math.min(a, b), executions.length);
  const inside = new Map<number, string>();
  for (const gap of gaps) {
    const problem = checkGap(gap, { instrument, place, lifeOf, inside, first });
    if (problem !== undefined) return problem;
  }
  if (lifeOf.size === 0) return { executed: executions.length, told: 0, inGaps: 0, healed: 0 };
  const last = [...lifeOf.keys()].reduce((a, b) => Math.max(a, b));
  for (let at = first; at <= last; at += 1) {
    if (lifeOf.has(at) || inside.has(at)) continue;
    return wrong(
      'what is not told lies in a gap',
      `${instrument} ${executions[at]?.id} (${at} of ${first}..${last}) was not told and lies in no gap: ${around(gaps, place, at)}`,
    );
  }
  return { executed: executions.length, told: lifeOf.size, inGaps: inside.size, healed };
}

type Facts = {
  readonly instrument: string;
  readonly place: ReadonlyMap<string, number>;
  readonly lifeOf: ReadonlyMap<number, number>;
  /** Which gap an execution lies in. */
  readonly inside: Map<number, string>;
  /** The first execution that is owed. */
  readonly first: number;
};

function checkGap(
  gap: GapEvent,
  { instrument, place, lifeOf, inside, first }: Facts,
): Omit<Broken, 'atMs'> | undefined {
  const name = `${gap.gap_id} (${instrument}, ${gap.state}, ${gap.cause}${gap.healed_by === undefined ? '' : `, ${gap.healed_by}`})`;
  const begins = gap.from === null ? -1 : place.get(gap.from.id);
  if (begins === undefined)
    return wrong(
      'the ends of a gap are trades',
      `${name} begins at ${gap.from?.id}, which was never executed`,
    );
  if (gap.to === null) {
    if (gap.state === 'healed') return undefined;
    return wrong(
      'every gap ends',
      `${name} began at ${gap.from?.id ?? 'the beginning'} (${begins}) and has no end`,
    );
  }
  const to = place.get(gap.to.id);
  if (to === undefined)
    return wrong('the ends of a gap are trades', `${name} ends at ${gap.to.id}, which was never executed`);
  // Without a beginning it begins with what is owed.
  const from = gap.from === null ? Math.min(first, to) - 1 : begins;
  if (to <= from) return wrong('a gap ends after it began', `${name} goes from ${from} to ${to}`);
  // One that began before anything was seen begins at a trade from before the acknowledgement.
  if (from >= first && !lifeOf.has(from))
    return wrong('the ends of a gap were told', `${name} begins at ${from}, which was not told`);
  if (!lifeOf.has(to))
    return wrong('the ends of a gap were told', `${name} ends at ${to}, which was not told`);
  if (gap.missing !== undefined && gap.missing !== to - from - 1)
    return wrong('an overload counts what is missing', `${name}: ${gap.missing}, not ${to - from - 1}`);
  for (let at = from + 1; at < to; at += 1) {
    if (gap.state === 'healed') {
      if (!lifeOf.has(at))
        return wrong('what is healed was told', `${name}: ${at} of ${from}..${to} was not told`);
      continue;
    }
    // A runner that was killed had told more than it could write down: its successor's gap begins earlier.
    if (lifeOf.has(at) && gap.cause !== 'runner_stopped')
      return wrong('what lies in an open gap was not told', `${name}: ${at} of ${from}..${to} was told`);
    const other = inside.get(at);
    if (other !== undefined && !lifeOf.has(at))
      return wrong('a trade lies in one gap', `${instrument} ${at} lies in ${other} and in ${name}`);
    if (!lifeOf.has(at)) inside.set(at, name);
  }
  return undefined;
}

function around(gaps: readonly GapEvent[], place: ReadonlyMap<string, number>, at: number): string {
  const near = gaps
    .map((gap) => ({
      gap,
      from: place.get(gap.from?.id ?? '') ?? -1,
      to: place.get(gap.to?.id ?? '') ?? null,
    }))
    .filter(({ from, to }) => Math.abs(from - at) < 30 || (to !== null && Math.abs(to - at) < 30))
    .map(({ gap, from, to }) => `${gap.gap_id} ${gap.state} ${gap.cause} ${from}..${to}`);
  return near.length === 0 ? 'no gap is near' : near.join('; ');
}

function wrong(invariant: string, what: string): Omit<Broken, 'atMs'> {
  return { invariant, what };
}
