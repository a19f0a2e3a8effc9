/**
 * A model of everything around one trades topic: the exchange's log, sockets that are lost, mute or slow, a list of recent
 * trades that lags, is short or fails, and children that die. It watches what is told: each promise is checked at each event.
 */
import assert from 'node:assert/strict';
import { TradeLine, type TradeLinePolicy } from '../../../../connector/session/trades/trade-line.ts';
import type { UnnumberedEvent } from '../../../../shared/events/event.ts';
import type { TradeEvent } from '../../../../shared/events/market-events.ts';
import { type GapBound, type GapEvent, gapBound } from '../../../../shared/events/process-events.ts';
import { monoMs, unixMs } from '../../../../shared/time.ts';
import { splicedTrade } from '../../../helpers/spliced.ts';

export const T0 = 1_760_000_000_000;
export const policy: TradeLinePolicy = {
  waitingAtMost: 5_000,
  waitAtMostMs: 2_000,
  joinWithinMs: 1_000,
  settleMs: 2_000,
  wantedAgainWithinMs: 10_000,
  audit: { inFlightMs: 2_000, marginMs: 1_000 },
  reads: { againAfterMs: 250, againCapMs: 5_000, atMost: 12, failuresAtMost: 30, slowMs: 60_000 },
};

/** Matches of up to three trades share their seq, and a millisecond holds more than one match. */
export function tradeAt(
  index: number,
  timestamp = T0 + Math.floor(index / 6),
  seq = Math.floor(index / 3),
): TradeEvent {
  return splicedTrade({ id: `t${index}`, timestamp, price: 1, qty: 1, side: 'buy', seq });
}

export type Step =
  | { readonly kind: 'trades'; readonly count: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'up' | 'lose' | 'mute' | 'bad' | 'renew'; readonly socket: number }
  | { readonly kind: 'slow'; readonly socket: number; readonly ms: number }
  | {
      readonly kind: 'list';
      readonly lagMs: number;
      readonly reach: number;
      readonly fails: boolean;
      readonly takesMs: number;
    }
  /** Somebody else reads a short list. */
  | { readonly kind: 'listed' }
  /** The runner stops reading, or goes on: of what is told while it does not read only so many trades have room. */
  | { readonly kind: 'reader'; readonly reads: boolean }
  | { readonly kind: 'child_dies'; readonly tellsGap: boolean };

/** Trades that have room while nobody reads. */
export const ROOM = 6;

type Item = { readonly at: number; readonly index: number | 'ack' };
type Socket = {
  isUp: boolean;
  isServed: boolean;
  isMute: boolean;
  isBad: boolean;
  delay: number;
  servedAt: number;
  queue: Item[];
};

export class LineWorld {
  line: TradeLine;
  readonly told = new Map<number, 'live' | 'healed'>();
  readonly gaps = new Map<string, GapEvent>();
  readonly events: string[] = [];
  readonly sockets: Socket[];
  now = 0;
  happened = 0;
  reads = 0;
  list = { lagMs: 0, reach: 1_000, fails: false, takesMs: 100 };
  /** All that the exchange knows. */
  readonly log: TradeEvent[] = [];
  #seq = 0;
  /** When each trade happened. */
  readonly #times: number[] = [];
  readonly #first = new Map<'first', number>();
  /** What the runner remembers of a topic of which nothing has come. */
  #owedSince: number | undefined;
  #beginsAfter: GapBound | undefined;
  #lastLive = -1;
  #isRead = true;
  /** Trades that wait for the reader. */
  queued = 0;
  #answer: { at: number; askedAt: number } | undefined;
  #gapCount = 0;
  #children = 0;
  readonly #policy: TradeLinePolicy;

  constructor(sockets = 1, changed: Partial<TradeLinePolicy> = {}) {
    this.#policy = { ...policy, ...changed };
    this.sockets = Array.from({ length: sockets }, () => ({
      isUp: false,
      isServed: false,
      isMute: false,
      isBad: false,
      delay: 10,
      servedAt: 0,
      queue: [],
    }));
    this.line = this.#newLine();
  }

  get at() {
    return unixMs(T0 + this.now);
  }

  do(...steps: readonly Step[]): this {
    for (const step of steps) this.#step(step);
    return this;
  }

  trades(count: number): this {
    return this.do({ kind: 'trades', count });
  }

  pass(ms: number): this {
    return this.do({ kind: 'pass', ms });
  }

  on(socket: number, ...kinds: readonly ('up' | 'lose' | 'mute' | 'bad' | 'renew')[]): this {
    for (const kind of kinds) this.do({ kind, socket });
    return this;
  }

  /** What was told since the last call. */
  take(): string[] {
    return this.events.splice(0);
  }

  /** Everything recovers; then every trade must be told, or lie in a gap. */
  settle(): void {
    this.do({ kind: 'reader', reads: true });
    for (const [socket, { isMute, isUp }] of this.sockets.entries()) {
      if (isUp && isMute) this.on(socket, 'lose');
      if (!isUp || isMute) this.on(socket, 'up');
    }
    this.pass(500).trades(3).pass(6_000).trades(1).pass(30_000);
    for (let index = this.first; index < this.happened; index += 1) this.#assertAccounted(index, 'at last');
    for (const { state, to } of this.gaps.values())
      assert.ok(state !== 'open' || to !== null, 'each gap has an end');
  }

  get first(): number {
    return this.#first.get('first') ?? this.happened;
  }

  #newLine(): TradeLine {
    this.#children += 1;
    return new TradeLine({ category: 'linear', symbol: 'BTCUSDT' }, this.#policy, {
      emit: (event) => this.#heard(event),
      hasRoom: (wantsHalf) => this.queued <= (wantsHalf ? ROOM / 2 : ROOM),
      nextGapId: () => {
        this.#gapCount += 1;
        return `g${this.#gapCount}`;
      },
      readRecent: () => {
        this.reads += 1;
        assert.equal(this.#answer, undefined, 'one read at a time');
        this.#answer = { at: this.now + this.list.takesMs, askedAt: this.now };
      },
    });
  }

  #step(step: Step): void {
    switch (step.kind) {
      case 'trades':
        for (let count = 0; count < step.count; count += 1) this.#happen();
        return;
      case 'pass':
        this.#pass(step.ms);
        return;
      case 'list':
        this.list = step;
        return;
      case 'listed': {
        const rows = this.#listed(this.now - this.list.lagMs, Math.min(50, this.list.reach));
        return this.line.listed(rows, this.at, monoMs(this.now));
      }
      case 'reader':
        this.#isRead = step.reads;
        if (step.reads) this.queued = 0;
        return;
      case 'child_dies':
        this.#die(step.tellsGap);
        return;
      default:
        this.#change(step, this.sockets[step.socket % this.sockets.length]);
    }
  }

  #change(step: Extract<Step, { socket: number }>, socket: Socket | undefined): void {
    if (socket === undefined) return;
    const number = this.sockets.indexOf(socket);
    if (step.kind !== 'up' && !socket.isUp) return;
    switch (step.kind) {
      case 'up':
        if (socket.isUp) return;
        socket.isUp = true;
        this.line.wanted(number, false);
        return this.#serve(socket);
      case 'lose':
        Object.assign(socket, { isUp: false, isServed: false, isMute: false, isBad: false, queue: [] });
        return this.line.interrupted(number, 'socket_lost', this.at);
      case 'mute':
        socket.isMute = true;
        socket.queue = [];
        return;
      case 'bad':
        socket.isBad = true;
        return;
      case 'slow':
        socket.delay = step.ms;
        return;
      case 'renew':
        if (!socket.queue.every(({ index }) => index !== 'ack')) return;
        this.line.renewing(number, this.at);
        // What is on its way still comes; for a while nothing is served.
        socket.isServed = false;
        socket.servedAt = this.now + 50;
    }
  }

  #serve(socket: Socket): void {
    socket.isServed = true;
    // Data may come before the acknowledgement.
    if (!socket.isMute) socket.queue.push({ at: this.now + socket.delay + 30, index: 'ack' });
  }

  #happen(): void {
    const index = this.happened;
    this.happened += 1;
    if (this.now !== this.#times.at(-1) || index % 3 === 0) this.#seq += 7;
    this.#times.push(this.now);
    this.log.push(tradeAt(index, T0 + this.now, this.#seq));
    for (const socket of this.sockets)
      if (socket.isServed && !socket.isMute) socket.queue.push({ at: this.now + socket.delay, index });
  }

  #pass(ms: number): void {
    const end = this.now + ms;
    while (this.now < end) {
      this.now = Math.min(end, this.now + 50);
      for (const [number, socket] of this.sockets.entries()) {
        if (socket.isUp && !socket.isServed && this.now >= socket.servedAt) this.#serve(socket);
        this.#deliver(number, socket);
      }
      this.#answerIfDue();
      this.line.tick(monoMs(this.now));
    }
  }

  /** In the order of the queue, whatever became of the delay. */
  #deliver(number: number, socket: Socket): void {
    let batch: TradeEvent[] = [];
    const flush = (): void => {
      if (batch.length > 0) this.line.tell(number, batch, monoMs(this.now));
      batch = [];
    };
    for (let item = socket.queue[0]; item !== undefined && item.at <= this.now; item = socket.queue[0]) {
      socket.queue.shift();
      if (item.index === 'ack') {
        flush();
        // From now on every trade is owed. Of two sockets, the slower one may bring what is older than the first of all.
        if (!this.#first.has('first') && this.sockets.length === 1) this.#first.set('first', this.happened);
        this.#owedSince ??= this.now;
        this.line.agreed(number, monoMs(this.now));
      } else if (socket.isBad) {
        flush();
        socket.isBad = false;
        this.line.missed(number, 'bad_frame', this.at);
      } else {
        batch.push(...this.log.slice(item.index, item.index + 1));
      }
    }
    flush();
  }

  #answerIfDue(): void {
    if (this.#answer === undefined || this.now < this.#answer.at) return;
    const { askedAt } = this.#answer;
    this.#answer = undefined;
    const { fails, lagMs, reach } = this.list;
    if (fails) return this.line.recent({ kind: 'failed' }, monoMs(this.now));
    this.line.recent({ kind: 'rows', rows: this.#listed(askedAt - lagMs, reach) }, monoMs(this.now));
  }

  #listed(until: number, reach: number): readonly TradeEvent[] {
    let end = 0;
    while (end < this.happened && (this.#times[end] ?? 0) <= until) end += 1;
    return this.log.slice(Math.max(0, end - reach), end);
  }

  #die(tellsGap: boolean): void {
    for (const [number] of this.sockets.entries()) {
      const socket = this.sockets[number];
      if (socket !== undefined)
        Object.assign(socket, { isUp: false, isServed: false, isMute: false, isBad: false, queue: [] });
    }
    this.#answer = undefined;
    this.line = this.#newLine();
    const newest = this.log[Math.max(...this.told.keys())];
    const last = newest === undefined ? this.#beginsAfter : gapBound(newest);
    if (last === undefined && this.#owedSince === undefined) return;
    const endless = [...this.gaps.values()].find(({ state, to }) => state === 'open' && to === null);
    const at = this.at;
    // The runner knows of the gap: its own, or the one that the dead child had left open.
    const gap: GapEvent = endless ?? {
      type: 'gap',
      gap_id: `r${this.#children}`,
      state: 'open',
      channel: 'trades',
      category: 'linear',
      symbol: 'BTCUSDT',
      cause: 'child_died',
      from: last ?? null,
      to: null,
      at,
    };
    const isTold = tellsGap || endless !== undefined;
    if (isTold) this.gaps.set(gap.gap_id, gap);
    const known = isTold ? { gap_id: gap.gap_id } : {};
    if (last !== undefined) this.line.resume({ ...last, ...known }, at);
    else this.line.owed({ owedSince: monoMs(this.#owedSince ?? 0), ...known }, at);
  }

  #heard(event: UnnumberedEvent): void {
    if (event.type === 'gap') return this.#heardGap(event);
    if (event.type !== 'trade') return;
    assert.equal(event.price, 1, `${event.id} is told whole`);
    if (!this.#isRead) this.queued += 1;
    const index = Number(event.id.slice(1));
    const origin = event.origin === 'healed' ? 'healed' : 'live';
    this.events.push(`${origin === 'healed' ? '+' : ''}${event.id}`);
    assert.ok(!this.told.has(index), `${event.id} is told twice`);
    this.told.set(index, origin);
    if (origin === 'healed') return;
    if (!this.#first.has('first')) this.#first.set('first', index);
    assert.ok(index > this.#lastLive, `${event.id} comes after t${this.#lastLive}`);
    for (let before = Math.max(this.first, this.#lastLive); before < index; before += 1)
      this.#assertAccounted(before, `when ${event.id} is told`);
    this.#lastLive = index;
  }

  #heardGap(gap: GapEvent): void {
    const { state, from, to, gap_id, healed_by: by, recovered } = gap;
    this.events.push(
      `${gap_id} ${state} ${from?.id ?? ''}..${to?.id ?? ''}${by ? ` ${by} ${recovered ?? ''}` : ''}`,
    );
    assert.ok(
      !['healed', 'lost'].includes(this.gaps.get(gap_id)?.state ?? ''),
      `${gap_id} has ended already`,
    );
    this.gaps.set(gap_id, gap);
    if (to === null) this.#beginsAfter ??= from ?? undefined;
    if (state === 'healed' && to !== null)
      for (let index = placeOf(from) + 1; index < placeOf(to); index += 1)
        assert.ok(this.told.has(index), `t${index} is not told when ${gap_id} is healed`);
    const endless = [...this.gaps.values()].filter((one) => one.state === 'open' && one.to === null);
    assert.ok(endless.length <= 1, `two gaps without an end: ${endless.map((one) => one.gap_id).join()}`);
  }

  #assertAccounted(index: number, when: string): void {
    if (this.told.has(index)) return;
    const holds = [...this.gaps.values()].filter(
      ({ state, from, to }) =>
        state !== 'healed' &&
        placeOf(from) < index &&
        index < (to === null ? Number.POSITIVE_INFINITY : placeOf(to)),
    );
    assert.equal(
      holds.length,
      1,
      `${when}, t${index} is neither told nor in one gap, but in ${holds.length}`,
    );
  }
}

function placeOf(bound: GapBound | null): number {
  return Number(bound?.id.slice(1) ?? -1);
}
