/**
 * Pages of trades from memory and store, against one naive list: every trade once, in order, whatever left the tape between two pages, and
 * nothing that nobody has looks as if nothing had traded.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Tape } from '../../../runner/context/tape.ts';
import type { RangePosition, StoreAnswer, StoredRow } from '../../../runner/stored/range.ts';
import { type RangeSources, readRange } from '../../../runner/stored/read-range.ts';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import type { GapEvent } from '../../../shared/events/process-events.ts';
import { type RowsRequest, rowsRequestSchema } from '../../../shared/history-request.ts';
import { type Span, without } from '../../../shared/spans.ts';
import { bitcoin, T0, trade } from '../intake/events.ts';

const ids = (rows: readonly TradeEvent[]) => rows.map(({ id }) => id);
const span = (from: number, to: number): Span => ({ from: T0 + from, to: T0 + to });

/** A store of these trades as the history child answers: from the newest on, to the end of a millisecond. */
function storeOf(rows: readonly TradeEvent[], covered: readonly Span[], source = 'recording') {
  const asked: RowsRequest[] = [];
  const ask: RangeSources['ask'] = (request) => {
    asked.push(rowsRequestSchema.parse(request));
    const { from, to, limit } = request;
    const all: StoredRow[] = inOrder(rows)
      .filter(({ timestamp }) => timestamp >= from && timestamp < to)
      .map((row) => ({ ...row, source }));
    const last = all[limit - 1];
    const told = last === undefined ? all : all.filter(({ timestamp }) => timestamp >= last.timestamp);
    const more = told.length < all.length;
    const about = { from: more ? (last?.timestamp ?? from) : from, to };
    const value: StoreAnswer = { rows: told, more, about, missing: without([about], covered) };
    return Promise.resolve({ ok: true, value });
  };
  return { ask, asked };
}

/** Newest first. */
function inOrder<T extends TradeEvent>(rows: readonly T[]): readonly T[] {
  return rows.toSorted((a, b) => a.timestamp - b.timestamp || (a.seq ?? 0) - (b.seq ?? 0)).toReversed();
}

type Between = (page: number) => void;

async function pages(
  sources: () => RangeSources,
  wish: { start: number; end: number; limit: number },
  between: Between,
  of = bitcoin,
) {
  const rows: TradeEvent[] = [];
  const missing: Span[] = [];
  let after: RangePosition | null = null;
  for (let page = 0; page < 1_000; page += 1) {
    const told = await readRange(
      of,
      { ...wish, start: T0 + wish.start, end: T0 + wish.end, after },
      sources(),
    );
    assert.ok(told.rows.length === wish.limit || told.next === null, 'a page is full, or the last');
    rows.push(...told.rows);
    missing.push(...(told.missing ?? []));
    after = told.next;
    if (after === null) return { rows, missing };
    between(page);
  }
  throw new Error('pages without end');
}

describe('pages of a range', () => {
  it('are one list of all trades, whatever leaves the tape meanwhile, and whatever of it is stored', async () => {
    const drawn = fc.record({
      trades: fc.array(fc.record({ at: fc.nat(9), seq: fc.nat(3) }), { maxLength: 60, size: 'max' }),
      capacity: fc.integer({ min: 1, max: 30 }),
      later: fc.nat(20),
      category: fc.constantFrom('linear', 'spot'),
      hasSeq: fc.boolean(),
      start: fc.nat(9),
      end: fc.nat(9),
      limit: fc.integer({ min: 1, max: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(
        drawn,
        async ({ trades: picks, hasSeq, capacity, later, category, start, end, limit }) => {
          const of = { ...bitcoin, category } as const;
          const trades = picks
            .map(({ at, seq }, index) =>
              trade({
                ...of,
                id: `t${index}`,
                timestamp: T0 + at,
                ...(hasSeq && { seq: seq * 100 + index }),
              }),
            )
            .toSorted((a, b) => a.timestamp - b.timestamp || (a.seq ?? 0) - (b.seq ?? 0));
          const tape = new Tape(capacity);
          for (const one of trades) tape.push(one);
          const { ask } = storeOf(trades, [span(0, 100)]);
          const sources = () => ({ tape, gaps: [], now: T0 + 49.25, ask });
          let next = 0;
          const between = () => {
            // Newer than all that is asked for.
            for (let pushed = 0; pushed < later; pushed += 1)
              tape.push(trade({ ...of, id: `n${next++}`, timestamp: T0 + 60 + next, seq: 10_000 + next }));
          };
          const found = await pages(sources, { start, end, limit }, between, of);
          const truth = trades.filter(({ timestamp }) => timestamp >= T0 + start && timestamp <= T0 + end);
          assert.deepEqual(ids(found.rows), ids(inOrder(truth)));
          assert.deepEqual(found.missing, []);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('join spot trades of an archive, which has ids of its own, by what they are', async () => {
    const of = { category: 'spot', symbol: 'BTCUSDT' } as const;
    const drawn = fc.record({
      trades: fc.array(fc.record({ at: fc.nat(5), price: fc.integer({ min: 1, max: 2 }) }), {
        maxLength: 40,
        size: 'max',
      }),
      capacity: fc.integer({ min: 1, max: 20 }),
      later: fc.nat(9),
      limit: fc.integer({ min: 1, max: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(drawn, async ({ trades: picks, capacity, later, limit }) => {
        const trades = picks
          .map(({ at, price }, index) =>
            trade({ ...of, id: `live${index}`, timestamp: T0 + at, price, seq: at * 1_000 + index }),
          )
          .toSorted((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
        const tape = new Tape(capacity);
        for (const one of trades) tape.push(one);
        const archive = trades.map(({ seq: _, ...row }, index) => ({ ...row, id: String(index + 1) }));
        const { ask } = storeOf(archive, [span(0, 100)], 'archive');
        const sources = () => ({ tape, gaps: [], now: T0 + 49.25, ask });
        const between = () => {
          for (let pushed = 0; pushed < later; pushed += 1)
            tape.push(trade({ ...of, id: `n${Math.random()}`, timestamp: T0 + 70, seq: 1_000_000 }));
        };
        const found = await pages(sources, { start: 0, end: 9, limit }, between, of);
        const what = ({ timestamp, price }: TradeEvent) => `${timestamp} ${price}`;
        assert.deepEqual(found.rows.map(what), inOrder(trades).map(what));
      }),
      { numRuns: 500 },
    );
  });
});

const gap = (fields: Partial<GapEvent>): GapEvent => ({
  type: 'gap',
  gap_id: 'g',
  state: 'open',
  channel: 'trades',
  ...bitcoin,
  cause: 'socket_lost',
  from: { id: 'a', timestamp: T0 + 4 },
  to: { id: 'b', timestamp: T0 + 6 },
  at: T0,
  ...fields,
});

describe('a page', () => {
  const trades = [1, 2, 4, 6, 8].map((at) => trade({ id: `t${at}`, timestamp: T0 + at, seq: at }));
  const tapeOf = (rows: readonly TradeEvent[]) => {
    const tape = new Tape(100);
    for (const row of rows) tape.push(row);
    return tape;
  };
  const read = (
    more: Partial<RangeSources>,
    wish: Partial<{ start: number; end: number; limit: number }> = {},
  ) => {
    const { start = 0, end = 9, limit = 10 } = wish;
    return readRange(
      bitcoin,
      { start: T0 + start, end: T0 + end, limit, after: null },
      {
        tape: tapeOf(trades.slice(2)),
        gaps: [],
        now: T0 + 19.75,
        ask: storeOf(trades, [span(0, 9)]).ask,
        ...more,
      },
    );
  };

  it('asks the store only for what memory does not hold', async () => {
    const { ask, asked } = storeOf(trades, [span(0, 9)]);
    assert.deepEqual(ids((await read({ ask }, { start: 5 })).rows), ['t8', 't6']);
    assert.deepEqual(ids((await read({ ask }, { limit: 2 })).rows), ['t8', 't6']);
    assert.equal(asked.length, 0);
    const page = await read({ ask });
    assert.deepEqual(ids(page.rows), ['t8', 't6', 't4', 't2', 't1']);
    assert.deepEqual(asked, [{ request: 'rows', ...bitcoin, ...span(0, 5), limit: 9 }]);
    assert.deepEqual(page.missing, []);
  });

  it('says what nobody has, and not that of other pages or of the time to come', async () => {
    const nothing = await read({ ask: () => Promise.resolve(undefined) });
    assert.deepEqual([ids(nothing.rows), nothing.missing], [['t8', 't6', 't4'], [span(0, 5)]]);
    const partly = await read({ ask: storeOf(trades, [span(1, 3)]).ask }, { end: 100 });
    assert.deepEqual(partly.missing, [span(0, 1), span(3, 5)]);
    const first = await read({ ask: storeOf(trades, []).ask }, { limit: 3 });
    assert.deepEqual([first.missing, first.next?.id], [[span(4, 5)], 't4']);
    const idle = await read({ tape: undefined, ask: () => Promise.resolve(undefined) }, { end: 100 });
    assert.deepEqual(idle, { rows: [], next: null, missing: [span(0, 21)] });
  });

  it('takes from the store what a gap has left out of memory, also when the archive has closed it', async () => {
    const lost = trade({ id: 't5', timestamp: T0 + 5, seq: 5 });
    const { ask } = storeOf([...trades, lost], [span(0, 9)], 'archive');
    for (const one of [gap({}), gap({ state: 'healed', healed_by: 'archive' }), gap({ state: 'lost' })]) {
      const page = await read({ gaps: [one], ask }, { start: 5 });
      assert.deepEqual([ids(page.rows), page.missing], [['t8', 't6', 't5'], []], one.state);
    }
    // Of one that goes on nobody has anything yet, and nobody is asked.
    const busy = storeOf([...trades, lost], [span(0, 9)]);
    const open = await read({ gaps: [gap({ to: null })], ask: busy.ask }, { start: 5 });
    assert.deepEqual([ids(open.rows), open.missing, busy.asked], [['t8', 't6'], [span(5, 10)], []]);
    const none = () => Promise.resolve(undefined);
    assert.deepEqual((await read({ gaps: [gap({})], ask: none }, { start: 5 })).missing, [span(5, 7)]);
    assert.deepEqual((await read({ gaps: [gap({ to: null })], ask: none }, { start: 5 })).missing, [
      span(5, 10),
    ]);
    const others = [
      gap({ state: 'healed', healed_by: 'recent_trades' }),
      gap({ channel: 'ticker' }),
      gap({ symbol: 'ETHUSDT' }),
    ];
    assert.deepEqual((await read({ gaps: others, ask: none }, { start: 5 })).missing, []);
  });

  it('is refused by the code of what failed', async () => {
    const ask: RangeSources['ask'] = () =>
      Promise.resolve({ ok: false, failure: { code: 'history_slow', message: 'too slow' } });
    await assert.rejects(read({ ask }), { code: 'history_slow', message: 'too slow' });
  });
});
