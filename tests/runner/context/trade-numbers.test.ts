/** Trades that wait to be added are seen by nobody: what is told depends on what came, not on who asked in between. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { usualContextSettings } from '../../../runner/context/context-settings.ts';
import { InstrumentDays } from '../../../runner/context/day/instrument-days.ts';
import { TradeFlow } from '../../../runner/context/flow/trade-flow.ts';
import { type Reckoned, TradeNumbers } from '../../../runner/context/trade-numbers.ts';
import { utcDateOf } from '../../../shared/day-totals.ts';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import type { GapEvent } from '../../../shared/events/process-events.ts';
import { type UnixMs, unixMs } from '../../../shared/time.ts';
import { bitcoin, gap, T0, trade } from '../intake/events.ts';

const MINUTE = 60_000;
const MIDNIGHT = unixMs(T0 + 86_400_000);

type Step =
  | { readonly kind: 'trade'; readonly offset: number; readonly ahead: number; readonly price: number }
  | { readonly kind: 'gap'; readonly from: number; readonly length: number }
  | { readonly kind: 'midnight' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      kind: fc.constant('trade' as const),
      offset: fc.integer({ min: -2 * 86_400_000, max: 30 * MINUTE }),
      ahead: fc.constantFrom(0, 0, 0, 0, 5_000, 20_000, -3_600_000),
      price: fc.integer({ min: 1, max: 300 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('gap' as const),
      from: fc.nat(20 * MINUTE),
      length: fc.nat(MINUTE),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'midnight' as const }) },
);

/** What is told in the end by sums to which everything was added as it came. */
function atOnce(steps: readonly Step[]): unknown {
  let sums: Reckoned | undefined;
  const gaps: GapEvent[] = [];
  for (const [index, one] of steps.entries()) {
    if (one.kind === 'midnight') sums?.days.advance(MIDNIGHT);
    else if (one.kind === 'gap') {
      gaps.push(gapOf(one, index));
      sums?.flow.gap(gapOf(one, index));
      sums?.days.gap(gapOf(one, index));
    } else {
      const [told, cameAt] = tradeOf(one, index);
      sums ??= begun(unixMs(Math.min(cameAt, told.timestamp)), gaps);
      sums.flow.add(told, cameAt);
      sums.days.add(told, cameAt);
    }
  }
  return shown(sums ?? begun(unixMs(T0), gaps));
}

function begun(at: UnixMs, gaps: readonly GapEvent[]): Reckoned {
  const { cvdResetMs, profileTickSize } = usualContextSettings;
  const made = {
    flow: new TradeFlow(cvdResetMs),
    days: new InstrumentDays(bitcoin, at, { profileTickSize }),
  };
  for (const one of gaps) {
    made.flow.gap(one);
    made.days.gap(one);
  }
  return made;
}

/** The same, asked for after every nth step. */
function asked(steps: readonly Step[], every: number): unknown {
  const numbers = new TradeNumbers(bitcoin, usualContextSettings);
  for (const [index, one] of steps.entries()) {
    if (one.kind === 'midnight') numbers.advance(MIDNIGHT);
    else if (one.kind === 'gap') numbers.onGap(gapOf(one, index));
    else numbers.onTrade(...tradeOf(one, index));
    if (index % every === every - 1) shown(numbers.peek(unixMs(T0)));
  }
  if (!numbers.hasBegun) return shown(numbers.begin(unixMs(T0)));
  return shown(numbers.peek(unixMs(T0)));
}

function shown({ flow, days }: Reckoned): unknown {
  const now = unixMs(T0 + 31 * MINUTE);
  return {
    figures: days.figures(),
    totals: days.totals(utcDateOf(T0)),
    known: days.known(utcDateOf(T0)),
    leftOut: days.leftOut,
    cut: days.cut,
    cvd: [flow.cvd(now), flow.cvdHistory(10, now)],
    delta: [flow.volumeDelta(3_600, now), flow.volumeDeltaHistory(60, 40, now)],
  };
}

function tradeOf(
  one: Extract<Step, { kind: 'trade' }>,
  index: number,
): readonly [trade: TradeEvent, cameAt: UnixMs] {
  const timestamp = T0 + one.offset;
  const origin = one.offset < 0 ? 'healed' : 'live';
  return [trade({ id: `t${index}`, timestamp, price: one.price, origin }), unixMs(timestamp - one.ahead)];
}

function gapOf(one: Extract<Step, { kind: 'gap' }>, index: number): GapEvent {
  const from = { timestamp: T0 + one.from, id: `from ${index}` };
  const to = { timestamp: T0 + one.from + one.length, id: `to ${index}` };
  return gap({ gap_id: `gap ${index}`, from, to });
}

describe('numbers of trades', () => {
  it('are those of trades that were added as they came, however often somebody asks', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 150, size: 'max' }),
        fc.integer({ min: 1, max: 160 }),
        (steps, every) => {
          assert.deepEqual(asked(steps, every), atOnce(steps));
        },
      ),
      { numRuns: 200 },
    );
  });
});
