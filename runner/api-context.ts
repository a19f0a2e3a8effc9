/** What the API asks of the numbers of trades and liquidations, answered from the app's context. Only translation. */
import type { Instrument } from '../shared/market.ts';
import { type MonoMs, type UnixMs, unixMs } from '../shared/time.ts';
import type { BackfillView, ContextPorts, DaysView } from './api/context-ports.ts';
import type { App } from './app.ts';

export type ContextSources = {
  readonly app: Pick<App, 'context'>;
  readonly nowMs: () => UnixMs;
  readonly monoNow: () => MonoMs;
  /** Who fetches history says how far it is; absent while nobody does. */
  readonly backfill?: (() => BackfillView | undefined) | undefined;
};

/** Where nobody fetches history. */
const NO_BACKFILL: BackfillView = {
  status: 'skipped',
  reason:
    'this runner does not fetch history yet: today begins with the first trade that it saw, and every level says so',
  current: 0,
  total: 0,
  estimatedSecondsRemaining: null,
};

export function contextPorts({ app, nowMs, monoNow, backfill }: ContextSources): ContextPorts {
  const { numbers, others } = app.context;
  const moment = () => app.context.moment(monoNow(), nowMs());
  const flowOf = (instrument: Instrument) => numbers.flow(instrument, moment());
  return {
    days: (instrument) => daysView(app, instrument, moment()),
    daySums: (instrument) => numbers.days(instrument, moment())?.sums(),
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
    backfill: () => backfill?.() ?? NO_BACKFILL,
  };
}

function daysView(
  { context }: ContextSources['app'],
  instrument: Instrument,
  moment: ReturnType<App['context']['moment']>,
): DaysView | undefined {
  const days = context.numbers.days(instrument, moment);
  if (days === undefined) return undefined;
  const { today, previous } = days.figures();
  return {
    at: unixMs(today.to),
    session: context.numbers.session(moment),
    today,
    previous,
    leftOut: days.leftOut,
  };
}
