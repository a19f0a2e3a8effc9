/**
 * The newest executions of one market, for REST and for those who check what they received.
 *
 * The whole history goes into the execution log on disk; memory keeps at least the newest 100,000 and says how many
 * older ones it let go.
 */
import type { Execution } from './market.ts';

/** Kept in memory at least; up to twice as many before the older half goes. */
const KEPT = 100_000;

/** Executions in order of matching. */
export class ExecutionStore {
  private list: Execution[] = [];
  private evictedCount = 0;

  add(execution: Execution): void {
    this.list.push(execution);
    if (this.list.length < 2 * KEPT) return;
    this.list = this.list.slice(KEPT);
    this.evictedCount += KEPT;
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
