/**
 * The newest executions of one market, for REST and for those who check what they received.
 *
 * The whole history goes into the execution log on disk; memory keeps at least the newest 100,000 (less when there are
 * hundreds of markets) and says how many older ones it let go.
 */
import type { Execution } from './market.ts';

/** Kept of a market at least, when there are few; up to twice as many before the older half goes. */
const KEPT_MOST = 100_000;
/** As many as REST gives out at once. */
const KEPT_LEAST = 1000;
/** Kept of all markets together, beside those that were always there. */
const KEPT_IN_ALL = 400_000;

/** How many executions a market keeps at least when `made` made-up markets exist. */
export function executionsKept(made: number): number {
  return made === 0 ? KEPT_MOST : Math.min(KEPT_MOST, Math.max(KEPT_LEAST, Math.floor(KEPT_IN_ALL / made)));
}

/** Executions in order of matching. */
export class ExecutionStore {
  private list: Execution[] = [];
  private evictedCount = 0;
  private readonly kept: number;

  constructor(kept: number) {
    this.kept = kept;
  }

  add(execution: Execution): void {
    this.list.push(execution);
    if (this.list.length < 2 * this.kept) return;
    this.list = this.list.slice(this.kept);
    this.evictedCount += this.kept;
  }

  /** The newest `limit` that happened until `until` (ms), oldest first. */
  newest(limit: number, until = Number.POSITIVE_INFINITY): readonly Execution[] {
    let end = this.list.length;
    while (end > 0 && (this.list[end - 1]?.at ?? 0) > until) end -= 1;
    return this.list.slice(Math.max(0, end - limit), end);
  }

  /** Up to `limit` that came after the execution with this id (from the oldest kept when undefined); undefined when the id is not kept. */
  after(id: string | undefined, limit: number): readonly Execution[] | undefined {
    if (id === undefined) return this.list.slice(0, limit);
    const index = this.list.findLastIndex((execution) => execution.id === id);
    return index < 0 ? undefined : this.list.slice(index + 1, index + 1 + limit);
  }

  /** How many there were in all, and how many of the oldest are no longer here. */
  get counts(): { readonly total: number; readonly evicted: number } {
    return { total: this.evictedCount + this.list.length, evicted: this.evictedCount };
  }
}
