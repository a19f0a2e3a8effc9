/**
 * What the sockets of the present child have counted, by category, those included that are closed for good: heartbeats leave
 * them out, and a counter that falls looks like a new beginning to whoever reads it.
 */
import type { SocketReport } from '../../shared/events/process-events.ts';
import type { Category } from '../../shared/market.ts';

const counted = ['reconnects', 'frames', 'bad_frames', 'first_trades', 'only_trades'] as const;
export type SocketCount = (typeof counted)[number];

type Counts = Readonly<Partial<Record<SocketCount, number | undefined>>>;

export class SocketTotals {
  /** As heartbeats told them last. */
  #present: readonly SocketReport[] = [];
  /** Of those that are closed for good. */
  readonly #closed = new Map<Category, Counts>();

  /** A heartbeat lists all sockets that there are. A number is never given again, so what is left out is over. */
  listed(sockets: readonly SocketReport[]): void {
    for (const before of this.#present) {
      const { category, socket } = before;
      const isThere = sockets.some((one) => one.category === category && one.socket === socket);
      if (socket !== undefined && !isThere)
        this.#closed.set(category, sumOf(this.#closed.get(category) ?? {}, before));
    }
    this.#present = sockets;
  }

  /** By category; only those whose sockets say it. */
  of(name: SocketCount): ReadonlyMap<Category, number> {
    const sums = new Map<Category, number>();
    const add = (category: Category, value: number | undefined): void => {
      if (value !== undefined) sums.set(category, (sums.get(category) ?? 0) + value);
    };
    for (const report of this.#present) add(report.category, report[name]);
    for (const [category, counts] of this.#closed) add(category, counts[name]);
    return sums;
  }

  /** Another child begins anew. */
  clear(): void {
    this.#present = [];
    this.#closed.clear();
  }
}

function sumOf(one: Counts, other: Counts): Counts {
  const sum: Partial<Record<SocketCount, number>> = {};
  for (const name of counted) {
    const values = [one[name], other[name]].filter((value) => value !== undefined);
    if (values.length > 0) sum[name] = values.reduce((total, value) => total + value, 0);
  }
  return sum;
}
