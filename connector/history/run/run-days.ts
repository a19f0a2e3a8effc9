/**
 * Many days of many instruments: so many at a time, in order, each as fulfil-day.ts does one.
 *
 * What runs at the same time is bounded here, by the archive's own manners (few downloads) and by the store (one conversion). When the
 * exchange shuts this address out, nobody is asked any more: what is left is told as left, with the reason.
 */
import { type Instrument, instrumentKey } from '../../../shared/market.ts';
import { type UnixMs, unixMs } from '../../../shared/time.ts';
import type { FolderKey } from '../store/paths.ts';
import { datesOf, type Span, spanOfDay } from '../store/spans.ts';
import { type DayPorts, type DayTask, fulfilDay } from './fulfil-day.ts';
import { banOf, type DayOutcome, type SourceFailure } from './outcome.ts';

export type HistoryWish = { readonly instrument: Instrument; readonly from: UnixMs; readonly to: UnixMs };

export type RunPorts = DayPorts & {
  /** Days at a time. */
  readonly jobs: number;
  /** With a symbol to ourselves; how to give it back. A failure is told of each of its days. */
  readonly hold?: (key: FolderKey) => Promise<Held>;
  readonly onDay?: (day: DayOutcome) => void | Promise<void>;
};

export type Held =
  | { readonly kind: 'held'; readonly release: () => Promise<void> }
  | { readonly kind: 'busy'; readonly failure: SourceFailure };

/** Its days, oldest first. */
export function daysOf(
  { instrument, from, to }: HistoryWish,
  ports: Pick<DayPorts, 'source'>,
): readonly DayTask[] {
  const { environment } = ports.source;
  const { category, symbol } = instrument;
  return datesOf({ from, to }).map((date) => ({
    key: { environment, category, symbol, date },
    ...partOfDay({ from, to }, spanOfDay(date)),
  }));
}

/** In the order of the wishes and their days. Rejects only for a broken invariant; then nothing is under way any more. */
export async function runDays(
  wishes: readonly HistoryWish[],
  ports: RunPorts,
): Promise<readonly DayOutcome[]> {
  const holdings = new Map<string, Holding>();
  const tasks = wishes.flatMap((wish) => {
    const holding = holdings.get(instrumentKey(wish.instrument)) ?? new Holding(ports);
    holdings.set(instrumentKey(wish.instrument), holding);
    const days = daysOf(wish, ports);
    holding.left += days.length;
    return days.map((task) => ({ task, holding }));
  });
  const outcomes: DayOutcome[] = [];
  let halted = ports.halted;
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next; index < tasks.length; index = next) {
      next += 1;
      const { task, holding } = tasks[index] ?? {};
      if (task === undefined || holding === undefined) return;
      try {
        const busy = await holding.begin(task.key);
        const day = await fulfilDay(task, { ...ports, halted: busy ?? halted });
        outcomes[index] = day;
        const ban = banOf(day);
        if (ban !== undefined)
          halted ??= { ...ban, message: `nothing is asked while this address is shut out (${ban.message})` };
        await ports.onDay?.(day);
      } catch (error) {
        next = tasks.length;
        throw error;
      } finally {
        await holding.end();
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.min(ports.jobs, tasks.length) }, work));
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
  return outcomes;
}

/** A symbol is held from its first day to its last. */
class Holding {
  readonly #ports: Pick<RunPorts, 'hold' | 'dry'>;
  #held: Promise<Held> | undefined;
  left = 0;

  constructor(ports: Pick<RunPorts, 'hold' | 'dry'>) {
    this.#ports = ports;
  }

  /** Why it cannot be had; undefined when it is ours. */
  async begin(key: FolderKey): Promise<SourceFailure | undefined> {
    const { hold, dry = false } = this.#ports;
    if (hold === undefined || dry) return undefined;
    this.#held ??= hold(key);
    const held = await this.#held;
    return held.kind === 'busy' ? held.failure : undefined;
  }

  async end(): Promise<void> {
    this.left -= 1;
    if (this.left > 0) return;
    const held = await this.#held?.catch(() => undefined);
    if (held?.kind === 'held') await held.release();
  }
}

/** A day's part of a span. */
function partOfDay(span: Span, day: Span): { readonly from: UnixMs; readonly to: UnixMs } {
  return { from: unixMs(Math.max(span.from, day.from)), to: unixMs(Math.min(span.to, day.to)) };
}
