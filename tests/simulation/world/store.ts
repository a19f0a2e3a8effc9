/** The store of the ledger in memory: it outlives the runners of the simulated machine, takes its time, and keeps what was written. */
import type { LedgerRemains, StoredGap, StoredSpan, WriteBatch } from '../../../runner/ledger/changes.ts';
import { coverageOf } from '../../../runner/ledger/coverage.ts';
import { gapKey } from '../../../runner/ledger/gap-key.ts';
import type { LedgerStore } from '../../../runner/ledger/gap-ledger.ts';
import { unseenOf } from '../../../runner/ledger/unseen.ts';
import type { Result } from '../../../shared/errors.ts';
import type { GapBound } from '../../../shared/events/process-events.ts';
import { type Topic, topicKey } from '../../../shared/market.ts';
import type { UnixMs } from '../../../shared/time.ts';
import type { Process } from './process.ts';
import type { VirtualTime } from './time.ts';

const WRITE_MS = 3;

export class MemoryStore {
  readonly gaps = new Map<string, StoredGap>();
  readonly #spans = new Map<string, StoredSpan>();
  readonly #places = new Map<string, { readonly topic: Topic; readonly place: GapBound }>();
  #aliveUntil: UnixMs | null = null;
  readonly #time: VirtualTime;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** The store as one runner sees it: answers reach it while it lives. */
  of(process: Process): LedgerStore {
    const later = <T>(work: () => T): Promise<Result<T, string>> => {
      const { promise, resolve } = Promise.withResolvers<Result<T, string>>();
      this.#time.after(WRITE_MS, () => {
        if (!process.isAlive) return;
        const value = work();
        process.run(() => {
          resolve({ ok: true, value });
          this.#time.settle();
        });
      });
      return promise;
    };
    return {
      write: (batch) => later(() => this.#write(batch)),
      readLedger: () => later(() => this.#remains()),
      gapPage: () => later(() => [...this.gaps.values()]),
      coverage: ({ start, end, now }) =>
        later(() => {
          const gaps = [...this.gaps.values()].map(unseenOf);
          return coverageOf({ spans: [...this.#spans.values()], gaps }, start, end, now);
        }),
    };
  }

  #write({ gaps, spans, places, aliveUntil }: WriteBatch): undefined {
    for (const stored of gaps) this.gaps.set(gapKey(stored), stored);
    for (const span of spans) this.#spans.set(`${topicKey(span.topic)} ${span.since}`, span);
    for (const place of places) this.#places.set(topicKey(place.topic), place);
    this.#aliveUntil = aliveUntil ?? this.#aliveUntil;
    return undefined;
  }

  #remains(): LedgerRemains {
    const open = [...this.gaps.values()].filter(({ gap }) => gap.state === 'open');
    const followed = [...this.#spans.values()].filter(({ until }) => until === null);
    return {
      gaps: open,
      followed: followed.map((span) => ({
        ...span,
        place: this.#places.get(topicKey(span.topic))?.place ?? null,
      })),
      aliveUntil: this.#aliveUntil,
    };
  }
}
