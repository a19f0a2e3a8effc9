/** Spans of time, against sets of moments; and which of them a feed has told. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { coverageOf } from '../../../../runner/context/day/coverage.ts';
import { LiveCoverage } from '../../../../runner/context/day/live-coverage.ts';
import type { GapEvent } from '../../../../shared/events/process-events.ts';
import { holds, isWithin, overlaps, type Span, united, within, without } from '../../../../shared/spans.ts';

const END = 30;
const span = fc.tuple(fc.nat(END), fc.nat(END)).map(([from, to]) => ({ from, to }));
const spans = fc.array(span, { size: 'max', maxLength: 8 });

function moments(list: readonly Span[]): ReadonlySet<number> {
  const all = Array.from({ length: END + 1 }, (_, at) => at);
  return new Set(all.filter((at) => list.some(({ from, to }) => at >= from && at < to)));
}

describe('spans of time', () => {
  it('are united, cut and compared as sets of moments are', () => {
    fc.assert(
      fc.property(spans, spans, span, (some, others, window) => {
        const [a, b] = [united(some), united(others)];
        const [inA, inB] = [moments(a), moments(b)];
        assert.deepEqual(inA, moments(some));
        assert.ok(a.every(({ from, to }, place) => from < to && from > (a[place - 1]?.to ?? -1)));
        assert.deepEqual(moments(without(a, b)), inA.difference(inB));
        assert.deepEqual(moments(within(a, window)), inA.intersection(moments([window])));
        assert.equal(isWithin(window, a), moments([window]).isSubsetOf(inA));
        assert.equal(overlaps(a, b), !inA.isDisjointFrom(inB));
        for (let at = 0; at <= END; at += 1) assert.equal(holds(a, at), inA.has(at));
      }),
      { numRuns: 500 },
    );
  });

  it('of a day have one source each: trades before klines before nothing', () => {
    fc.assert(
      fc.property(spans, spans, span, (trades, klines, window) => {
        const told = coverageOf(window, united(trades), united(klines));
        const [byTrades, byKlines] = [moments(trades), moments(klines)];
        let next = window.from;
        for (const { from, to, source } of told) {
          assert.equal(from, next);
          next = to;
          for (const at of moments([{ from, to }])) {
            const rest = byKlines.has(at) ? 'klines' : 'nothing';
            assert.equal(source, byTrades.has(at) ? 'trades' : rest);
          }
        }
        if (window.from < window.to) assert.equal(next, window.to);
        else assert.deepEqual(told, []);
      }),
      { numRuns: 500 },
    );
  });
});

type Bounds = Partial<Pick<GapEvent, 'state' | 'healed_by'>>;

function gap(id: string, from: number | null, to: number | null, more: Bounds = {}): GapEvent {
  const bound = (timestamp: number | null) =>
    timestamp === null ? null : { id: String(timestamp), timestamp };
  return {
    type: 'gap',
    gap_id: id,
    state: 'open',
    channel: 'trades',
    category: 'linear',
    symbol: 'BTCUSDT',
    cause: 'socket_lost',
    from: bound(from),
    to: bound(to),
    at: 1,
    ...more,
  };
}

describe('what a feed has told', () => {
  const ever = Number.POSITIVE_INFINITY;

  it('is nothing before its first trade, and all after the millisecond of that', () => {
    const live = new LiveCoverage();
    assert.deepEqual(live.spans, []);
    assert.equal(live.cut, ever);
    assert.equal(live.seen(100), true);
    assert.equal(live.seen(200), false);
    assert.equal(live.cut, 101);
    assert.deepEqual(live.spans, [{ from: 101, to: ever }]);
  });

  it('has a hole for each gap, with the milliseconds of both its ends, until it is healed', () => {
    const live = new LiveCoverage();
    live.seen(100);
    live.gap(gap('a', 200, null));
    assert.deepEqual(live.spans, [{ from: 101, to: 200 }]);
    live.gap(gap('a', 200, 300));
    assert.deepEqual(live.spans, [
      { from: 101, to: 200 },
      { from: 301, to: ever },
    ]);
    live.gap(gap('a', 200, 300, { state: 'lost' }));
    assert.equal(live.spans.length, 2);
    live.gap(gap('a', 200, 300, { state: 'healed', healed_by: 'recent_trades' }));
    assert.deepEqual(live.spans, [{ from: 101, to: ever }]);
  });

  it('keeps the hole of a gap that an archive has closed: these trades are stored, not told', () => {
    const live = new LiveCoverage();
    live.seen(100);
    live.gap(gap('a', 200, 300, { state: 'healed', healed_by: 'archive' }));
    assert.equal(live.spans.length, 2);
  });

  it('begins earlier when a gap before its first trade was healed', () => {
    const live = new LiveCoverage();
    live.gap(gap('a', 50, 100));
    live.seen(100);
    assert.deepEqual(live.spans, [{ from: 101, to: ever }]);
    live.gap(gap('a', 50, 100, { state: 'healed', healed_by: 'recent_trades' }));
    assert.deepEqual(live.spans, [{ from: 51, to: ever }]);
    assert.equal(live.cut, 101, 'the cut stays: history may have been asked for up to it');
  });

  it('has a hole up to the next live trade where a gap is lost without an end: that will never be told', () => {
    const live = new LiveCoverage();
    live.seen(100);
    live.gap(gap('a', 200, null));
    live.gap(gap('a', 200, null, { state: 'lost' }));
    live.gap(gap('b', 220, null, { state: 'lost' }));
    assert.deepEqual(live.spans, [{ from: 101, to: 200 }]);
    assert.equal(live.seen(199), false, 'it is late, and says nothing of what came after');
    assert.equal(live.seen(300), true);
    assert.deepEqual(live.spans, [
      { from: 101, to: 200 },
      { from: 301, to: ever },
    ]);
    assert.equal(live.seen(400), false);
  });

  it('has a hole before its first trade, too, where a gap of an earlier run is lost without an end', () => {
    const live = new LiveCoverage();
    live.gap(gap('a', null, null, { state: 'lost' }));
    live.seen(100);
    assert.deepEqual(live.spans, [{ from: 101, to: ever }]);
  });

  it('is bounded: of too many gaps the oldest are one with all before them', () => {
    const live = new LiveCoverage();
    live.seen(0);
    for (let count = 1; count <= 1_001; count += 1) live.gap(gap(`g${count}`, count * 10, count * 10 + 5));
    assert.deepEqual(live.spans[0], { from: 16, to: 20 });
    assert.equal(live.spans.length, 1_001);
    live.forgetBefore(10_000);
    assert.deepEqual(live.spans, [
      { from: 10_006, to: 10_010 },
      { from: 10_016, to: ever },
    ]);
  });
});
