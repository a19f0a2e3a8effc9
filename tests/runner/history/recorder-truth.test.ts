/**
 * Goal: whatever trades, gaps, healings, deaths, full disks and kills at any byte come, every trade inside a claimed span is in the
 * files exactly once, with its values. Method: a model of the exchange and of a truthful child tells the recorder; the exchange's list
 * is the oracle. Real files.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import { type GapEvent, gapBound } from '../../../shared/events/process-events.ts';
import { checkRecording, type RecordedLine } from '../../helpers/recordings.ts';
import { gap } from '../intake/events.ts';
import { RecorderWorld, topic } from './recorder-world.ts';

const kinds = [
  'trades',
  'flush',
  'lose',
  'back',
  'heal',
  'give_up',
  'die',
  'leave_out',
  'unwant',
  'disk',
  'kill',
  'late_evening',
] as const;
type Step = { readonly kind: (typeof kinds)[number]; readonly n: number; readonly part: number };

const weights: Partial<Record<Step['kind'], number>> = {
  trades: 14,
  flush: 4,
  back: 4,
  heal: 3,
  late_evening: 1,
};
const step: fc.Arbitrary<Step> = fc.oneof(
  ...kinds.map((kind) => ({
    weight: weights[kind] ?? 2,
    arbitrary: fc.record({
      kind: fc.constant(kind),
      n: fc.nat(6),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  })),
);

class Model extends RecorderWorld {
  /** Everything that the exchange has executed. */
  readonly executed: TradeEvent[] = [];
  /** Gaps of the present child that it may still heal. */
  open: GapEvent[] = [];
  generation = 1;
  isConnected = true;
  isWanted_ = true;
  /** How far the ledger of gaps has written where the topic stands. */
  #place: FormerRun['place'] = null;
  #gaps = 0;

  async run({ kind, n, part }: Step): Promise<void> {
    switch (kind) {
      case 'trades':
        for (let count = 0; count <= 2 * n; count += 1) this.execute(true);
        return;
      case 'flush':
        if (part > 0.6) this.#place = this.#placeNow();
        return this.tick();
      case 'lose':
        return this.lose();
      case 'back':
        this.isConnected = true;
        return;
      case 'heal':
      case 'give_up':
        return this.cure(n, kind === 'heal' ? 'healed' : 'lost');
      case 'die':
        return this.die(n);
      case 'leave_out':
        return this.leaveOut(part > 0.5);
      case 'unwant':
        return this.unwant();
      case 'disk':
        this.disk = this.disk === 'works' ? (n > 3 ? 'full' : 'gone') : 'works';
        return;
      case 'kill':
        return this.killed(part);
      case 'late_evening':
        this.clock.advance(n * 7_200_000);
    }
  }

  /** Several trades may share a millisecond. */
  execute(isSeen: boolean): TradeEvent {
    this.clock.advance(this.executed.length % 3);
    const seq = this.executed.length + 1;
    const side = seq % 2 === 0 ? 'buy' : 'sell';
    const one = this.trade(`t${seq}`, { seq, price: 100 + seq / 8, qty: seq / 3, side });
    this.executed.push(one);
    if (!isSeen || !this.isConnected || !this.isWanted_) return one;
    // The child tells the end of its gap before the trade that ends it.
    const endless = this.open.find(({ to }) => to === null);
    if (endless !== undefined) this.change(endless, { to: gapBound(one) });
    this.tell(one, this.generation);
    return one;
  }

  change(known: GapEvent, fields: Partial<GapEvent>): void {
    const changed = { ...known, ...fields };
    this.open = this.open
      .map((one) => (one === known ? changed : one))
      .filter(({ state }) => state === 'open');
    this.tell(changed, this.generation);
  }

  lose(): void {
    const last = this.#lastTold();
    if (!this.isConnected || !this.isWanted_ || last === undefined) return;
    this.isConnected = false;
    if (this.open.some(({ to }) => to === null)) return;
    this.#gaps += 1;
    const told = gap({ gap_id: `c${this.#gaps}`, from: gapBound(last), at: this.clock.unixMs() });
    this.open.push(told);
    this.tell(told, this.generation);
  }

  /** What lies in a gap is told, all of it or only its beginning, and then what became of it. */
  cure(n: number, state: 'healed' | 'lost'): void {
    const known = this.open[n % Math.max(1, this.open.length)];
    if (known?.from == null || (known.to === null && !this.isConnected)) return;
    const rows = this.#between(known);
    const isPart = state === 'lost' || n === 5;
    for (const row of isPart ? rows.slice(0, n) : rows)
      this.tell({ ...row, origin: 'healed' }, this.generation);
    if (n === 5 && state === 'healed') return;
    this.change(known, { state, ...(state === 'healed' ? { healed_by: 'recent_trades' } : {}) });
  }

  /** The runner resumes with the next child, which may heal from there before it tells anything live. */
  die(n: number): void {
    this.open = [];
    for (const told of this.book.childEnded(this.generation, this.clock.unixMs()))
      this.recorder.heard(told, this.clock.unixMs());
    this.generation += 1;
    this.isConnected = true;
    if (n > 3) this.execute(false);
    if (n > 1) this.resume();
  }

  resume(): void {
    const point = this.book.resumeOf(topic, this.clock.unixMs());
    if (point?.gap_id === undefined) return;
    const from = { id: point.last_id, timestamp: point.timestamp, seq: point.seq };
    const told = gap({ gap_id: point.gap_id, cause: 'child_died', from, at: this.clock.unixMs() });
    this.open.push(told);
    this.cure(this.open.length - 1 === 5 ? 6 : this.open.length - 1, 'healed');
  }

  /** A trade is left out without a word; after others a look at a list shows it. */
  leaveOut(isHealed: boolean): void {
    const before = this.executed.at(-1);
    if (!this.isConnected || !this.isWanted_ || before === undefined || this.#lastTold() !== before) return;
    const missing = this.execute(false);
    const after = this.execute(true);
    this.#gaps += 1;
    const told = gap({
      gap_id: `c${this.#gaps}`,
      from: gapBound(before),
      to: gapBound(after),
      at: after.timestamp,
    });
    this.tell(told, this.generation);
    if (!isHealed) return;
    this.tell({ ...missing, origin: 'healed' }, this.generation);
    this.tell({ ...told, state: 'healed', healed_by: 'recent_trades' }, this.generation);
  }

  unwant(): void {
    if (this.isWanted_) {
      const given = this.book.release(topic);
      if (given !== undefined) this.recorder.heard(given, this.clock.unixMs());
      this.recorder.unwanted(topic);
      this.open = [];
    } else this.book.follow(topic);
    this.isWanted_ = !this.isWanted_;
    this.isConnected = true;
  }

  async killed(part: number): Promise<void> {
    const gaps = this.book.all().filter(({ state }) => state === 'open');
    const followed = this.#place === null ? [] : [{ topic, place: this.#place }];
    const aliveUntil = this.clock.unixMs();
    await this.kill(this.disk === 'works' ? part : 1, { gaps, followed, aliveUntil });
    this.open = [];
    this.isConnected = true;
    this.isWanted_ = true;
    this.generation = 1;
    this.execute(false);
    if (part > 0.3) this.resume();
  }

  check(): number {
    const lines = this.executed.map(({ timestamp, seq, id, price, qty, side }): RecordedLine => {
      assert.ok(seq !== undefined);
      return { timestamp, seq, id, price, qty, side };
    });
    return checkRecording(this.read(), lines).covered;
  }

  #between({ from, to }: GapEvent): readonly TradeEvent[] {
    const at = (id: string | undefined): number => this.executed.findIndex((one) => one.id === id);
    const end = to === null ? this.executed.length : at(to.id);
    return this.executed.slice(at(from?.id) + 1, end);
  }

  #lastTold(): TradeEvent | undefined {
    const id = this.#placeNow()?.id;
    return this.executed.find((one) => one.id === id);
  }

  #placeNow(): FormerRun['place'] {
    const id = this.book.resumeOf(topic, this.clock.unixMs());
    return id === undefined ? null : { id: id.last_id, timestamp: id.timestamp, seq: id.seq };
  }
}
type FormerRun = { readonly place: GapEvent['from'] };

test('every trade inside a claimed span is recorded once', { timeout: 600_000 }, async (t) => {
  let covered = 0;
  let executed = 0;
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }),
    async (steps) => {
      const model = new Model();
      try {
        for (const one of steps) {
          await model.run(one);
          if (one.kind === 'kill' || one.kind === 'flush') model.check();
        }
        model.disk = 'works';
        await model.tick(6_000);
        await model.tick();
        covered += model.check();
        executed += model.executed.length;
      } finally {
        model.remove();
      }
    },
  );
  await fc.assert(property, { numRuns: process.env['PROVE'] === '1' ? 2_000 : 100 });
  t.diagnostic(`${covered} of ${executed} trades were covered`);
  assert.ok(covered > executed / 10, 'it is no promise to claim nothing');
});
