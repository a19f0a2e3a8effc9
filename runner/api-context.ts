/** What the API asks of the numbers of trades and liquidations, answered from the app's context. Only translation. */
import type { Instrument } from '../shared/market.ts';
import { type MonoMs, type UnixMs, unixMs } from '../shared/time.ts';
import type { ContextPorts, DaysView } from './api/context-ports.ts';
import type { App } from './app.ts';
import type { BackfillView } from './backfill/ports.ts';
import type { InstrumentDays } from './context/day/instrument-days.ts';
import type { Moment } from './context/moment.ts';

export type ContextSources = {
  readonly app: Pick<App, 'context'>;
  readonly nowMs: () => UnixMs;
  readonly monoNow: () => MonoMs;
  /** How far history has been fetched. */
  readonly backfill: () => BackfillView;
};

/** So many times as long as it took the levels of an instrument are not reckoned again: at most 5 % of the time goes into them. */
const PAUSE = 19;

export function contextPorts({ app, nowMs, monoNow, backfill }: ContextSources): ContextPorts {
  const { numbers, others } = app.context;
  const moment = () => app.context.moment(monoNow(), nowMs());
  const days = daysViews(app, moment, monoNow);
  const flowOf = (instrument: Instrument) => numbers.flow(instrument, moment());
  return {
    days,
    cvd: (instrument) => flowOf(instrument)?.cvd(moment().exchange),
    cvdHistory: (instrument, limit) => flowOf(instrument)?.cvdHistory(limit, moment().exchange),
    resetCvd: (instrument) => {
      const now = moment();
      const flow = numbers.begin(instrument, now)?.flow;
      flow?.resetCvd(now.exchange);
      return flow?.cvd(now.exchange);
    },
    volumeDelta: (instrument, period) => flowOf(instrument)?.volumeDelta(period, moment().exchange),
    volumeDeltaHistory: (instrument, period, limit) =>
      flowOf(instrument)?.volumeDeltaHistory(period, limit, moment().exchange),
    clusters: (instrument, price) => others.clustersOf(instrument, price, moment().exchange),
    facts: (instrument) => numbers.facts(instrument),
    backfill,
  };
}

/**
 * Levels take a walk over all prices of the day: 10 ms where there are 50,000. Whoever asks without a pause is told the same again for a
 * while, by its `at`, so that the feed has the processor.
 */
function daysViews(
  { context }: ContextSources['app'],
  moment: () => Moment,
  monoNow: () => MonoMs,
): ContextPorts['days'] {
  const told = new WeakMap<InstrumentDays, { readonly view: DaysView; readonly until: number }>();
  return (instrument) => {
    const now = moment();
    const days = context.numbers.days(instrument, now);
    if (days === undefined) return undefined;
    const began = monoNow();
    const known = told.get(days);
    if (known !== undefined && began < known.until) return known.view;
    const { today, previous } = days.figures();
    const view: DaysView = {
      at: unixMs(today.to),
      session: context.numbers.session(now),
      today,
      previous,
      sums: days.sums(),
      leftOut: days.leftOut,
    };
    const ended = monoNow();
    told.set(days, { view, until: ended + (ended - began) * PAUSE });
    return view;
  };
}
