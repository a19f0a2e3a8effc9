/** A ledger with a list of gaps, a clock, and a store that is a list in memory. */
import { GapBook } from '../../../runner/intake/gaps.ts';
import type { LedgerRemains, StoredGap, StoredSpan, WriteBatch } from '../../../runner/ledger/changes.ts';
import { coverageOf } from '../../../runner/ledger/coverage.ts';
import { GapLedger, noLedgerStore } from '../../../runner/ledger/gap-ledger.ts';
import { unseenOf } from '../../../runner/ledger/unseen.ts';
import { spanKey } from '../../../runner/ledger/write-queue.ts';
import type { GapEvent } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import type { UnixMs } from '../../../shared/time.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';
import { bitcoin, T0, trade } from '../intake/events.ts';

export const trades: Topic = { channel: 'trades', ...bitcoin };
export const nobody: LedgerRemains = { gaps: [], followed: [], aliveUntil: null };

export class World {
  readonly clock = new VirtualClock();
  readonly book = new GapBook('n');
  readonly batches: WriteBatch[] = [];
  readonly told: GapEvent[] = [];
  readonly ledger: GapLedger;
  stored: readonly StoredGap[] = [];
  spans: readonly StoredSpan[] = [];
  heard: UnixMs | null = null;
  isReadable = true;

  constructor(remains: LedgerRemains = nobody) {
    this.book.follow(trades);
    this.ledger = new GapLedger({
      book: this.book,
      store: {
        ...noLedgerStore,
        write: async (batch) => {
          this.batches.push(batch);
          return { ok: true, value: undefined };
        },
        readLedger: async () =>
          this.isReadable ? { ok: true, value: remains } : { ok: false, failure: 'the disk is gone' },
        coverage: async ({ start, end, now, unwritten }) => {
          const known = [...this.spans, ...unwritten.spans];
          const spans = [...new Map(known.map((span) => [spanKey(span), span])).values()];
          const gaps = [...this.stored.map(unseenOf), ...unwritten.gaps];
          return { ok: true, value: coverageOf({ spans, gaps }, start, end, now) };
        },
        gapPage: async () =>
          this.isReadable ? { ok: true, value: this.stored } : { ok: false, failure: 'the disk is gone' },
      },
      clock: this.clock,
      nonce: 'n',
      onGap: (told) => this.told.push(told),
      lastLineAt: () => this.heard,
    });
  }

  async tick(ms = 1_000): Promise<void> {
    this.clock.advance(ms);
    this.ledger.tick();
    await new Promise(setImmediate);
  }

  trade(id: string, at: number): void {
    this.book.onEvent(trade({ id, timestamp: T0 + at }), 1);
    this.heard = this.clock.unixMs();
  }

  places(): (string | undefined)[] {
    return this.batches.flatMap(({ places }) => places.map(({ place }) => place.id));
  }
}
