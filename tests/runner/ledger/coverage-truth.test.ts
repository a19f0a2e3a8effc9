/** Coverage over restarts and midnight, against an oracle that counts for itself, second by second, when the line could see. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GapBook } from '../../../runner/intake/gaps.ts';
import type { LedgerRemains, StoredGap, StoredPlace, StoredSpan } from '../../../runner/ledger/changes.ts';
import { coverageOf } from '../../../runner/ledger/coverage.ts';
import { gapKey } from '../../../runner/ledger/gap-key.ts';
import { GapLedger } from '../../../runner/ledger/gap-ledger.ts';
import type { LedgerStore } from '../../../runner/ledger/ledger-store.ts';
import { unseenOf } from '../../../runner/ledger/unseen.ts';
import { spanKey } from '../../../runner/ledger/write-queue.ts';
import type { StatusEvent } from '../../../shared/events/process-events.ts';
import { topicKey } from '../../../shared/market.ts';
import { type UnixMs, unixMs } from '../../../shared/time.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';
import { gap, trade } from '../intake/events.ts';
import { trades } from './ledger-world.ts';

/**
 * So many seconds of trades, of none, of none after another socket of the market was lost, of a lost line, of no runner; `unread`: of no
 * runner, and the next one reads late.
 */
type Step = {
  readonly kind: 'flows' | 'quiet' | 'sibling' | 'lost' | 'killed' | 'stopped' | 'unread';
  readonly seconds: number;
};

class Disk {
  readonly #gaps = new Map<string, StoredGap>();
  readonly #spans = new Map<string, StoredSpan>();
  readonly #places = new Map<string, StoredPlace>();
  #aliveUntil: UnixMs | null = null;
  isReadable = true;

  readonly store: LedgerStore = {
    write: async ({ gaps, spans, places, aliveUntil }) => {
      for (const stored of gaps) this.#gaps.set(gapKey(stored), stored);
      for (const span of spans) this.#spans.set(spanKey(span), span);
      for (const place of places) this.#places.set(topicKey(place.topic), place);
      this.#aliveUntil = aliveUntil ?? this.#aliveUntil;
      return { ok: true, value: undefined };
    },
    readLedger: () =>
      this.isReadable ? { ok: true, value: this.#remains() } : { ok: false, failure: 'the disk is gone' },
    gapPage: async () => ({ ok: true, value: [] }),
    coverage: async ({ start, end, now, unwritten }) => {
      const spans = new Map(this.#spans);
      for (const span of unwritten.spans) spans.set(spanKey(span), span);
      const gaps = new Map([...this.#gaps.values()].map((stored) => [gapKey(stored), unseenOf(stored)]));
      for (const unseen of unwritten.gaps) gaps.set(unseen.key, unseen);
      return {
        ok: true,
        value: coverageOf({ spans: [...spans.values()], gaps: [...gaps.values()] }, start, end, now),
      };
    },
  };

  #remains(): LedgerRemains {
    return {
      gaps: [...this.#gaps.values()].filter((stored) => stored.gap.state === 'open'),
      followed: [...this.#spans.values()]
        .filter(({ until }) => until === null)
        .map((span) => ({ ...span, place: this.#places.get(topicKey(span.topic))?.place ?? null })),
      aliveUntil: this.#aliveUntil,
    };
  }
}

type Second = { readonly at: UnixMs; readonly isSeen: boolean };

class Life {
  readonly clock = new VirtualClock();
  readonly disk = new Disk();
  /** When the line could see, and since when the topic is followed. */
  readonly seen: Second[] = [];
  followedFrom: UnixMs | undefined;
  breaks = 0;
  ledger: GapLedger;
  #book = new GapBook('n0');
  #frames = 0;
  #ids = 0;
  #runs = 0;
  #open: string | undefined;

  constructor() {
    this.ledger = this.#start();
  }

  async pass(isSeen: boolean, isAlive: boolean, trades: boolean): Promise<void> {
    const at = this.clock.unixMs();
    this.seen.push({ at, isSeen });
    if (trades) this.#trade(at);
    if (isAlive && isSeen) this.#beat(at);
    this.clock.advance(1_000);
    if (isAlive) this.ledger.tick();
    await Promise.resolve();
  }

  async step({ kind, seconds }: Step): Promise<void> {
    const isDown = kind === 'killed' || kind === 'stopped' || kind === 'unread';
    if (kind === 'lost') this.#lose();
    if (kind === 'sibling') this.#disconnected(1);
    if (kind === 'stopped') await this.ledger.stop();
    if (kind === 'lost' || isDown) this.breaks += 1;
    for (let second = 0; second < seconds; second += 1)
      await this.pass(!isDown && kind !== 'lost', !isDown, kind === 'flows');
    if (isDown) this.ledger = this.#start(kind === 'unread');
    if (kind === 'lost') this.#subscribed();
    if (kind !== 'unread') return;
    for (let second = 0; second < 4; second += 1) await this.pass(true, true, second > 0);
    this.disk.isReadable = true;
    for (let second = 0; second < 3; second += 1) await this.pass(true, true, true);
  }

  #start(isUnread = false): GapLedger {
    this.#runs += 1;
    this.disk.isReadable = !isUnread;
    this.#open = undefined;
    this.#frames = 0;
    this.#book = new GapBook(`n${this.#runs}`);
    this.#book.follow(trades);
    const ledger = new GapLedger({
      book: this.#book,
      store: this.disk.store,
      clock: this.clock,
      nonce: `n${this.#runs}`,
      onGap: (told) => ledger.gap(told),
      lastLineAt: () => this.clock.unixMs(),
    });
    void ledger.open('mainnet');
    this.ledger = ledger;
    this.#subscribed();
    return ledger;
  }

  #trade(at: UnixMs): void {
    this.#ids += 1;
    this.followedFrom ??= at;
    const event = trade({ id: `t${this.#ids}`, timestamp: at, received_at: at * 1_000 });
    if (this.#open !== undefined) {
      const told = gap({ gap_id: this.#open, from: null, to: { id: event.id, timestamp: at }, at });
      const ended = this.#book.onGap(told, 1);
      if (ended !== undefined) this.ledger.gap(ended);
    }
    this.#open = undefined;
    const ended = this.#book.onEvent(event, 1);
    if (ended !== undefined) this.ledger.gap(ended);
  }

  #lose(): void {
    const at = this.clock.unixMs();
    this.#disconnected(0);
    if (this.#open !== undefined || this.followedFrom === undefined) return;
    this.#open = `g-${this.#runs}-${this.seen.length}`;
    const told = this.#book.onGap(gap({ gap_id: this.#open, from: null, at }), 1);
    if (told !== undefined) this.ledger.gap(told);
  }

  #disconnected(socket: number): void {
    const about = { scope: 'public', category: 'linear', socket } as const;
    this.ledger.told({ type: 'status', status: 'disconnected', ...about, at: this.clock.unixMs() });
  }

  #subscribed(): void {
    const about = { scope: 'topic', ...trades, socket: 0 } as const;
    this.ledger.told({ type: 'status', status: 'subscribed', ...about, at: this.clock.unixMs() });
  }

  #beat(at: UnixMs): void {
    this.#frames += 1;
    const socket = {
      category: 'linear',
      socket: 0,
      url: 'u',
      state: 'open',
      reconnects: 0,
      bad_frames: 0,
    } as const;
    const topic = {
      ...trades,
      state: 'active',
      stale: false,
      age_ms: null,
      messages: 1,
      sockets: [0],
    } as const;
    const beat: StatusEvent = {
      ...{ type: 'status', status: 'heartbeat', at },
      topics: [{ ...topic, sockets: [0] }],
      sockets: [{ ...socket, frames: this.#frames }],
    };
    this.ledger.told(beat);
  }
}

/** Each break may count for some seconds more than it was: to the beat before it, and to the acknowledgement after. */
const SLACK_MS = 4_000;

test('what is counted as not seen is never less than it was, nor more than some beats a break, on either side of midnight', async () => {
  const kinds = ['flows', 'quiet', 'sibling', 'lost', 'killed', 'stopped', 'unread'] as const;
  const kind = fc.constantFrom<Step['kind']>(...kinds);
  const step = fc.record({ kind, seconds: fc.integer({ min: 2, max: 40 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { size: 'max', maxLength: 14 }), fc.nat(200), async (steps, before) => {
      const life = new Life();
      const midnight = unixMs(life.clock.unixMs() + before * 1_000);
      for (const each of [
        { kind: 'flows', seconds: 3 } as const,
        ...steps,
        { kind: 'flows', seconds: 2 } as const,
      ])
        await life.step(each);
      const until = life.clock.unixMs();
      for (const [start, end] of [
        [unixMs(0), midnight],
        [midnight, until],
      ] as const) {
        const { known, total } = await life.ledger.coverage(start, end);
        const inside = life.seen.filter(
          ({ at }) => at >= Math.max(start, life.followedFrom ?? 0) && at < end,
        );
        const blindMs = inside.filter(({ isSeen }) => !isSeen).length * 1_000;
        const countedMs = (total.followedMs * (100 - (total.percent ?? 100))) / 100;
        assert.equal(known, true);
        assert.ok(Math.abs(total.followedMs - inside.length * 1_000) <= 1_000, 'followed');
        assert.ok(countedMs >= blindMs - 1, `${countedMs} counted, ${blindMs} were not seen`);
        const atMost = blindMs + life.breaks * SLACK_MS;
        assert.ok(countedMs <= atMost, `${countedMs} counted, at most ${atMost} were not seen`);
      }
    }),
    { numRuns: 300 },
  );
});
