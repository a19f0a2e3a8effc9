/**
 * What each signal would have made under the plainest assumption: entered at its entry price when it was signalled, left at its stop or
 * its target, whichever a later trade touched first. No fees, no slippage, no size, and every order is filled.
 *
 * The trade that made the signal is not a later one. A gap before either was touched makes the outcome unknown: what was not seen may
 * have touched both.
 */
import type { PublishedSignal } from '../runner/strategy/ports.ts';

/** `open`: neither was touched until the end. `levels_wrong`: stop or target is on the wrong side of the entry. */
export type Result = 'target' | 'stop' | 'open' | 'unknown' | 'levels_wrong';

export type Outcome = {
  readonly signal: PublishedSignal;
  readonly result: Result;
  /** Where and when it ended; null for what did not. */
  readonly exitPrice: number | null;
  readonly exitAt: number | null;
  /** Gain (+) or loss (-) in percent of the entry, and in multiples of what was risked; null for what is not known. */
  readonly changePercent: number | null;
  readonly multiple: number | null;
};

type Plan = {
  readonly signal: PublishedSignal;
  readonly sign: 1 | -1;
  readonly entry: number;
  readonly stop: number | undefined;
  readonly target: number | undefined;
  /** It ends at or below, and at or above. */
  readonly lower: number;
  readonly upper: number;
};

export class Outcomes {
  readonly #done = new Map<number, Outcome>();
  #open: Plan[] = [];
  #lower = Number.NEGATIVE_INFINITY;
  #upper = Number.POSITIVE_INFINITY;

  /** Signals without side, entry, and stop or target have no outcome. */
  add(signal: PublishedSignal): void {
    const plan = planOf(signal);
    if (plan === undefined) return;
    if (isWrong(plan)) return this.#end(plan, 'levels_wrong', null, null);
    this.#open.push(plan);
    this.#narrow(plan);
  }

  /** A trade after all that was added so far. For every trade: a comparison, as long as it touches nothing. */
  trade(price: number, at: number): void {
    if (price > this.#lower && price < this.#upper) return;
    const left: Plan[] = [];
    for (const plan of this.#open) {
      const { sign, stop, target } = plan;
      if (stop !== undefined && (price - stop) * sign <= 0) this.#end(plan, 'stop', stop, at);
      else if (target !== undefined && (price - target) * sign >= 0) this.#end(plan, 'target', target, at);
      else left.push(plan);
    }
    this.#open = left;
    this.#bounds();
  }

  /** From here on something was not seen. */
  gap(): void {
    for (const plan of this.#open) this.#end(plan, 'unknown', null, null);
    this.#open = [];
    this.#bounds();
  }

  /** All so far, in the order of the signals. */
  list(): readonly Outcome[] {
    const open = this.#open.map((plan) => outcomeOf(plan, 'open', null, null));
    return [...this.#done.values(), ...open].toSorted((a, b) => a.signal.number - b.signal.number);
  }

  #end(plan: Plan, result: Result, price: number | null, at: number | null): void {
    this.#done.set(plan.signal.number, outcomeOf(plan, result, price, at));
  }

  #bounds(): void {
    this.#lower = Number.NEGATIVE_INFINITY;
    this.#upper = Number.POSITIVE_INFINITY;
    for (const plan of this.#open) this.#narrow(plan);
  }

  /** Between the two no trade touches anything. */
  #narrow({ lower, upper }: Plan): void {
    if (lower > this.#lower) this.#lower = lower;
    if (upper < this.#upper) this.#upper = upper;
  }
}

function planOf(signal: PublishedSignal): Plan | undefined {
  const { side, entry_price: entry, stop_loss: stop, take_profit: target } = signal;
  if (side === undefined || entry === undefined) return undefined;
  if (stop === undefined && target === undefined) return undefined;
  const [below, above] = side === 'buy' ? [stop, target] : [target, stop];
  return {
    ...{ signal, entry, stop, target },
    sign: side === 'buy' ? 1 : -1,
    lower: below ?? Number.NEGATIVE_INFINITY,
    upper: above ?? Number.POSITIVE_INFINITY,
  };
}

function isWrong({ sign, entry, stop, target }: Plan): boolean {
  return (
    (stop !== undefined && (entry - stop) * sign <= 0) ||
    (target !== undefined && (target - entry) * sign <= 0)
  );
}

function outcomeOf(
  { signal, sign, entry, stop }: Plan,
  result: Result,
  exitPrice: number | null,
  exitAt: number | null,
): Outcome {
  if (exitPrice === null) return { signal, result, exitPrice, exitAt, changePercent: null, multiple: null };
  const gain = (exitPrice - entry) * sign;
  return {
    ...{ signal, result, exitPrice, exitAt },
    changePercent: rounded((100 * gain) / entry),
    multiple: stop === undefined ? null : rounded(gain / Math.abs(entry - stop)),
  };
}

/** To 12 digits: what f64 adds behind them is rounding. */
export function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
